// What can go wrong with a registry.

/// A failure of a registry. Places are URLs without user and password, or paths.
public enum RegistryError: Error, Hashable, Sendable {
  /// No answer, or none but 5xx and 429, after all attempts.
  case unreachable(place: String, reason: String, attempts: Int)
  /// The server's TLS certificate cannot be verified.
  case untrusted(place: String, reason: String)
  /// Status 401, 403 or 407.
  case refused(place: String, reason: String)
  /// The record's schema is not in this registry.
  case unknownSchema(SchemaIdentifier, place: String)
  /// A schema needs another that is not there.
  case missingReference(
    SchemaIdentifier, name: String, subject: SubjectName, version: Int32, place: String)
  /// A schema that is not Avro, or needs itself.
  case unsupportedSchema(SchemaIdentifier, place: String, what: String)
  case unknownSubject(SubjectName, place: String)
  /// The subject has other schemas, but not this one.
  case unregistered(SubjectName, place: String)
  case incompatible(SubjectName, place: String, reasons: [String])
  /// What was to be registered or looked up is no schema.
  case invalidSchema(SubjectName, place: String, reason: String)
  /// A request that the server does not allow or understand, for another reason.
  case rejected(place: String, reason: String)
  /// What answered is no registry, or is broken; `found` follows "found".
  case badAnswer(place: String, found: String)
  /// libcurl is not there or not usable.
  case libraryMissing(reason: String)
  /// A file of certificates or keys that cannot be used.
  case badCertificate(place: String, reason: String)
  case badURL(expected: String, found: String)
  case badProperty(name: String, what: String)
  case missingDirectory(path: String)
  /// A system call failed; `code` is the system's.
  case file(path: String, operation: String, code: Int32)
  /// A file of a directory registry that does not hold what it must.
  case badFile(path: String, what: String)
}

extension RegistryError {
  /// What kind of failure it is; the command decides what that means for its exit status.
  public enum Kind: Sendable {
    /// What is outside fails: a server, a disk.
    case environment
    /// A record, a schema or a file is wrong.
    case badData
    /// What the user has set, or not set.
    case configuration
  }

  public var kind: Kind {
    switch self {
    case .unreachable, .badAnswer, .libraryMissing, .file: .environment
    case .unknownSchema, .missingReference, .unsupportedSchema, .incompatible, .invalidSchema,
      .badFile:
      .badData
    case .untrusted, .refused, .unknownSubject, .unregistered, .rejected, .badCertificate, .badURL,
      .badProperty, .missingDirectory:
      .configuration
    }
  }
}

extension RegistryError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreachable(let place, let reason, let attempts):
      "\(place): the schema registry does not answer: \(reason)"
        + " (\(attempts) \(attempts == 1 ? "attempt" : "attempts")); see that it runs there"
    case .untrusted(let place, let reason):
      "\(place): cannot trust the schema registry: \(reason); name the certificate of its authority"
        + " by ssl.ca.location or KES_REGISTRY_CA"
    case .refused(let place, let reason):
      "\(place): the schema registry refuses access: \(reason); give user and password by"
        + " KES_REGISTRY_USER_INFO or basic.auth.user.info, or others"
    case .unknownSchema(let identifier, let place):
      "\(place): there is no schema with the id \(identifier); name the registry that the record was"
        + " written with"
    case .missingReference(let identifier, let name, let subject, let version, let place):
      "\(place): the schema with the id \(identifier) refers to \(name.asOneLine()), version"
        + " \(version) of the subject \(subject.text.asOneLine()), which is not there; register it, or"
        + " name the registry that the record was written with"
    case .unsupportedSchema(let identifier, let place, let what):
      "\(place): the schema with the id \(identifier) \(what); only Avro schemas are read"
    case .unknownSubject(let subject, let place):
      "\(place): there is no subject \(subject); register the schema under it (--registry-register), or"
        + " name another (--subject)"
    case .unregistered(let subject, let place):
      "\(place): the subject \(subject) does not have this schema; register it first"
        + " (--registry-register)"
    case .incompatible(let subject, let place, let reasons):
      "\(place): the schema does not fit the earlier ones under the subject \(subject):"
        + " \(reasons.isEmpty ? "no reason given" : reasons.joined(separator: "; "));"
        + " change it, or the subject's compatibility level"
    case .invalidSchema(let subject, let place, let reason):
      "\(place): not a schema that the subject \(subject) can have: \(reason); mend the schema"
    case .rejected(let place, let reason):
      "\(place): the schema registry rejects the request: \(reason); see its settings"
    case .badAnswer(let place, let found):
      "\(place): expected the answer of a schema registry, found \(found); see that the URL is that"
        + " of a registry"
    case .libraryMissing(let reason):
      "libcurl: cannot load it, and there is no other way to a schema registry: \(reason); install"
        + " it (on Debian: libcurl4)"
    case .badCertificate(let place, let reason):
      "\(place): cannot use the certificates or the key: \(reason); see ssl.ca.location,"
        + " ssl.certificate.location and ssl.key.location"
    case .badURL(let expected, let found):
      "the schema registry's URL: expected \(expected), found \(found)"
    case .badProperty(let name, let what): "registry property \(name): \(what)"
    case .missingDirectory(let path):
      "\(path): there is no such directory of schemas; create it, or name another"
    case .file(let path, let operation, let code):
      "\(path): cannot \(operation): \(systemReason(code)); see to the directory and its disk"
    case .badFile(let path, let what): "\(path): \(what); mend the file, or restore it from a copy"
    }
  }
}
