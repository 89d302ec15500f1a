// What a broker tells of a topic, and of the brokers.

internal import CRdkafka

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

/// Owns an `rd_kafka_metadata`: the answer to a question for one topic.
@safe
struct KafkaMetadata: ~Copyable {
  private let name: String
  private let pointer: UnsafePointer<rd_kafka_metadata>
  private let counts: KafkaHandleCounts

  /// Asks for the topic `name`. Throws `Failure`. Not interrupted.
  init(
    _ client: KafkaClientHandle, topic name: String, _ patience: KafkaPatience
  ) throws(Failure) {
    let topic = try KafkaTopic(name, client)
    var found: UnsafePointer<rd_kafka_metadata>?
    let milliseconds = KafkaDeadline(patience).remaining()
    let code = unsafe rd_kafka_metadata(client.pointer, 0, topic.pointer, &found, milliseconds)
    client.serve()
    guard let metadata = unsafe found else {
      throw client.failure(KafkaErrorCode(code), "ask for topics", Place(topic: name))
    }
    self.name = name
    unsafe pointer = metadata
    counts = client.counts
    counts.open(.metadata)
  }

  deinit {
    unsafe rd_kafka_metadata_destroy(pointer)
    counts.close(.metadata)
  }

  /// The number of a broker; nil where the answer names none.
  var broker: Int32? {
    unsafe pointer.pointee.broker_cnt > 0 ? unsafe pointer.pointee.brokers[0].id : nil
  }

  /// What the broker says is wrong with the topic; nil where nothing is.
  var failure: KafkaErrorCode? {
    guard let topic = unsafe entry else {
      return KafkaErrorCode(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    }
    let code = KafkaErrorCode(unsafe topic.err)
    return code == .none ? nil : code
  }

  /// The topic; nil where the answer does not name it.
  var topic: KafkaTopicDescription? {
    guard let topic = unsafe entry else { return nil }
    let count = unsafe topic.partition_cnt
    let replicas = (0..<Int(count)).map { Int(unsafe topic.partitions[$0].replica_cnt) }
    return KafkaTopicDescription(
      name: name, partitionCount: count, replicationFactor: replicas.min() ?? 0)
  }

  private var entry: rd_kafka_metadata_topic? {
    for index in 0..<Int(unsafe pointer.pointee.topic_cnt) {
      let topic = unsafe pointer.pointee.topics[index]
      if unsafe kafkaText(topic.topic) == name { return unsafe topic }
    }
    return nil
  }
}

extension KafkaClient {
  /// A topic; nil where there is none. Throws `Failure` where that cannot be told: brokers that
  /// do not answer, or let us not see it. Never creates the topic, unless brokers older than 0.11
  /// do that by themselves.
  public func topic(
    _ name: String, _ patience: KafkaPatience
  ) throws(Failure) -> KafkaTopicDescription? {
    let metadata = try KafkaMetadata(client, topic: name, patience)
    guard let code = metadata.failure else { return metadata.topic }
    if code.kind == .missing { return nil }
    throw client.failure(code, "ask for the topic", Place(topic: name))
  }
}
