// librdkafka's mock cluster, as the commands of a test need it.

import CRdkafka
import CRdkafkaTest

/// Owns a mock cluster and the client that it lives in.
@safe
final class MockCluster {
  private let client: OpaquePointer
  private let cluster: OpaquePointer

  /// nil where the library cannot make one.
  init?(brokerCount: Int32) {
    guard unsafe kes_rdkafka_load() == nil, unsafe kes_rdkafka_load_test() == nil,
      let configuration = unsafe rd_kafka_conf_new()
    else {
      return nil
    }
    // What the brokers log is of no use to a test.
    unsafe rd_kafka_conf_set(configuration, "log_level", "0", nil, 0)
    guard let client = unsafe rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0) else {
      unsafe rd_kafka_conf_destroy(configuration)
      return nil
    }
    guard let cluster = unsafe rd_kafka_mock_cluster_new(client, brokerCount) else {
      unsafe rd_kafka_destroy(client)
      return nil
    }
    unsafe self.client = unsafe client
    unsafe self.cluster = unsafe cluster
  }

  deinit {
    unsafe rd_kafka_mock_cluster_destroy(cluster)
    unsafe rd_kafka_destroy(client)
  }

  /// `HOST:PORT,…`
  var brokers: String { unsafe String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

  /// Carries a command out. Returns why not; nil where it is done.
  func run(_ words: [String]) -> String? {
    guard let name = words.first else { return "an empty command" }
    guard let command = MockCluster.commands[name] else { return "no such command: \(name)" }
    let arguments = Array(words.dropFirst())
    guard let result = command.run(self, arguments) else { return "expected \(command.form)" }
    if result == RD_KAFKA_RESP_ERR_NO_ERROR { return nil }
    return unsafe String(cString: rd_kafka_err2str(result))
  }

  /// What follows a command's name, and what it does; nil where the words do not fit.
  private struct Command {
    let form: String
    let run: (MockCluster, [String]) -> rd_kafka_resp_err_t?
  }

  private static var commands: [String: Command] {
    [
      "topic": Command(form: "topic NAME PARTITIONS REPLICATION") { $0.makeTopic($1) },
      "errors": Command(form: "errors API CODE…") { $0.pushErrors($1) },
      "delay": Command(form: "delay BROKER API MILLISECONDS") { $0.pushDelay($1) },
      "clear": Command(form: "clear API") { $0.clearErrors($1) },
      "topic-error": Command(form: "topic-error NAME CODE") { $0.setTopicError($1) },
      "down": Command(form: "down BROKER") { $0.setDown($1, true) },
      "up": Command(form: "up BROKER") { $0.setDown($1, false) },
      "rtt": Command(form: "rtt BROKER MILLISECONDS") { $0.setLatency($1) },
      "coordinator": Command(form: "coordinator group|transaction KEY BROKER") {
        $0.setCoordinator($1)
      },
      "leader": Command(form: "leader TOPIC PARTITION BROKER") { $0.setLeader($1) },
      "follower": Command(form: "follower TOPIC PARTITION BROKER") { $0.setFollower($1) },
    ]
  }

  // MARK: Commands

  private func makeTopic(_ words: [String]) -> rd_kafka_resp_err_t? {
    guard words.count == 3, let partitions = Int32(words[1]), let replicas = Int32(words[2]) else {
      return nil
    }
    return unsafe rd_kafka_mock_topic_create(cluster, words[0], partitions, replicas)
  }

  private func pushErrors(_ words: [String]) -> rd_kafka_resp_err_t? {
    let codes = words.dropFirst().compactMap { Int32($0) }.map { rd_kafka_resp_err_t($0) }
    guard words.count > 1, codes.count == words.count - 1, let api = Int16(words[0]) else {
      return nil
    }
    unsafe rd_kafka_mock_push_request_errors_array(cluster, api, codes.count, codes)
    return RD_KAFKA_RESP_ERR_NO_ERROR
  }

  private func pushDelay(_ words: [String]) -> rd_kafka_resp_err_t? {
    guard words.count == 3, let broker = Int32(words[0]), let api = Int16(words[1]),
      let milliseconds = Int32(words[2])
    else { return nil }
    return unsafe kes_rdkafka_mock_push_delay(cluster, broker, api, milliseconds)
  }

  private func clearErrors(_ words: [String]) -> rd_kafka_resp_err_t? {
    guard words.count == 1, let api = Int16(words[0]) else { return nil }
    unsafe rd_kafka_mock_clear_request_errors(cluster, api)
    return RD_KAFKA_RESP_ERR_NO_ERROR
  }

  private func setTopicError(_ words: [String]) -> rd_kafka_resp_err_t? {
    guard words.count == 2, let code = Int32(words[1]) else { return nil }
    unsafe rd_kafka_mock_topic_set_error(cluster, words[0], rd_kafka_resp_err_t(code))
    return RD_KAFKA_RESP_ERR_NO_ERROR
  }

  private func setDown(_ words: [String], _ isDown: Bool) -> rd_kafka_resp_err_t? {
    guard words.count == 1, let broker = Int32(words[0]) else { return nil }
    return isDown
      ? unsafe rd_kafka_mock_broker_set_down(cluster, broker)
      : unsafe rd_kafka_mock_broker_set_up(cluster, broker)
  }

  private func setLatency(_ words: [String]) -> rd_kafka_resp_err_t? {
    guard words.count == 2, let broker = Int32(words[0]), let milliseconds = Int32(words[1]) else {
      return nil
    }
    return unsafe rd_kafka_mock_broker_set_rtt(cluster, broker, milliseconds)
  }

  private func setCoordinator(_ words: [String]) -> rd_kafka_resp_err_t? {
    guard words.count == 3, let broker = Int32(words[2]) else { return nil }
    return unsafe rd_kafka_mock_coordinator_set(cluster, words[0], words[1], broker)
  }

  private func setLeader(_ words: [String]) -> rd_kafka_resp_err_t? {
    guard words.count == 3, let partition = Int32(words[1]), let broker = Int32(words[2]) else {
      return nil
    }
    return unsafe rd_kafka_mock_partition_set_leader(cluster, words[0], partition, broker)
  }

  private func setFollower(_ words: [String]) -> rd_kafka_resp_err_t? {
    guard words.count == 3, let partition = Int32(words[1]), let broker = Int32(words[2]) else {
      return nil
    }
    return unsafe rd_kafka_mock_partition_set_follower(cluster, words[0], partition, broker)
  }
}
