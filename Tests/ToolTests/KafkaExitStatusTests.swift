// Which exit status a failure of Kafka has (cli.md, section 3).

import KESCommand
import Testing

@testable import KESCore

@Suite struct KafkaExitStatusTests {
  @Test(
    arguments: [
      (.bug, .software), (.record, .badData), (.retriable, .unavailable), (.fatal, .unavailable),
      (.fenced, .inUse), (.inUse, .inUse), (.environment, .unavailable),
      (.configuration, .configuration), (.missingTopic, .noInput), (.missingFile, .noInput),
      (.interrupted, .unavailable),
    ] as [(KafkaError.Kind, KESCommand.ExitStatus)])
  func everyKindHasItsStatus(kind: KafkaError.Kind, status: KESCommand.ExitStatus) {
    let error = KafkaError(kind, operation: "x", place: KafkaPlace(), reason: "y")
    #expect(KESCommand.ExitStatus(error) == status)
  }
}
