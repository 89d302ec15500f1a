// What is said of all sessions of one status.

/// How many sessions there were, how long they were and how many events they had.
public struct SessionFigures: ~Copyable {
  public private(set) var count: Int64 = 0
  /// How many of them did not begin with a start event.
  public private(set) var partial: Int64 = 0
  /// In milliseconds.
  public private(set) var durations = Histogram()
  public private(set) var events = Histogram()
  public private(set) var durationBins = BinCounts.durations
  public private(set) var eventBins = BinCounts.events

  mutating func add(_ row: SessionRow) {
    count += 1
    if row.isPartial { partial += 1 }
    durations.insert(row.duration)
    events.insert(UInt64(max(0, row.events)))
    durationBins.insert(row.duration)
    eventBins.insert(UInt64(max(0, row.events)))
  }
}
