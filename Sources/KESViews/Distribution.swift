// How values are distributed, and how many different ones there are, in bounded memory.

internal import KESCore

/// Counts values in buckets that grow with them (log-linear, the idea of HdrHistogram).
///
/// Values below 256 have a bucket each; beyond, every power of two is cut into 128, so that a
/// percentile is off by less than 0.4 percent. At most 7,424 buckets, 58 KiB; the least and the
/// greatest value are exact.
package struct Histogram: ~Copyable {
  private static let linearBits = 7

  private var buckets: Column<Int64>
  package private(set) var count: Int64 = 0
  private var least: UInt64 = .max
  private var greatest: UInt64 = 0

  package init() { buckets = Column() }

  package mutating func insert(_ value: UInt64) {
    let bucket = Histogram.bucket(of: value)
    while buckets.count <= bucket { buckets.append(0) }
    buckets[bucket] += 1
    count += 1
    least = Swift.min(least, value)
    greatest = Swift.max(greatest, value)
  }

  package var min: UInt64? { count == 0 ? nil : least }
  package var max: UInt64? { count == 0 ? nil : greatest }

  /// The least value that at least `share` (0 to 1) of all values do not exceed, but for the error
  /// above (nearest rank); exact where that is the greatest. Cost: the number of buckets.
  package func percentile(_ share: Double) -> UInt64? {
    if count == 0 { return nil }
    let rank = Swift.max(1, Int64((share * Double(count)).rounded(.up)))
    if rank >= count { return greatest }
    var seen: Int64 = 0
    for bucket in 0..<buckets.count {
      seen += buckets[bucket]
      if seen >= rank {
        return Swift.min(greatest, Swift.max(least, Histogram.middle(ofBucket: bucket)))
      }
    }
    return greatest
  }

  /// The values of bucket b, with b = 128 * e + m and e > 0, are those from (128 + m) * 2^(e - 1)
  /// on, 2^(e - 1) of them, with m from 0 to 127; bucket b < 256 holds b alone.
  private static func bucket(of value: UInt64) -> Int {
    let shift = Swift.max(0, 64 - value.leadingZeroBitCount - linearBits - 1)
    return shift << linearBits + Int(value >> UInt64(shift))
  }

  private static func middle(ofBucket bucket: Int) -> UInt64 {
    let shift = Swift.max(0, bucket >> linearBits - 1)
    let first = UInt64(bucket - shift << linearBits) << UInt64(shift)
    return first + (UInt64(1) << UInt64(shift) - 1) / 2
  }
}

/// Counts values exactly, in a few bins whose bounds people like to read.
package struct BinCounts: Sendable {
  /// The least value of each bin; a bin ends where the next begins.
  package let bounds: [UInt64]
  package private(set) var counts: [Int64]

  /// Durations, in milliseconds: from a tenth of a second to thirty days.
  package static let durations = BinCounts(bounds: [
    0, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000,
    1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
    2_592_000_000,
  ])

  /// Numbers of events.
  package static let events = BinCounts(bounds: [
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

/// Counts distinct 64-bit hashes: exactly up to a bound, and by an estimate beyond.
///
/// Past the bound only hashes below half of the range are kept, then below a quarter, and so on
/// (adaptive sampling, Wegman and Flajolet 1990): the estimate's standard error is about
/// 1.2 / sqrt(bound), 0.2 percent for the default. Memory: at most 16 bytes times the bound.
package struct DistinctCounter: ~Copyable {
  private static let empty: UInt64 = 0

  private let bound: Int
  /// Open addressing with linear probing, at most half in use.
  private var slots: Column<UInt64>
  private var kept = 0
  /// How often the range was halved: hashes with so many leading zero bits are kept.
  private var halvings = 0

  /// - Parameter bound: how many are kept at most.
  package init(bound: Int = 1 << 19) {
    self.bound = Swift.max(bound, 1)
    slots = DistinctCounter.emptySlots(1024)
  }

  private static func emptySlots(_ count: Int) -> Column<UInt64> {
    var slots = Column<UInt64>(capacity: count)
    for _ in 0..<count { slots.append(empty) }
    return slots
  }

  /// Whether `estimate` is the number itself (but for colliding hashes).
  package var isExact: Bool { halvings == 0 }

  /// For people: `12`, `about 600000`.
  var text: String { (isExact ? "" : "about ") + "\(estimate)" }

  package var estimate: Int64 { Int64(kept) << Int64(Swift.min(halvings, 40)) }

  @inline(__always)
  package mutating func insert(_ hash: UInt64) {
    // One value marks free slots.
    let hash = hash == DistinctCounter.empty ? 1 : hash
    if hash.leadingZeroBitCount < halvings || !occupy(hash) { return }
    kept += 1
    if kept > bound { halve() }
    if kept * 2 > slots.count { rebuild(slotCount: slots.count * 2) }
  }

  /// Returns whether the hash is new.
  @inline(__always)
  private mutating func occupy(_ hash: UInt64) -> Bool {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != DistinctCounter.empty {
      if slots[slot] == hash { return false }
      slot = (slot &+ 1) & mask
    }
    slots[slot] = hash
    return true
  }

  private mutating func halve() {
    while kept > bound && halvings < 63 {
      halvings += 1
      rebuild(slotCount: slots.count)
    }
  }

  /// Keeps what is still in range.
  private mutating func rebuild(slotCount: Int) {
    var old = DistinctCounter.emptySlots(slotCount)
    swap(&old, &slots)
    kept = 0
    for slot in 0..<old.count {
      let hash = old[slot]
      if hash == DistinctCounter.empty || hash.leadingZeroBitCount < halvings { continue }
      if occupy(hash) { kept += 1 }
    }
  }
}
