// Looks after topics.

internal import CRdkafka

/// Asks for topics, groups and offsets, and changes them. Used by one thread at a time; has a client
/// of its own.
public final class KafkaAdmin: KafkaClient {

  /// Connects to nothing yet. Throws `Failure` of the kind `.configuration`.
  public init(_ configuration: KafkaConfiguration) throws(Failure) {
    // Any client can ask; a producer belongs to no group, and one that sends nothing needs no leave to
    // be idempotent.
    super.init(
      try KafkaClientHandle(configuration, .producer, [("enable.idempotence", "false")]))
  }

  // MARK: Topics

  /// Makes a topic, and waits until it is there. Returns false where it is there already, with
  /// however many partitions. Throws `Failure`.
  public func createTopic(
    _ topic: KafkaNewTopic, _ patience: KafkaPatience
  ) throws(Failure) -> Bool {
    let request = KafkaAdminRequest(
      operation: RD_KAFKA_ADMIN_OP_CREATETOPICS, title: "create the topic",
      place: Place(topic: topic.name))
    let handle = try KafkaNewTopicHandle(topic, client)
    let code = try unsafe request.run(on: client, patience) { options, queue in
      var topics: [OpaquePointer?] = unsafe [handle.pointer]
      unsafe rd_kafka_CreateTopics(client.pointer, &topics, 1, options, queue)
    } _: { event throws(Failure) in
      try client.topicResult(event, request, KafkaErrorCode(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS))
    }
    if code != .none { return false }
    // The controller has it: a broker hears of it a moment later.
    let deadline = KafkaDeadline(patience)
    while try self.topic(topic.name, patience) == nil, !deadline.isOver {
      try deadline.checkInterruption(request.title, request.place)
      unsafe rd_kafka_poll(client.pointer, deadline.remaining(atMost: 20))
    }
    return true
  }

  /// Waits until brokers know these partitions, of topics that were just made. Throws `Failure`.
  func awaitPartitions(
    _ partitions: [KafkaPartition], _ patience: KafkaPatience
  ) throws(Failure) {
    let deadline = KafkaDeadline(patience)
    while true {
      do throws(Failure) {
        _ = try watermarks(partitions, patience)
        return
      } catch {
        if error.kind != .missing || deadline.isOver { throw error }
        try deadline.checkInterruption("wait for the topic", error.place)
        unsafe rd_kafka_poll(client.pointer, deadline.remaining(atMost: 50))
      }
    }
  }

  /// Removes a topic. Returns false where there is none. Throws `Failure`.
  public func deleteTopic(
    _ name: String, _ patience: KafkaPatience
  ) throws(Failure) -> Bool {
    let request = KafkaAdminRequest(
      operation: RD_KAFKA_ADMIN_OP_DELETETOPICS, title: "delete the topic",
      place: Place(topic: name))
    let code = try unsafe request.run(on: client, patience) { options, queue in
      let handle = unsafe rd_kafka_DeleteTopic_new(name)
      defer { unsafe rd_kafka_DeleteTopic_destroy(handle) }
      var topics: [OpaquePointer?] = unsafe [handle]
      unsafe rd_kafka_DeleteTopics(client.pointer, &topics, 1, options, queue)
    } _: { event throws(Failure) in
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
  ) throws(Failure) -> KafkaErrorCode {
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

extension KafkaAdmin {
  /// The properties of a topic by their names, with those that the brokers set for all; secret ones are
  /// left out. Throws `Failure`, also where brokers do not tell (`isUnsupported`, or no rights).
  func properties(
    ofTopic name: String, _ patience: KafkaPatience
  ) throws(Failure) -> [String: String] {
    let request = KafkaAdminRequest(
      operation: RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, title: "ask for its configuration",
      place: Place(topic: name))
    // Every broker knows. The controller, who would be asked, is one that mock clusters do not have,
    // and would be waited for.
    guard let broker = try KafkaMetadata(client, topic: name, patience).broker else {
      throw client.failure(.timedOut, request.title, request.place)
    }
    return try unsafe request.run(on: client, patience) { options, queue in
      var reason = [CChar](repeating: 0, count: 128)
      _ = unsafe rd_kafka_AdminOptions_set_broker(
        options, broker, &reason, reason.count)
      let handle = unsafe rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name)
      defer { unsafe rd_kafka_ConfigResource_destroy(handle) }
      var resources: [OpaquePointer?] = unsafe [handle]
      unsafe rd_kafka_DescribeConfigs(client.pointer, &resources, 1, options, queue)
    } _: { event throws(Failure) in
      guard let resource = unsafe event.resource else {
        throw request.failure(.timedOut, "the answer names no topic", client)
      }
      let code = KafkaErrorCode(unsafe rd_kafka_ConfigResource_error(resource))
      if code != .none {
        let reason = unsafe kafkaText(rd_kafka_ConfigResource_error_string(resource))
        throw request.failure(code, reason, client)
      }
      return unsafe kafkaProperties(of: resource)
    }
  }
}

extension KafkaEventHandle {
  /// The first resource whose configuration the answer tells; it is the event's.
  fileprivate var resource: OpaquePointer? {
    var count = 0
    guard let result = unsafe rd_kafka_event_DescribeConfigs_result(pointer) else { return nil }
    let resources = unsafe rd_kafka_DescribeConfigs_result_resources(result, &count)
    return count > 0 ? unsafe resources?[0] : nil
  }
}

/// Copies what a broker's answer says.
private func kafkaProperties(of resource: OpaquePointer) -> [String: String] {
  var count = 0
  guard let entries = unsafe rd_kafka_ConfigResource_configs(resource, &count) else { return [:] }
  var found: [String: String] = [:]
  for index in 0..<count {
    guard let entry = unsafe entries[index],
      let name = unsafe kafkaText(rd_kafka_ConfigEntry_name(entry))
    else { continue }
    found[name] = unsafe kafkaText(rd_kafka_ConfigEntry_value(entry))
  }
  return found
}

/// A topic that is to be made.
public struct KafkaNewTopic: Hashable, Sendable {
  public var name: String
  public var partitionCount: Int32
  /// nil leaves it to the brokers (KIP-464).
  public var replicationFactor: Int32?
  /// Such as `cleanup.policy`.
  public var properties: [String: String]

  public init(
    name: String, partitionCount: Int32, replicationFactor: Int32? = nil,
    properties: [String: String] = [:]
  ) {
    self.name = name
    self.partitionCount = partitionCount
    self.replicationFactor = replicationFactor
    self.properties = properties
  }
}

/// Owns an `rd_kafka_NewTopic_t`.
@safe
struct KafkaNewTopicHandle: ~Copyable {
  let pointer: OpaquePointer
  private let counts: KafkaHandleCounts

  /// Throws `Failure` of the kind `.configuration` where the name or a number cannot be.
  init(_ topic: KafkaNewTopic, _ client: KafkaClientHandle) throws(Failure) {
    var reason = [CChar](repeating: 0, count: 256)
    let made = unsafe rd_kafka_NewTopic_new(
      topic.name, topic.partitionCount, topic.replicationFactor ?? -1, &reason, reason.count)
    guard let made = unsafe made else {
      throw Failure(
        .configuration, operation: "create the topic", place: Place(topic: topic.name),
        reason: String(libraryText: reason))
    }
    unsafe pointer = made
    counts = client.counts
    counts.open(.adminRequest)
    for (name, value) in topic.properties {
      unsafe rd_kafka_NewTopic_set_config(pointer, name, value)
    }
  }

  deinit {
    unsafe rd_kafka_NewTopic_destroy(pointer)
    counts.close(.adminRequest)
  }
}
