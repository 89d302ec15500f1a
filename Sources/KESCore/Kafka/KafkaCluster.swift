// What a cluster is made of, as a broker tells it.

internal import CRdkafka

/// The brokers of a cluster and its topics, as one of them knows them.
public struct KafkaCluster: Hashable, Sendable {
  public var brokers: [KafkaBroker]
  public var topics: [KafkaTopicDescription]
}

/// A broker, as it says that it is reached.
public struct KafkaBroker: Hashable, Sendable {
  public var identifier: Int32
  public var host: String
  public var port: Int32
}

/// A topic and its partitions, which are numbered from 0.
public struct KafkaTopicDescription: Hashable, Sendable {
  public var name: String
  public var partitionCount: Int32
  /// How many brokers keep a partition, at least.
  public var replicationFactor: Int

  public var partitions: [KafkaPartition] {
    (0..<partitionCount).map { KafkaPartition(topic: name, number: $0) }
  }
}

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
