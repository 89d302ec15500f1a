// A registry in memory that notes the questions, and fails on demand.

@testable import KESCore

final class StubSchemaRegistry: SchemaRegistry {
  /// By their ids.
  var schemas: [Int32: String]
  /// What is said of an id, or of a subject, instead of an answer.
  var failures: [String: Failure] = [:]
  private(set) var questions: [String] = []

  init(_ schemas: [Int32: String]) { self.schemas = schemas }

  /// A server that does not answer.
  static let unreachable = Failure.unreachable(
    place: "http://registry", reason: "status 500", attempts: 4)

  private func ask(_ question: String) throws(Failure) {
    questions.append(question)
    if let failure = failures[question] { throw failure }
  }

  func schema(_ identifier: SchemaIdentifier) throws(Failure) -> String {
    try ask("schema \(identifier)")
    guard let text = schemas[identifier.rawValue] else {
      throw .unknownSchema(identifier, place: "http://registry")
    }
    return text
  }

  func identifier(
    of schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier {
    try ask("identifier \(subject)")
    guard let found = schemas.first(where: { $0.value == schema }) else {
      throw .unregistered(subject, place: "http://registry")
    }
    return SchemaIdentifier(rawValue: found.key)
  }

  func register(
    _ schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier {
    try ask("register \(subject)")
    let known = schemas.first { $0.value == schema }?.key
    let identifier = known ?? (schemas.keys.max() ?? 0) + 1
    schemas[identifier] = schema
    return SchemaIdentifier(rawValue: identifier)
  }
}
