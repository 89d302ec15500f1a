// How values are distributed, in bounded memory.

/// Counts values in buckets that grow with them (log-linear, the idea of HdrHistogram).
///
/// Values below 256 have a bucket each; beyond, every power of two is cut into 128, so that a
/// percentile is off by less than 0.4 percent. At most 7,424 buckets, 58 KiB; the least and the
/// greatest value are exact.
public struct Histogram: ~Copyable {
  private static let linearBits = 7

  private var buckets: Column<Int64>
  public private(set) var count: Int64 = 0
  private var least: UInt64 = .max
  private var greatest: UInt64 = 0

  public init() { buckets = Column() }

  public mutating func insert(_ value: UInt64) {
    let bucket = Histogram.bucket(of: value)
    while buckets.count <= bucket { buckets.append(0) }
    buckets[bucket] += 1
    count += 1
    least = Swift.min(least, value)
    greatest = Swift.max(greatest, value)
  }

  public var min: UInt64? { count == 0 ? nil : least }
  public var max: UInt64? { count == 0 ? nil : greatest }

  /// The least value that at least `share` (0 to 1) of all values do not exceed, but for the error
  /// above (nearest rank); exact where that is the greatest. Cost: the number of buckets.
  public func percentile(_ share: Double) -> UInt64? {
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
