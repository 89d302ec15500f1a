// Looks after topics and groups.

internal import CRdkafka

/// Asks for topics, groups and offsets, and changes them. Used by one thread at a time; has a client
/// of its own.
public final class KafkaAdmin: KafkaClient {

  /// Connects to nothing yet. Throws `KafkaError` of the kind `.configuration`.
  public init(_ configuration: KafkaConfiguration) throws(KafkaError) {
    // Any client can ask; a producer belongs to no group, and one that sends nothing needs no leave to
    // be idempotent.
    super.init(
      try KafkaClientHandle(configuration, .producer, [("enable.idempotence", "false")]))
  }

  // MARK: Topics

  /// All brokers and topics. Throws `KafkaError`. Cost: an answer that grows with the cluster.
  public func cluster(_ patience: KafkaPatience) throws(KafkaError) -> KafkaCluster {
    try KafkaMetadata(client, topic: nil, patience).cluster
  }

  /// A topic; nil where there is none. Throws `KafkaError` where that cannot be told: brokers that
  /// do not answer, or let us not see it. Never creates the topic, unless brokers older than 0.11
  /// do that by themselves.
  public func topic(
    _ name: String, _ patience: KafkaPatience
  ) throws(KafkaError) -> KafkaTopicDescription? {
    try client.topic(name, patience)
  }

  /// Makes a topic, and waits until it is there. Returns false where it is there already, with
  /// however many partitions. Throws `KafkaError`.
  public func createTopic(
    _ topic: KafkaNewTopic, _ patience: KafkaPatience
  ) throws(KafkaError) -> Bool {
    let request = KafkaAdminRequest(
      operation: RD_KAFKA_ADMIN_OP_CREATETOPICS, title: "create the topic",
      place: KafkaPlace(topic: topic.name))
    let handle = try KafkaNewTopicHandle(topic, client)
    let code = try unsafe request.run(on: client, patience) { options, queue in
      var topics: [OpaquePointer?] = unsafe [handle.pointer]
      unsafe rd_kafka_CreateTopics(client.pointer, &topics, 1, options, queue)
    } _: { event throws(KafkaError) in
      try client.topicResult(event, request, KafkaErrorCode(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS))
    }
    if code != .none { return false }
    // The controller has it: a broker hears of it a moment later.
    let deadline = KafkaDeadline(patience)
    while try client.topic(topic.name, patience) == nil, !deadline.isOver {
      try deadline.checkInterruption(request.title, request.place)
      unsafe rd_kafka_poll(client.pointer, deadline.remaining(atMost: 20))
    }
    return true
  }

  /// Waits until brokers know these partitions, of topics that were just made. Throws `KafkaError`.
  func awaitPartitions(
    _ partitions: [KafkaPartition], _ patience: KafkaPatience
  ) throws(KafkaError) {
    let deadline = KafkaDeadline(patience)
    while true {
      do throws(KafkaError) {
        _ = try client.watermarks(of: partitions, patience)
        return
      } catch {
        if error.kind != .missingTopic || deadline.isOver { throw error }
        try deadline.checkInterruption("wait for the topic", error.place)
        unsafe rd_kafka_poll(client.pointer, deadline.remaining(atMost: 50))
      }
    }
  }

  /// Removes a topic. Returns false where there is none. Throws `KafkaError`.
  public func deleteTopic(
    _ name: String, _ patience: KafkaPatience
  ) throws(KafkaError) -> Bool {
    let request = KafkaAdminRequest(
      operation: RD_KAFKA_ADMIN_OP_DELETETOPICS, title: "delete the topic",
      place: KafkaPlace(topic: name))
    let code = try unsafe request.run(on: client, patience) { options, queue in
      let handle = unsafe rd_kafka_DeleteTopic_new(name)
      defer { unsafe rd_kafka_DeleteTopic_destroy(handle) }
      var topics: [OpaquePointer?] = unsafe [handle]
      unsafe rd_kafka_DeleteTopics(client.pointer, &topics, 1, options, queue)
    } _: { event throws(KafkaError) in
      try client.topicResult(
        event, request, KafkaErrorCode(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART))
    }
    return code == .none
  }
}

extension KafkaClientHandle {
  /// What became of the one topic of an answer: no failure, or `expected`. Throws any other.
  fileprivate func topicResult(
    _ event: borrowing KafkaEventHandle, _ request: KafkaAdminRequest, _ expected: KafkaErrorCode
  ) throws(KafkaError) -> KafkaErrorCode {
    guard let result = unsafe event.topicResult else {
      throw request.failure(.timedOut, "the answer names no topic", self)
    }
    let code = KafkaErrorCode(unsafe rd_kafka_topic_result_error(result))
    if code == .none || code == expected { return code }
    let reason = unsafe rd_kafka_topic_result_error_string(result)
    throw request.failure(code, unsafe reason.map { unsafe String(cString: $0) }, self)
  }
}

extension KafkaEventHandle {
  /// The first topic that the answer tells of; it is the event's.
  fileprivate var topicResult: OpaquePointer? {
    var count = 0
    if let result = unsafe rd_kafka_event_CreateTopics_result(pointer) {
      let topics = unsafe rd_kafka_CreateTopics_result_topics(result, &count)
      return count > 0 ? unsafe topics?[0] : nil
    }
    guard let result = unsafe rd_kafka_event_DeleteTopics_result(pointer) else { return nil }
    let topics = unsafe rd_kafka_DeleteTopics_result_topics(result, &count)
    return count > 0 ? unsafe topics?[0] : nil
  }
}

extension KafkaClientHandle {
  /// A topic; nil where there is none. Throws `KafkaError` where that cannot be told.
  func topic(
    _ name: String, _ patience: KafkaPatience
  ) throws(KafkaError) -> KafkaTopicDescription? {
    let topic = try KafkaTopic(name, self)
    let metadata = try KafkaMetadata(self, topic: topic, patience)
    if let code = metadata.failure(ofTopic: name) {
      if code.kind == .missingTopic { return nil }
      throw failure(code, "ask for the topic", KafkaPlace(topic: name))
    }
    return metadata.cluster.topics.first { $0.name == name }
  }
}
