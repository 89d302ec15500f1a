// Which partition a key belongs to, as Java clients decide it.

/// The default partitioner of Java clients for records with a key (`BuiltInPartitioner`,
/// `Utils.murmur2`), and librdkafka's `murmur2_random`.
public enum KafkaPartitioner {
  private static let multiplier: UInt32 = 0x5bd1_e995

  /// The partition of `key`, of `count` (at least 1). Cost: a few operations for four bytes.
  public static func partition(ofKey key: Span<UInt8>, count: Int32) -> Int32 {
    precondition(count > 0)
    // Java's `toPositive` drops the sign rather than negating.
    return Int32(murmur2(key) & 0x7fff_ffff) % count
  }

  /// MurmurHash2 of 32 bits, with the seed that Kafka uses.
  public static func murmur2(_ bytes: Span<UInt8>) -> UInt32 {
    var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: bytes.count)
    var index = 0
    while index &+ 4 <= bytes.count {
      var word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[index &+ $1]) << UInt32(8 &* $1) }
      word = word &* multiplier
      word ^= word >> 24
      hash = (hash &* multiplier) ^ (word &* multiplier)
      index &+= 4
    }
    return finish(index < bytes.count ? mixTail(hash, bytes, index) : hash)
  }

  private static func mixTail(_ hash: UInt32, _ bytes: Span<UInt8>, _ start: Int) -> UInt32 {
    var tail: UInt32 = 0
    for index in start..<bytes.count {
      tail |= UInt32(bytes[index]) << UInt32(8 &* (index &- start))
    }
    return (hash ^ tail) &* multiplier
  }

  private static func finish(_ hash: UInt32) -> UInt32 {
    var hash = (hash ^ hash >> 13) &* multiplier
    hash ^= hash >> 15
    return hash
  }
}
