// How event times stand to each other and to the clock.

/// Stream time, and how far events lagged behind it.
struct WatchTimes: Sendable {
  /// The greatest time of an event; nil before the first.
  private(set) var streamTime: EventTime?
  /// How far, at most, an event came behind one with a greater time, in milliseconds.
  private(set) var greatestLag: UInt64 = 0
  /// Milliseconds since the epoch, by the clock, when the screen was drawn.
  var wallClock: Int64 = 0

  mutating func add(_ batch: borrowing Batch) {
    for index in 0..<batch.records.count where batch.records[index].role != .closed {
      let time = batch.records[index].time
      let greatest = max(streamTime ?? time, time)
      greatestLag = max(greatestLag, time.elapsed(until: greatest))
      streamTime = greatest
    }
  }

  /// How far stream time is behind the clock, in milliseconds.
  var behindClock: UInt64? { streamTime?.elapsed(until: EventTime(milliseconds: wallClock)) }
}
