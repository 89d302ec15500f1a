// How many values lie between fixed bounds.

/// Counts values exactly, in a few bins whose bounds people like to read.
public struct BinCounts: Sendable {
  /// The least value of each bin; a bin ends where the next begins.
  public let bounds: [UInt64]
  public private(set) var counts: [Int64]

  /// Durations, in milliseconds: from a tenth of a second to thirty days.
  public static let durations = BinCounts(bounds: [
    0, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000,
    1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
    2_592_000_000,
  ])

  /// Numbers of events.
  public static let events = BinCounts(bounds: [
    0, 1, 2, 3, 4, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000, 1_000_000,
  ])

  /// - Parameter bounds: in ascending order, the first 0.
  init(bounds: [UInt64]) {
    self.bounds = bounds
    counts = [Int64](repeating: 0, count: bounds.count)
  }

  mutating func insert(_ value: UInt64) {
    var bin = 0
    while bin + 1 < bounds.count && bounds[bin + 1] <= value { bin += 1 }
    counts[bin] += 1
  }

  /// Adds what another with the same bounds has counted.
  mutating func add(_ other: BinCounts) {
    for bin in counts.indices { counts[bin] += other.counts[bin] }
  }

  /// From the first bin that has values to the last, those between them too.
  var used: Range<Int> {
    guard let first = counts.firstIndex(where: { $0 > 0 }),
      let last = counts.lastIndex(where: { $0 > 0 })
    else { return 0..<0 }
    return first..<last + 1
  }
}
