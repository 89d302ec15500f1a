// A registry behind the Confluent REST API.

/// Asks servers that speak the REST API (Confluent Schema Registry, API reference; also Karapace,
/// Apicurio's compatible API, Redpanda). Libcurl is loaded at the first request.
public final class HTTPSchemaRegistry: SchemaRegistry {
  private let client: RegistryClient
  /// Schemas that others refer to: a version never changes.
  private var referredSchemas: [SchemaReference.Target: SchemaAnswer] = [:]
  /// What schemas with references are to the server, by their texts with those put in.
  private var originals: [String: SchemaAnswer] = [:]

  init(client: RegistryClient) { self.client = client }

  /// - Parameters:
  ///   - urls: one or more, with commas between them, tried in turn; a path stays before the API's.
  ///   - properties: see `RegistrySettings.names`.
  ///   - environment: read for `KES_REGISTRY_USER_INFO` and `KES_REGISTRY_CA`.
  ///   - watch: told of waiting.
  ///
  /// Throws `.badURL` or `.badProperty`; no server is asked yet.
  public convenience init(
    urls: String, properties: [String: String] = [:], environment: [String: String] = [:],
    clock: RegistryClock = .real, watch: RegistryWatch = RegistryWatch()
  ) throws(Failure) {
    let urls = try RegistryURL.parse(list: urls)
    let settings = try RegistrySettings(properties: properties, environment: environment)
    self.init(client: RegistryClient(urls: urls, settings: settings, clock: clock, watch: watch))
  }

  public func schema(_ identifier: SchemaIdentifier) throws(Failure) -> String {
    let path = "/schemas/ids/\(identifier)"
    let answer = try client.answer("GET", path)
    if answer.errorCode == .schemaNotFound {
      throw .unknownSchema(identifier, place: client.place(path))
    }
    return try text(of: document(of: answer, path), identifier, path)
  }

  public func identifier(
    of schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier {
    let path = subjectPath(subject)
    let answer = try client.answer("POST", path, body: body(schema))
    if answer.errorCode == .schemaNotFound {
      throw .unregistered(subject, place: client.place(path))
    }
    let document = try document(of: answer, about: subject, path)
    return try identifier(in: document, path)
  }

  public func register(
    _ schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier {
    let path = "\(subjectPath(subject))/versions"
    let answer = try client.answer("POST", path, body: body(schema))
    let document = try document(of: answer, about: subject, path)
    return try identifier(in: document, path)
  }

  // MARK: Requests

  private func subjectPath(_ subject: SubjectName) -> String {
    "/subjects/" + PercentEncoding.encoded(segment: subject.text)
  }

  /// A schema as the API takes it; Avro is what it is where nothing else is said. One that was read
  /// with references has them.
  private func body(_ schema: String) -> String {
    let document =
      originals[schema]?.document ?? .object([JSONMember("schema", .string(schema))])
    return document.description
  }

  // MARK: Answers

  /// The document of an answer to a request about `subject`. Throws what its status means.
  private func document(
    of answer: HTTPAnswer, about subject: SubjectName, _ path: String
  ) throws(Failure) -> JSONValue {
    let place = client.place(path)
    switch answer.errorCode {
    case .subjectNotFound, .versionNotFound: throw .unknownSubject(subject, place: place)
    case .incompatibleSchema:
      throw .incompatible(subject, place: place, reasons: answer.message.map { [$0] } ?? [])
    case .invalidSchema:
      throw .invalidSchema(subject, place: place, reason: answer.complaint)
    case .schemaNotFound, nil: return try document(of: answer, path)
    }
  }

  /// The document of an answer. Throws what its status means.
  private func document(
    of answer: HTTPAnswer, _ path: String
  ) throws(Failure) -> JSONValue {
    switch answer.status {
    case 200..<300: break
    case 401, 403, 407: throw .refused(place: client.place(path), reason: answer.complaint)
    case 300..<400, 404: throw unexpected(answer.complaint, path)
    default: throw .rejected(place: client.place(path), reason: answer.complaint)
    }
    do throws(JSONError) {
      return try JSONValue(parsing: answer.body)
    } catch {
      throw unexpected("what is not JSON (\(error.description.asOneLine()))", path)
    }
  }

  private func unexpected(_ found: String, _ path: String) -> Failure {
    .badAnswer(place: client.place(path), found: found)
  }

  private func schema(
    in document: JSONValue, _ path: String
  ) throws(Failure) -> SchemaAnswer {
    if let schema = SchemaAnswer(document) { return schema }
    throw unexpected(
      document["schema"]?.text == nil ? "no text \"schema\"" : "references that are none", path)
  }

  /// The text of the schema in an answer, with those that it refers to put in.
  private func text(
    of document: JSONValue, _ identifier: SchemaIdentifier, _ path: String
  ) throws(Failure) -> String {
    let schema = try schema(in: document, path)
    if schema.type != "AVRO" {
      throw .unsupportedSchema(
        identifier, place: client.place(path), what: "is of the type \(schema.type.asOneLine())")
    }
    let text = try SchemaAssembly.text(of: schema, identifier, client.place(path)) {
      reference throws(Failure) in try referred(reference, by: identifier)
    }
    if !schema.references.isEmpty { originals[text] = schema }
    return text
  }

  /// The schema that a reference names. Throws `.missingReference` where it is not there.
  private func referred(
    _ reference: SchemaReference, by identifier: SchemaIdentifier
  ) throws(Failure) -> SchemaAnswer {
    if let known = referredSchemas[reference.target] { return known }
    let path = "\(subjectPath(reference.subject))/versions/\(reference.version)"
    var answer = try client.answer("GET", path)
    // One that was removed from sight still is what others were made of.
    if answer.status == 404 { answer = try client.answer("GET", path + "?deleted=true") }
    if answer.status == 404 {
      throw .missingReference(
        identifier, name: reference.name, subject: reference.subject, version: reference.version,
        place: client.place(path))
    }
    let found = try schema(in: document(of: answer, path), path)
    referredSchemas[reference.target] = found
    return found
  }

  private func identifier(
    in document: JSONValue, _ path: String
  ) throws(Failure) -> SchemaIdentifier {
    if let number = document["id"]?.integer.flatMap(Int32.init(exactly:)) {
      return SchemaIdentifier(rawValue: number)
    }
    throw unexpected("no number \"id\"", path)
  }
}

/// The error codes of the API (Confluent Schema Registry, API reference, "Errors").
enum RegistryErrorCode: Int64 {
  case subjectNotFound = 40401
  case versionNotFound = 40402
  case schemaNotFound = 40403
  case incompatibleSchema = 409
  case invalidSchema = 42201
}

extension HTTPAnswer {
  /// The API's code, where the answer is an error that has one.
  var errorCode: RegistryErrorCode? {
    // Some servers make more digits of it.
    if status == 409 { return .incompatibleSchema }
    guard status >= 400, let document = try? JSONValue(parsing: body) else { return nil }
    return document["error_code"]?.integer.flatMap(RegistryErrorCode.init(rawValue:))
  }

  /// What the server says is wrong, as part of a message.
  var message: String? {
    guard let document = try? JSONValue(parsing: body) else { return nil }
    return document["message"]?.text?.asOneLine()
  }

  /// The status, and what the server says is wrong.
  var complaint: String {
    if let redirect {
      return "status \(status), a redirect to \(redirect.asOneLine())"
    }
    return "status \(status)" + (message.map { ": " + $0 } ?? "")
  }
}
