// A place in a partition.

/// An offset: the number of a record in its partition, or of the one that is to come. Negative
/// values are logical places, which a broker resolves.
public struct KafkaOffset: Hashable, Comparable, Sendable {
  public var rawValue: Int64

  @inline(__always)
  public init(_ rawValue: Int64) { self.rawValue = rawValue }

  /// Before the first record that is still there (`RD_KAFKA_OFFSET_BEGINNING`).
  public static let beginning = KafkaOffset(-2)
  /// Behind the last record (`RD_KAFKA_OFFSET_END`).
  public static let end = KafkaOffset(-1)
  /// Where the group's last commit stands (`RD_KAFKA_OFFSET_STORED`).
  public static let committed = KafkaOffset(-1000)
  /// No place at all (`RD_KAFKA_OFFSET_INVALID`).
  static let invalid = KafkaOffset(-1001)

  /// Whether it is the number of a record.
  public var isNumber: Bool { rawValue >= 0 }

  public static func < (left: KafkaOffset, right: KafkaOffset) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension KafkaOffset: CustomStringConvertible {
  public var description: String {
    switch self {
    case .beginning: "beginning"
    case .end: "end"
    case .committed: "committed"
    default: String(rawValue)
    }
  }
}
