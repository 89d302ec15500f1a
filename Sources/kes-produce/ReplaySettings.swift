// How recorded events are sent again.

import KESCore

/// When events are sent, and with which times.
struct ReplaySettings: Sendable {
  /// What the first event's time becomes.
  enum Target: Sendable {
    case now
    case time(EventTime)
  }

  /// How many seconds of event time go by in a second; nil for as fast as they are taken.
  var speed: Double? = 1
  /// Nil leaves all times as they are.
  var target: Target?
}
