// How topics are configured.

internal import CRdkafka

extension KafkaAdmin {
  /// The properties of a topic by their names, with those that the brokers set for all; secret ones are
  /// left out. Throws `KafkaError`, also where brokers do not tell (`isUnsupported`, or no rights).
  func properties(
    ofTopic name: String, _ patience: KafkaPatience
  ) throws(KafkaError) -> [String: String] {
    let request = KafkaAdminRequest(
      operation: RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, title: "ask for its configuration",
      place: KafkaPlace(topic: name))
    // Every broker knows. The controller, who would be asked, is one that mock clusters do not have,
    // and would be waited for.
    let metadata = try KafkaMetadata(client, topic: try KafkaTopic(name, client), patience)
    guard let broker = metadata.cluster.brokers.first else {
      throw client.failure(.timedOut, request.title, request.place)
    }
    return try unsafe request.run(on: client, patience) { options, queue in
      var reason = [CChar](repeating: 0, count: 128)
      _ = unsafe rd_kafka_AdminOptions_set_broker(
        options, broker.identifier, &reason, reason.count)
      let handle = unsafe rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name)
      defer { unsafe rd_kafka_ConfigResource_destroy(handle) }
      var resources: [OpaquePointer?] = unsafe [handle]
      unsafe rd_kafka_DescribeConfigs(client.pointer, &resources, 1, options, queue)
    } _: { event throws(KafkaError) in
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
