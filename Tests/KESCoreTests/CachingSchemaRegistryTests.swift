// What is asked once, and what is asked again.

import Testing

@testable import KESCore

/// A registry with one schema, which counts the questions.
private final class CountingRegistry: SchemaRegistry {
  var questions: [String] = []
  var isThere = true
  let identifier = SchemaIdentifier(rawValue: 1)
  let text = #""int""#

  func schema(_ identifier: SchemaIdentifier) throws(Failure) -> String {
    questions.append("schema \(identifier)")
    if !isThere || identifier != self.identifier { throw .unknownSchema(identifier, place: "p") }
    return text
  }

  func identifier(
    of schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier {
    questions.append("identifier \(subject)")
    if !isThere { throw .unregistered(subject, place: "p") }
    return identifier
  }

  func register(
    _ schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier {
    questions.append("register \(subject)")
    isThere = true
    return identifier
  }
}

struct CachingSchemaRegistryTests {
  private let registry = CountingRegistry()
  private let recorder = PauseRecorder()
  private let cache: CachingSchemaRegistry
  private let subject = SubjectName("s")

  init() {
    cache = CachingSchemaRegistry(
      registry, clock: recorder.clock, negativeMilliseconds: 1000)
  }

  private func schemaIsThere(_ identifier: Int32 = 1) -> Bool {
    (try? cache.schema(SchemaIdentifier(rawValue: identifier))) != nil
  }

  @Test func whatCannotChangeIsAskedOnce() throws {
    for _ in 0..<3 {
      #expect(try cache.schema(registry.identifier) == registry.text)
      #expect(try cache.identifier(of: "x", under: subject) == registry.identifier)
      #expect(try cache.register("y", under: subject) == registry.identifier)
    }
    recorder.advance(by: .max / 2)
    #expect(try cache.schema(registry.identifier) == registry.text)
    #expect(registry.questions == ["schema 1", "identifier s", "register s"])
  }

  @Test func whatIsRegisteredIsKnownUnderItsSubjectOnly() throws {
    try _ = cache.register("x", under: subject)
    try _ = cache.identifier(of: "x", under: subject)
    try _ = cache.identifier(of: "x", under: SubjectName("t"))
    try _ = cache.identifier(of: "y", under: subject)
    #expect(registry.questions == ["register s", "identifier t", "identifier s"])
  }

  @Test func whatIsNotThereIsAskedAgainAfterAWhile() {
    registry.isThere = false
    for _ in 0..<3 { #expect(!schemaIsThere()) }
    recorder.advance(by: 999)
    #expect(!schemaIsThere())
    #expect(registry.questions.count == 1)
    recorder.advance(by: 1)
    registry.isThere = true
    #expect(schemaIsThere() && schemaIsThere())
    #expect(registry.questions.count == 2)
  }

  @Test func theAbsenceOfAnIdAndOfASchemaAreApart() {
    registry.isThere = false
    for _ in 0..<2 {
      #expect(throws: Failure.unregistered(subject, place: "p")) {
        try cache.identifier(of: "x", under: subject)
      }
      #expect(throws: Failure.unregistered(subject, place: "p")) {
        try cache.identifier(of: "y", under: subject)
      }
    }
    #expect(registry.questions.count == 2)
  }

  @Test func registeringEndsAbsence() throws {
    registry.isThere = false
    #expect(!schemaIsThere())
    try _ = cache.register(registry.text, under: subject)
    #expect(schemaIsThere())
  }

  @Test func absencesAreFewHoweverManyAreAskedFor() {
    for identifier in Int32(2)..<5000 { #expect(!schemaIsThere(identifier)) }
    #expect(registry.questions.count == 4998)
    #expect(!schemaIsThere(4999))
    #expect(registry.questions.count == 4998)
  }
}
