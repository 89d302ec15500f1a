// The brokers that examples speak of.

import Foundation
import TestSupport

/// A cluster of its own for the examples of one document, which call it `localhost:9092`. It is started
/// when a command names it, and makes every topic that a command writes to.
final class ExampleBrokers {
  private static let name = "localhost:9092"
  private var cluster: KafkaTestCluster?

  /// The command with the brokers that are there.
  func named(in command: String) throws -> String {
    if !command.contains(ExampleBrokers.name) { return command }
    let cluster = try cluster ?? KafkaTestCluster()
    self.cluster = cluster
    return command.replacingOccurrences(of: ExampleBrokers.name, with: cluster.brokers)
  }
}
