// Groups of consumers, and what they have committed.

internal import CRdkafka

extension KafkaAdmin {
  /// A group and who is in it. Throws `Failure`.
  public func group(
    _ name: String, _ patience: KafkaPatience
  ) throws(Failure) -> KafkaGroupDescription {
    let request = KafkaAdminRequest(
      operation: RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, title: "ask for the group",
      place: Place(group: name))
    if isFatalToAsk(patience) {
      throw request.failure(
        KafkaErrorCode(RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE), "a mock cluster does not tell",
        client)
    }
    return try unsafe request.run(on: client, patience) { options, queue in
      unsafe name.withCString { name in
        var names: [UnsafePointer<CChar>?] = unsafe [name]
        unsafe rd_kafka_DescribeConsumerGroups(client.pointer, &names, 1, options, queue)
      }
    } _: { event throws(Failure) in
      guard let group = unsafe event.group else {
        throw request.failure(.timedOut, "the answer names no group", client)
      }
      let error = unsafe rd_kafka_ConsumerGroupDescription_error(group)
      if let error = unsafe error, unsafe rd_kafka_error_code(error) != .init(0) {
        throw request.failure(
          KafkaErrorCode(unsafe rd_kafka_error_code(error)),
          unsafe kafkaText(rd_kafka_error_string(error)), client)
      }
      return unsafe KafkaGroupDescription(name: name, group)
    }
  }

  /// Whether asking for a group would damage memory: librdkafka does that (2.0.2 and 2.1.0; no more in
  /// 2.15.0) where brokers do not know the request. Brokers of Kafka's do. Its own mock cluster, which
  /// people try tools on (`test.mock.num.brokers`, kcat's `-M`), does not.
  private func isFatalToAsk(_ patience: KafkaPatience) -> Bool {
    if KafkaLibrary.version >= KafkaLibrary.mendedGroups { return false }
    let milliseconds = KafkaDeadline(patience).remaining()
    guard let text = unsafe rd_kafka_clusterid(client.pointer, milliseconds) else { return false }
    defer { unsafe rd_kafka_mem_free(client.pointer, text) }
    return unsafe String(cString: text).hasPrefix("mockCluster")
  }

  /// What a group has committed, for all partitions that it ever did. Throws `Failure`.
  public func committedOffsets(
    ofGroup name: String, _ patience: KafkaPatience
  ) throws(Failure) -> [KafkaPosition] {
    let request = KafkaAdminRequest(
      operation: RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, title: "ask for committed offsets",
      place: Place(group: name))
    let found = try unsafe request.run(on: client, patience) { options, queue in
      let handle = unsafe rd_kafka_ListConsumerGroupOffsets_new(name, nil)
      defer { unsafe rd_kafka_ListConsumerGroupOffsets_destroy(handle) }
      var groups: [OpaquePointer?] = unsafe [handle]
      unsafe rd_kafka_ListConsumerGroupOffsets(client.pointer, &groups, 1, options, queue)
    } _: { event throws(Failure) in
      var count = 0
      let result = unsafe rd_kafka_event_ListConsumerGroupOffsets_result(event.pointer)
      let groups = unsafe rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count)
      return try unsafe client.groupPositions(count > 0 ? groups?[0] : nil, request)
    }
    return found.filter(\.offset.isNumber)
  }

  /// Forgets what a group has committed for `partitions`; of topics that no member of the group
  /// subscribes to. Throws `Failure`.
  public func deleteCommittedOffsets(
    ofGroup name: String, _ partitions: [KafkaPartition], _ patience: KafkaPatience
  ) throws(Failure) {
    let request = KafkaAdminRequest(
      operation: RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS, title: "delete committed offsets",
      place: Place(group: name))
    let list = KafkaPartitionList(partitions, client.counts)
    _ = try unsafe request.run(on: client, patience) { options, queue in
      let handle = unsafe rd_kafka_DeleteConsumerGroupOffsets_new(name, list.pointer)
      defer { unsafe rd_kafka_DeleteConsumerGroupOffsets_destroy(handle) }
      var groups: [OpaquePointer?] = unsafe [handle]
      unsafe rd_kafka_DeleteConsumerGroupOffsets(client.pointer, &groups, 1, options, queue)
    } _: { event throws(Failure) in
      var count = 0
      let result = unsafe rd_kafka_event_DeleteConsumerGroupOffsets_result(event.pointer)
      let groups = unsafe rd_kafka_DeleteConsumerGroupOffsets_result_groups(result, &count)
      return try unsafe client.groupPositions(count > 0 ? groups?[0] : nil, request)
    }
  }
}

extension KafkaClientHandle {
  /// The partitions of a group's answer. Throws what failed, of the group or of one of them.
  fileprivate func groupPositions(
    _ group: OpaquePointer?, _ request: KafkaAdminRequest
  ) throws(Failure) -> [KafkaPosition] {
    guard let group = unsafe group else {
      throw request.failure(.timedOut, "the answer names no group", self)
    }
    if let error = unsafe rd_kafka_group_result_error(group) {
      throw request.failure(
        KafkaErrorCode(unsafe rd_kafka_error_code(error)),
        unsafe kafkaText(rd_kafka_error_string(error)), self)
    }
    guard let list = unsafe rd_kafka_group_result_partitions(group) else { return [] }
    if let (partition, code) = unsafe kafkaFirstFailure(list) {
      var place = Place(partition)
      place.group = request.place.group
      throw failure(code, request.title, place)
    }
    return unsafe kafkaPositions(list)
  }
}

extension KafkaEventHandle {
  /// The first group that the answer describes; it is the event's.
  fileprivate var group: OpaquePointer? {
    var count = 0
    guard let result = unsafe rd_kafka_event_DescribeConsumerGroups_result(pointer) else {
      return nil
    }
    let groups = unsafe rd_kafka_DescribeConsumerGroups_result_groups(result, &count)
    return count > 0 ? unsafe groups?[0] : nil
  }
}

extension KafkaGroupDescription {
  /// Copies what a broker's answer says.
  fileprivate init(name: String, _ group: OpaquePointer) {
    self.name = name
    let code = unsafe rd_kafka_ConsumerGroupDescription_state(group)
    state = unsafe kafkaText(rd_kafka_consumer_group_state_name(code)) ?? "Unknown"
    let count = unsafe rd_kafka_ConsumerGroupDescription_member_count(group)
    members = (0..<count).compactMap {
      let member = unsafe rd_kafka_ConsumerGroupDescription_member(group, $0)
      return unsafe member.map { unsafe Member($0) }
    }
  }
}

extension KafkaGroupDescription.Member {
  fileprivate init(_ member: OpaquePointer) {
    identifier = unsafe kafkaText(rd_kafka_MemberDescription_consumer_id(member)) ?? ""
    client = unsafe kafkaText(rd_kafka_MemberDescription_client_id(member)) ?? ""
    host = unsafe kafkaText(rd_kafka_MemberDescription_host(member)) ?? ""
    let assignment = unsafe rd_kafka_MemberDescription_assignment(member)
    let list = unsafe rd_kafka_MemberAssignment_partitions(assignment)
    partitions = unsafe list.map { unsafe kafkaPositions($0).map(\.partition) } ?? []
  }
}

/// Copies a text of the library; nil for none.
func kafkaText(_ text: UnsafePointer<CChar>?) -> String? {
  unsafe text.map { unsafe String(cString: $0) }
}

/// A consumer group, as its coordinator knows it.
public struct KafkaGroupDescription: Hashable, Sendable {
  /// A consumer that is in the group now.
  public struct Member: Hashable, Sendable {
    public var identifier: String
    /// What it calls itself (`client.id`).
    public var client: String
    public var host: String
    public var partitions: [KafkaPartition]
  }

  public var name: String
  /// Such as `Stable`, `Empty` or, where there is no such group, `Dead`.
  public var state: String
  public var members: [Member]
}
