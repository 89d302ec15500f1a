// One row of a timeline: a device, or all that have no row of their own.

struct TimelineRow {
  /// The number of the device; nil in the row of the others.
  let device: Int?
  /// The numbers of its sessions, by their starts.
  var sessions: [Int] = []
  /// The numbers of its events.
  var marks: [Int] = []
  /// How many events its sessions had, and how many it had outside of sessions.
  var events: Int64 = 0
}
