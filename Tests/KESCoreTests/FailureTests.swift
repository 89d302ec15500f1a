// What a failure means to the run that meets it.

import Testing

@testable import KESCore

@Suite struct FailureTests {
  /// What came before a failure of the input is good, and is written.
  @Test(
    arguments: [
      (.cannotOpen(name: "f", code: 2), true), (.isDirectory(name: "f"), true),
      (.cannotRead(name: "f", code: 5), true), (.inputChanged(name: "f", explanation: "e"), true),
      (.cannotCreate(name: "f", code: 2), false), (.cannotWrite(name: "f", code: 28), false),
      (.brokenPipe(name: "f"), false), (.outputIsInput(name: "f"), false),
      (.outputChanged(name: "f", explanation: "e"), false), (.usage("u"), false),
      (.corrupted(directory: "d", what: "w"), false), (.missing(directory: "d"), false),
      (.unreachable(place: "p", reason: "r", attempts: 1), true),
      (Failure.unreachable(place: "p", reason: "r", attempts: 1).of(.output), false),
      (FailureTests.broker, false), (FailureTests.broker.ofTopicRead, true),
      (BadRecord(position: "f:1", reason: "r").asFailure, true),
    ] as [(Failure, Bool)])
  func onlyThoseOfTheInputLeaveWhatCameBeforeGood(failure: Failure, isOfInput: Bool) {
    #expect(failure.isOfInput == isOfInput, "\(failure)")
  }

  static let broker = Failure(.unavailable, operation: "o", place: Place(topic: "t"), reason: "r")

  @Test func whatIsOfASchemaStaysThatWhateverItIsTheFailureOf() {
    let registry = Failure.unregistered(SubjectName("s"), place: "p")
    #expect(registry.isOfSchema && registry.of(.output).isOfSchema)
    #expect(RecordFormats.unwritable("why").isOfSchema)
    #expect(!FailureTests.broker.isOfSchema && !Failure.usage("u").isOfSchema)
  }

  @Test func aMessageSaysWhereWhatWhyAndWhatToDo() {
    #expect("\(Failure.usage("say so"))" == "say so")
    #expect(
      "\(Failure.cannotOpen(name: "", code: 2))" == ": cannot open: No such file or directory")
    #expect(
      "\(Failure.isDirectory(name: "d"))" == "d: is a directory; name the files in it")
    let code = KafkaErrorCode(rawValue: 3)
    let failure = Failure(
      .missing, code: code, operation: "read it", place: Place(topic: "t", partition: 1),
      reason: "it is gone. ")
    #expect(
      "\(failure)"
        == "topic t, partition 1: cannot read it: it is gone (\(code.name)); create the topic, or see"
        + " how it is spelled")
  }

  @Test func anotherKindHasItsOwnRemedy() {
    var failure = Failure(.bug, operation: "o", place: Place(), reason: "r")
    #expect(failure.description.hasPrefix("Kafka: ") && failure.remedy?.contains("report") == true)
    failure.becomeFatal()
    #expect(failure.kind == .fatal && failure.remedy == "start again")
    failure.become(.unavailable)
    #expect(failure.remedy == nil)
  }
}
