// The library's lists of partitions.

internal import CRdkafka

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

  /// The partitions, at no place.
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
