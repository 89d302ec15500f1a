// What can go wrong with a registry.

/// What a registry, or the way to it, does not do: which of its failures it is.
enum RegistryFault: Int32, Sendable {
  case unreachable, untrusted, refused, unknownSchema, missingReference, unsupportedSchema
  case unknownSubject, unregistered, incompatible, invalidSchema, rejected, badAnswer
  case libraryMissing, badCertificate, badURL, badProperty, missingDirectory, file, badFile

  /// Whether it says that something is not there, which may be there later.
  var isAbsence: Bool {
    switch self {
    case .unknownSchema, .missingReference, .unsupportedSchema, .unknownSubject, .unregistered: true
    default: false
    }
  }

  fileprivate var kind: Failure.Kind {
    switch self {
    case .unreachable, .badAnswer, .libraryMissing, .file: .unavailable
    case .unknownSchema, .missingReference, .unsupportedSchema, .incompatible, .invalidSchema,
      .badFile:
      .badData
    case .untrusted, .refused, .unknownSubject, .unregistered, .rejected, .badCertificate, .badURL,
      .badProperty, .missingDirectory:
      .configuration
    }
  }
}

/// Places are URLs without user and password, or paths.
extension Failure {
  private static func registry(
    _ fault: RegistryFault, _ place: String?, _ reason: String, remedy: String? = nil
  ) -> Failure {
    Failure(
      fault.kind, .registry, place: Place(place), reason, remedy: remedy,
      cause: .registry(fault.rawValue))
  }

  /// Which failure of a registry it is; nil where it is none.
  var registryFault: RegistryFault? {
    guard case .registry(let number) = cause else { return nil }
    return RegistryFault(rawValue: number)
  }

  /// A transfer that failed, for whoever knows where to say it: `.unreachable` where another attempt
  /// may help.
  static func transfer(_ fault: RegistryFault, _ reason: String) -> Failure {
    registry(fault, nil, reason)
  }

  /// No answer, or none but 5xx and 429, after all attempts.
  static func unreachable(place: String, reason: String, attempts: Int) -> Failure {
    registry(
      .unreachable, place,
      "the schema registry does not answer: \(reason)"
        + " (\(attempts) \(attempts == 1 ? "attempt" : "attempts"))",
      remedy: "see that it runs there")
  }

  /// The server's TLS certificate cannot be verified.
  static func untrusted(place: String, reason: String) -> Failure {
    registry(
      .untrusted, place, "cannot trust the schema registry: \(reason)",
      remedy: "name the certificate of its authority by ssl.ca.location or KES_REGISTRY_CA")
  }

  /// Status 401, 403 or 407.
  static func refused(place: String, reason: String) -> Failure {
    registry(
      .refused, place, "the schema registry refuses access: \(reason)",
      remedy: "give user and password by KES_REGISTRY_USER_INFO or basic.auth.user.info, or others")
  }

  /// The record's schema is not in this registry.
  static func unknownSchema(_ identifier: SchemaIdentifier, place: String) -> Failure {
    registry(
      .unknownSchema, place, "there is no schema with the id \(identifier)",
      remedy: "name the registry that the record was written with")
  }

  /// A schema needs another that is not there.
  static func missingReference(
    _ identifier: SchemaIdentifier, name: String, subject: SubjectName, version: Int32,
    place: String
  ) -> Failure {
    registry(
      .missingReference, place,
      "the schema with the id \(identifier) refers to \(name.asOneLine()), version \(version) of the"
        + " subject \(subject.text.asOneLine()), which is not there",
      remedy: "register it, or name the registry that the record was written with")
  }

  /// A schema that is not Avro, or needs itself.
  static func unsupportedSchema(
    _ identifier: SchemaIdentifier, place: String, what: String
  ) -> Failure {
    registry(
      .unsupportedSchema, place, "the schema with the id \(identifier) \(what)",
      remedy: "only Avro schemas are read")
  }

  static func unknownSubject(_ subject: SubjectName, place: String) -> Failure {
    registry(
      .unknownSubject, place, "there is no subject \(subject)",
      remedy: "register the schema under it (--registry-register), or name another (--subject)")
  }

  /// The subject has other schemas, but not this one.
  static func unregistered(_ subject: SubjectName, place: String) -> Failure {
    registry(
      .unregistered, place, "the subject \(subject) does not have this schema",
      remedy: "register it first (--registry-register)")
  }

  static func incompatible(_ subject: SubjectName, place: String, reasons: [String]) -> Failure {
    registry(
      .incompatible, place,
      "the schema does not fit the earlier ones under the subject \(subject):"
        + " \(reasons.isEmpty ? "no reason given" : reasons.joined(separator: "; "))",
      remedy: "change it, or the subject's compatibility level")
  }

  /// What was to be registered or looked up is no schema.
  static func invalidSchema(_ subject: SubjectName, place: String, reason: String) -> Failure {
    registry(
      .invalidSchema, place, "not a schema that the subject \(subject) can have: \(reason)",
      remedy: "mend the schema")
  }

  /// A request that the server does not allow or understand, for another reason.
  static func rejected(place: String, reason: String) -> Failure {
    registry(
      .rejected, place, "the schema registry rejects the request: \(reason)",
      remedy: "see its settings")
  }

  /// What answered is no registry, or is broken; `found` follows "found".
  static func badAnswer(place: String, found: String) -> Failure {
    registry(
      .badAnswer, place, "expected the answer of a schema registry, found \(found)",
      remedy: "see that the URL is that of a registry")
  }

  /// libcurl is not there or not usable.
  static func libraryMissing(reason: String) -> Failure {
    registry(
      .libraryMissing, "libcurl",
      "cannot load it, and there is no other way to a schema registry: \(reason)",
      remedy: "install it (on Debian: libcurl4)")
  }

  /// A file of certificates or keys that cannot be used.
  static func badCertificate(place: String, reason: String) -> Failure {
    registry(
      .badCertificate, place, "cannot use the certificates or the key: \(reason)",
      remedy: "see ssl.ca.location, ssl.certificate.location and ssl.key.location")
  }

  static func badURL(expected: String, found: String) -> Failure {
    registry(
      .badURL, "the schema registry's URL", "expected \(expected), found \(found)")
  }

  static func badProperty(name: String, what: String) -> Failure {
    registry(.badProperty, "registry property \(name)", what)
  }

  static func missingDirectory(path: String) -> Failure {
    registry(
      .missingDirectory, path, "there is no such directory of schemas",
      remedy: "create it, or name another")
  }

  /// A system call failed; `code` is the system's.
  static func file(path: String, operation: String, code: Int32) -> Failure {
    registry(
      .file, path, "cannot \(operation): \(systemReason(code))",
      remedy: "see to the directory and its disk")
  }

  /// A file of a directory registry that does not hold what it must.
  static func badFile(path: String, what: String) -> Failure {
    registry(.badFile, path, what, remedy: "mend the file, or restore it from a copy")
  }
}
