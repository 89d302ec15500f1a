// What a schema registry knows and answers, in memory.

import Foundation

/// The state of a registry, and the documented REST API over it (Confluent Schema Registry, API
/// reference): schemas, subjects, versions, deletion.
public struct RegistryModel: Sendable {
  /// Why a schema may not follow another; empty where it may.
  public typealias Rule = @Sendable (_ schema: String, _ earlier: String) -> [String]

  /// Asked at registering, with the latest version.
  public var rule: Rule = RegistryModel.backward
  /// Added to the answers of `/schemas/ids`, such as `schemaType`.
  public var extraMembers: [Int: [String: String]] = [:]

  /// Whether nobody may register what is not there: a user with read access alone.
  public var refusesRegistering = false

  /// A schema, and those that it refers to, as they came.
  private struct Schema: @unchecked Sendable {
    let text: String
    let references: NSArray

    func isSame(as other: Schema) -> Bool {
      references == other.references
        && RegistryModel.document(text) as? NSObject
          == RegistryModel.document(other.text) as? NSObject
    }

    var members: [String: Any] {
      references.count == 0 ? ["schema": text] : ["schema": text, "references": references]
    }
  }

  private var schemas: [Schema] = []
  /// The ids of each subject's versions.
  private var subjects: [String: [Int]] = [:]

  public init() {}

  /// A small part of the level BACKWARD: a new field of a record needs a default.
  public static let backward: Rule = { schema, earlier in
    let known = Set(fields(of: earlier).map(\.name))
    return fields(of: schema).filter { !known.contains($0.name) && !$0.hasDefault }.map {
      "READER_FIELD_MISSING_DEFAULT_VALUE: \($0.name)"
    }
  }

  private static func fields(of schema: String) -> [(name: String, hasDefault: Bool)] {
    let record = RegistryModel.document(schema) as? [String: Any]
    let fields = record?["fields"] as? [[String: Any]] ?? []
    return fields.map { ($0["name"] as? String ?? "", $0["default"] != nil) }
  }

  private static func document(_ text: String) -> Any? {
    try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
  }

  // MARK: The API

  /// Answers a request.
  public mutating func respond(to request: ReceivedRequest) -> SentResponse {
    let parts = request.target.split(separator: "?", maxSplits: 1)
    let path = parts[0].split(separator: "/").map { $0.removingPercentEncoding ?? "" }
    if request.method == "POST" && !RegistryModel.isKnownType(request.headers["content-type"]) {
      return RegistryModel.fault(415, 415, "HTTP 415 Unsupported Media Type")
    }
    switch (request.method, path.count, path.first) {
    case ("GET", 1, "subjects"): return RegistryModel.answer(subjects.keys.sorted())
    case ("GET", 3, "schemas") where path[1] == "ids": return schema(path[2])
    case ("GET", 4, "subjects") where path[2] == "versions": return version(path[1], path[3])
    case ("POST", 2, "subjects"): return lookUp(path[1], request.body)
    case ("POST", 3, "subjects") where path[2] == "versions":
      return register(path[1], request.body)
    case ("DELETE", 2, "subjects"): return delete(path[1])
    default: return RegistryModel.fault(404, 404, "HTTP 404 Not Found")
    }
  }

  private static func isKnownType(_ type: String?) -> Bool {
    let known = [
      "application/vnd.schemaregistry.v1+json", "application/vnd.schemaregistry+json",
      "application/json",
    ]
    return known.contains(type ?? "")
  }

  private func schema(_ text: String) -> SentResponse {
    guard let identifier = Int(text), schemas.indices.contains(identifier - 1) else {
      return RegistryModel.fault(404, 40403, "Schema \(text) not found")
    }
    return RegistryModel.answer(
      schemas[identifier - 1].members.merging(
        extraMembers[identifier] ?? [:], uniquingKeysWith: { $1 }))
  }

  private func version(_ subject: String, _ text: String) -> SentResponse {
    guard let identifiers = subjects[subject] else { return RegistryModel.noSubject(subject) }
    let version = text == "latest" ? identifiers.count : Int(text) ?? 0
    guard (1...identifiers.count).contains(version) else {
      return RegistryModel.fault(404, 40402, "Version \(text) not found.")
    }
    return described(subject, identifiers[version - 1], version)
  }

  private func described(_ subject: String, _ identifier: Int, _ version: Int) -> SentResponse {
    RegistryModel.answer(
      schemas[identifier - 1].members.merging(
        ["subject": subject, "id": identifier, "version": version], uniquingKeysWith: { $1 }))
  }

  private func lookUp(_ subject: String, _ body: Data) -> SentResponse {
    guard let identifiers = subjects[subject] else { return RegistryModel.noSubject(subject) }
    guard let schema = RegistryModel.schema(in: body) else { return RegistryModel.invalid }
    guard let identifier = self.identifier(of: schema),
      let index = identifiers.firstIndex(of: identifier)
    else { return RegistryModel.fault(404, 40403, "Schema not found") }
    return described(subject, identifier, index + 1)
  }

  private mutating func register(_ subject: String, _ body: Data) -> SentResponse {
    guard let schema = RegistryModel.schema(in: body) else { return RegistryModel.invalid }
    var identifiers = subjects[subject] ?? []
    if refusesRegistering { return RegistryModel.fault(403, 40301, "Forbidden") }
    let present = identifier(of: schema)
    if let present, identifiers.contains(present) { return RegistryModel.answer(["id": present]) }
    let reasons = identifiers.last.map { rule(schema.text, schemas[$0 - 1].text) } ?? []
    if !reasons.isEmpty {
      return RegistryModel.fault(
        409, 409,
        "Schema being registered is incompatible with an earlier schema, details: \(reasons)")
    }
    if present == nil { schemas.append(schema) }
    identifiers.append(present ?? schemas.count)
    subjects[subject] = identifiers
    return RegistryModel.answer(["id": present ?? schemas.count])
  }

  private mutating func delete(_ subject: String) -> SentResponse {
    guard let identifiers = subjects.removeValue(forKey: subject) else {
      return RegistryModel.noSubject(subject)
    }
    return RegistryModel.answer(Array(1...identifiers.count))
  }

  // MARK: Schemas

  /// The schema in a body; nil where it cannot be one.
  private static func schema(in body: Data) -> Schema? {
    let request = try? JSONSerialization.jsonObject(with: body) as? [String: Any]
    guard let schema = request?["schema"] as? String else { return nil }
    switch document(schema) {
    case is String, is [String: Any], is [Any]:
      return Schema(text: schema, references: request?["references"] as? NSArray ?? [])
    default: return nil
    }
  }

  private func identifier(of schema: Schema) -> Int? {
    let index = schemas.firstIndex { $0.isSame(as: schema) }
    return index.map { $0 + 1 }
  }

  // MARK: Answers

  static func answer(_ document: Any) -> SentResponse {
    let data = try? JSONSerialization.data(withJSONObject: document, options: .sortedKeys)
    return SentResponse(200, body: String(decoding: data ?? Data(), as: UTF8.self))
  }

  static func fault(_ status: Int, _ code: Int, _ message: String) -> SentResponse {
    var response = answer(["error_code": code, "message": message])
    response.status = status
    return response
  }

  private static func noSubject(_ subject: String) -> SentResponse {
    fault(404, 40401, "Subject '\(subject)' not found.")
  }

  private static let invalid = fault(
    422, 42201, "Either the input schema or one its references is invalid")
}
