// A registry that is a directory of files.

/// The API of a registry over files, for offline work: `ID.avsc` is the schema with that id, and
/// `subjects.json` says which ids are versions of which subject (see `SubjectVersions`); a directory
/// without it can be read by id.
///
/// What is registered here keeps the order in which a crash may come: first the schema, then its
/// subject. A directory has no rule of compatibility, as a subject with the level NONE: our choice,
/// because rules belong to the registry that is copied here. Cost: reading the files of a subject,
/// or all of them for registering.
public final class DirectorySchemaRegistry: SchemaRegistry {
  private let directory: SchemaDirectory

  /// Throws `RegistryError.missingDirectory`.
  public init(path: String) throws(RegistryError) {
    directory = SchemaDirectory(path: path)
    if !directory.isThere { throw .missingDirectory(path: path) }
  }

  public func schema(_ identifier: SchemaIdentifier) throws(RegistryError) -> String {
    guard let text = try directory.read(fileName(identifier)) else {
      throw .unknownSchema(identifier, place: directory.path)
    }
    _ = try document(text, identifier)
    return text
  }

  public func latest(_ subject: SubjectName) throws(RegistryError) -> RegisteredSchema {
    let identifiers = try identifiers(under: subject)
    let latest = identifiers[identifiers.count - 1]
    return RegisteredSchema(
      identifier: latest, version: Int32(identifiers.count), schema: try schema(latest))
  }

  public func identifier(
    of schema: String, under subject: SubjectName
  ) throws(RegistryError) -> SchemaIdentifier {
    let sought = try parse(schema, subject)
    if let found = try first(of: identifiers(under: subject), equal: sought) { return found }
    throw .unregistered(subject, place: directory.path)
  }

  public func register(
    _ schema: String, under subject: SubjectName
  ) throws(RegistryError) -> SchemaIdentifier {
    let document = try parse(schema, subject)
    return try directory.locked { () throws(RegistryError) in
      var versions = try readVersions()
      if let found = try first(of: versions[subject], equal: document) { return found }
      let identifier = try keep(schema, document, besides: versions)
      versions.append(identifier, to: subject)
      try directory.replace(SubjectVersions.fileName, with: versions.text)
      return identifier
    }
  }

  public func compatibility(
    of schema: String, with subject: SubjectName
  ) throws(RegistryError) -> SchemaCompatibility {
    _ = try parse(schema, subject)
    return .compatible
  }

  public func subjects() throws(RegistryError) -> [SubjectName] {
    try readVersions().subjects.filter { !$0.identifiers.isEmpty }.map(\.name)
  }

  public func versions(of subject: SubjectName) throws(RegistryError) -> [Int32] {
    let count = try identifiers(under: subject).count
    return (1...count).map { Int32($0) }
  }

  // MARK: Files

  private func fileName(_ identifier: SchemaIdentifier) -> String { "\(identifier).avsc" }

  private func readVersions() throws(RegistryError) -> SubjectVersions {
    guard let text = try directory.read(SubjectVersions.fileName) else { return SubjectVersions() }
    guard let versions = SubjectVersions(parsing: text) else {
      throw .badFile(
        path: directory.path(of: SubjectVersions.fileName),
        what: #"expected subjects with lists of ids, as in {"events-value":[1,2]}"#)
    }
    return versions
  }

  /// At least one. Throws `RegistryError.unknownSubject` where there is none.
  private func identifiers(
    under subject: SubjectName
  ) throws(RegistryError) -> [SchemaIdentifier] {
    let identifiers = try readVersions()[subject]
    if identifiers.isEmpty { throw .unknownSubject(subject, place: directory.path) }
    return identifiers
  }

  /// The ids of all schema files, ascending.
  private func allIdentifiers() throws(RegistryError) -> [SchemaIdentifier] {
    try directory.names().compactMap { name in
      guard name.hasSuffix(".avsc"), let value = Int32(name.dropLast(5)), value > 0 else {
        return nil
      }
      let identifier = SchemaIdentifier(rawValue: value)
      return fileName(identifier) == name ? identifier : nil
    }.sorted()
  }

  /// The id of `document`: the one that it has, or a new one, whose file is written.
  private func keep(
    _ schema: String, _ document: SchemaDocument, besides versions: SubjectVersions
  ) throws(RegistryError) -> SchemaIdentifier {
    let present = try allIdentifiers()
    if let found = try first(of: present, equal: document) { return found }
    // An id that a subject names is taken, also where its file is missing.
    let taken = present + versions.subjects.flatMap(\.identifiers)
    let greatest = taken.max()?.rawValue ?? 0
    if greatest == .max {
      throw .badFile(
        path: directory.path(of: "\(greatest).avsc"), what: "leaves no greater id for a new schema")
    }
    let identifier = SchemaIdentifier(rawValue: greatest + 1)
    try directory.replace(fileName(identifier), with: schema)
    return identifier
  }

  // MARK: Documents

  private func parse(
    _ schema: String, _ subject: SubjectName
  ) throws(RegistryError) -> SchemaDocument {
    do throws(JSONError) {
      return try SchemaDocument(parsing: schema)
    } catch {
      throw .invalidSchema(
        subject, place: directory.path, reason: "not JSON: \(error.description.asOneLine())")
    }
  }

  private func document(
    _ text: String, _ identifier: SchemaIdentifier
  ) throws(RegistryError) -> SchemaDocument {
    do throws(JSONError) {
      return try SchemaDocument(parsing: text)
    } catch {
      throw .badFile(
        path: directory.path(of: fileName(identifier)),
        what: "is not JSON: \(error.description.asOneLine())")
    }
  }

  private func first(
    of identifiers: [SchemaIdentifier], equal sought: SchemaDocument
  ) throws(RegistryError) -> SchemaIdentifier? {
    for identifier in identifiers {
      let text = try schema(identifier)
      if try document(text, identifier) == sought { return identifier }
    }
    return nil
  }
}
