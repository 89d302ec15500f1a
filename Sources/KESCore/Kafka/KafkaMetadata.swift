// What a broker says of the cluster.

internal import CRdkafka

/// Owns an `rd_kafka_metadata`.
@safe
struct KafkaMetadata: ~Copyable {
  private let pointer: UnsafePointer<rd_kafka_metadata>
  private let counts: KafkaHandleCounts

  /// Asks for `topic`, or for all where that is nil. Throws `KafkaError`. Not interrupted.
  init(
    _ client: KafkaClientHandle, topic: KafkaTopic?, _ patience: KafkaPatience
  ) throws(KafkaError) {
    var found: UnsafePointer<rd_kafka_metadata>?
    let milliseconds = KafkaDeadline(patience).remaining()
    let code = unsafe rd_kafka_metadata(
      client.pointer, topic == nil ? 1 : 0, topic?.pointer, &found, milliseconds)
    client.serve()
    let place = topic.map { KafkaPlace(topic: $0.name) }
    guard let metadata = unsafe found else {
      throw client.failure(KafkaErrorCode(code), "ask for topics", place ?? client.place)
    }
    unsafe pointer = metadata
    counts = client.counts
    counts.open(.metadata)
  }

  deinit {
    unsafe rd_kafka_metadata_destroy(pointer)
    counts.close(.metadata)
  }

  var cluster: KafkaCluster {
    let brokers = (0..<Int(unsafe pointer.pointee.broker_cnt)).map { index in
      let broker = unsafe pointer.pointee.brokers[index]
      return unsafe KafkaBroker(
        identifier: broker.id, host: KafkaMetadata.text(broker.host), port: broker.port)
    }
    let topics = (0..<Int(unsafe pointer.pointee.topic_cnt)).map { index in
      unsafe KafkaMetadata.description(pointer.pointee.topics[index])
    }
    return KafkaCluster(brokers: brokers, topics: topics)
  }

  /// What the broker says is wrong with a topic; nil where nothing is.
  func failure(ofTopic name: String) -> KafkaErrorCode? {
    for index in 0..<Int(unsafe pointer.pointee.topic_cnt) {
      let topic = unsafe pointer.pointee.topics[index]
      if unsafe KafkaMetadata.text(topic.topic) == name {
        let code = KafkaErrorCode(unsafe topic.err)
        return code == .none ? nil : code
      }
    }
    return KafkaErrorCode(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
  }

  private static func description(_ topic: rd_kafka_metadata_topic) -> KafkaTopicDescription {
    let count = unsafe topic.partition_cnt
    let replicas = (0..<Int(count)).map { Int(unsafe topic.partitions[$0].replica_cnt) }
    return KafkaTopicDescription(
      name: unsafe text(topic.topic), partitionCount: count,
      replicationFactor: replicas.min() ?? 0)
  }

  private static func text(_ text: UnsafeMutablePointer<CChar>?) -> String {
    unsafe text.map { unsafe String(cString: $0) } ?? ""
  }
}
