// A broker with transactions, for tests that librdkafka's mock cluster cannot serve.

import Foundation

/// Serves a `KafkaModel` on the loopback interface, with faults on demand: records of transactions are
/// read when their markers are there, and never where they were aborted. One broker; records are kept
/// as producers compressed them. It speaks one version of each request; those of the flexible kind where
/// only they say what transactions need (Kafka protocol guide; `KafkaModel` names the KIPs).
public final class KafkaModelBroker: Sendable {
  private let core = KafkaModelCore()
  private let listener: LoopbackListener

  public init() throws {
    listener = try LoopbackListener { [core] in core.serve($0) }
    core.begin(port: listener.port)
  }

  deinit {
    core.stop()
    listener.stop()
  }

  /// `HOST:PORT`
  public var brokers: String { "127.0.0.1:\(listener.port)" }

  public func createTopic(
    _ name: String, partitions: Int, properties: [String: String] = [:]
  ) {
    core.withModel {
      _ = $0.createTopic(name, partitions: partitions, properties: properties)
    }
  }

  /// How many partitions each topic has.
  public var partitionCounts: [String: Int] {
    var found: [String: Int] = [:]
    core.withModel { found = $0.topics.mapValues(\.count) }
    return found
  }

  /// What each topic was made with.
  public var properties: [String: [String: String]] {
    var found: [String: [String: String]] = [:]
    core.withModel { found = $0.properties }
    return found
  }

  /// How long markers take behind the answer to EndTxn.
  public func setMarkerTime(milliseconds: Int64) {
    core.withModel { $0.markerTime = milliseconds }
  }

  /// The next requests of this kind fail with these codes, one each; -195 ends the connection.
  ///
  /// - Parameter isDone: whether what was asked for is done all the same.
  public func fail(_ api: KafkaTestCluster.API, with codes: [Int], isDone: Bool = false) {
    core.add(
      codes.map { KafkaModelCore.Fault(code: Int16($0), isDone: isDone) }, to: Int16(api.rawValue))
  }

  /// How many faults have not come to pass.
  public var faultCount: Int { core.faultCount }
}
