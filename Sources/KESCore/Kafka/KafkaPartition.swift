// Where in a cluster something is: partitions, offsets and positions, and the library's lists of them.

internal import CRdkafka

/// Which partition it is: a topic's name and a number from 0.
public struct KafkaPartition: Hashable, Comparable, Sendable {
  public var topic: String
  public var number: Int32

  public init(topic: String, number: Int32) {
    self.topic = topic
    self.number = number
  }

  public static func < (left: KafkaPartition, right: KafkaPartition) -> Bool {
    (left.topic, left.number) < (right.topic, right.number)
  }
}

extension KafkaPartition: CustomStringConvertible {
  /// As Kafka's own tools write it.
  public var description: String { "\(topic)-\(number)" }
}

/// An offset: the number of a record in its partition, or of the one that is to come. Negative
/// values are logical offsets, which a broker resolves.
public struct KafkaOffset: Hashable, Comparable, Sendable {
  public var rawValue: Int64

  @inline(__always)
  public init(_ rawValue: Int64) { self.rawValue = rawValue }

  /// Before the first record that is still there (`RD_KAFKA_OFFSET_BEGINNING`).
  public static let beginning = KafkaOffset(-2)
  /// Behind the last record (`RD_KAFKA_OFFSET_END`).
  public static let end = KafkaOffset(-1)
  /// The group's last commit (`RD_KAFKA_OFFSET_STORED`).
  public static let committed = KafkaOffset(-1000)
  /// No offset at all (`RD_KAFKA_OFFSET_INVALID`).
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

/// A partition, and the offset of the record that is read next.
public struct KafkaPosition: Hashable, Sendable {
  public var partition: KafkaPartition
  public var offset: KafkaOffset

  public init(_ partition: KafkaPartition, _ offset: KafkaOffset) {
    self.partition = partition
    self.offset = offset
  }
}

extension KafkaPosition: CustomStringConvertible {
  public var description: String { "\(partition)@\(offset)" }
}

/// From `low` on there are records; `high` is that of the next one that is written (for a reader of
/// committed records: of the first that may still be undecided).
public struct KafkaWatermarks: Hashable, Sendable {
  public var low: KafkaOffset
  public var high: KafkaOffset

  public init(low: KafkaOffset, high: KafkaOffset) {
    self.low = low
    self.high = high
  }
}

/// Owns an `rd_kafka_topic_partition_list_t`.
@safe
struct KafkaPartitionList: ~Copyable {
  let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
  private let counts: KafkaHandleCounts

  init(_ positions: [KafkaPosition], _ counts: KafkaHandleCounts) {
    unsafe pointer = rd_kafka_topic_partition_list_new(Int32(clamping: positions.count))
    self.counts = counts
    counts.open(.list)
    for position in positions {
      let partition = position.partition
      let added = unsafe rd_kafka_topic_partition_list_add(
        pointer, partition.topic, partition.number)
      if let added = unsafe added { unsafe added.pointee.offset = position.offset.rawValue }
    }
  }

  /// The partitions, without offsets.
  init(_ partitions: [KafkaPartition], _ counts: KafkaHandleCounts) {
    self.init(partitions.map { KafkaPosition($0, .invalid) }, counts)
  }

  /// Takes over what the library made.
  init(
    adopting pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>,
    _ counts: KafkaHandleCounts
  ) {
    unsafe self.pointer = unsafe pointer
    self.counts = counts
    counts.open(.list)
  }

  deinit {
    unsafe rd_kafka_topic_partition_list_destroy(pointer)
    counts.close(.list)
  }

  var positions: [KafkaPosition] { unsafe kafkaPositions(pointer) }

  /// The first partition that has an error of its own, with its code.
  var firstFailure: (partition: KafkaPartition, code: KafkaErrorCode)? {
    unsafe kafkaFirstFailure(pointer)
  }
}

/// A list for a call that may not come back: its own for as long as it is under way.
final class KafkaSharedList: @unchecked Sendable {
  // Sendable: nobody but the call uses it before that has come back.
  let list: KafkaPartitionList

  init(_ list: consuming KafkaPartitionList) { self.list = list }
}

/// The partitions of a list that stays whose it is, and their offsets.
func kafkaPositions(
  _ list: UnsafePointer<rd_kafka_topic_partition_list_t>
) -> [KafkaPosition] {
  (0..<Int(unsafe list.pointee.cnt)).map { index in
    let entry = unsafe list.pointee.elems[index]
    return unsafe KafkaPosition(kafkaPartition(entry), KafkaOffset(entry.offset))
  }
}

/// The first partition of a list that has an error of its own, with its code.
func kafkaFirstFailure(
  _ list: UnsafePointer<rd_kafka_topic_partition_list_t>
) -> (partition: KafkaPartition, code: KafkaErrorCode)? {
  for index in 0..<Int(unsafe list.pointee.cnt) {
    let entry = unsafe list.pointee.elems[index]
    if unsafe entry.err != RD_KAFKA_RESP_ERR_NO_ERROR {
      return unsafe (kafkaPartition(entry), KafkaErrorCode(entry.err))
    }
  }
  return nil
}

private func kafkaPartition(_ entry: rd_kafka_topic_partition_t) -> KafkaPartition {
  let topic = unsafe entry.topic.map { unsafe String(cString: $0) } ?? ""
  return unsafe KafkaPartition(topic: topic, number: entry.partition)
}
