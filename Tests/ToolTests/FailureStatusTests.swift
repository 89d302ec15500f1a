// Which exit status a failure has (cli.md, section 3).

import KESCommand
import KESCore
import Testing

@Suite struct FailureStatusTests {
  @Test(
    arguments: [
      (.usage, .usage), (.badData, .badData), (.missing, .noInput), (.unavailable, .unavailable),
      (.retriable, .unavailable), (.fatal, .unavailable), (.interrupted, .unavailable),
      (.bug, .software), (.cannotCreate, .cannotCreate), (.inputOutput, .inputOutput),
      (.brokenPipe, .inputOutput), (.inUse, .inUse), (.fenced, .inUse),
      (.configuration, .configuration),
    ] as [(Failure.Kind, KESCommand.ExitStatus)])
  func everyKindHasItsStatus(kind: Failure.Kind, status: KESCommand.ExitStatus) {
    #expect(KESCommand.ExitStatus(kind) == status)
  }
}
