// A registry that is a directory of files.

/// The API of a registry over files, for offline work: `ID.avsc` is the schema with that id, and
/// `subjects.json` says which ids are versions of which subject (see `SubjectVersions`); a directory
/// without it can be read by id.
///
/// A schema may name types that others declare: `ID.json` is a schema as a server answers it, whose
/// references are versions of subjects; what `ID.avsc` does not declare is looked for in `NAME.avsc`,
/// NAME being the full name, and then at the roots of all schema files.
///
/// What is registered here keeps the order in which a crash may come: first the schema, then its
/// subject. A directory has no rule of compatibility, as a subject with the level NONE: our choice,
/// because rules belong to the registry that is copied here. Cost: reading the files of a subject,
/// or all of them for registering.
public final class DirectorySchemaRegistry: SchemaRegistry {
  private let directory: SchemaDirectory

  /// Throws `.missingDirectory`.
  public init(path: String) throws(Failure) {
    directory = SchemaDirectory(path: path)
    if !directory.isThere { throw .missingDirectory(path: path) }
  }

  public func schema(_ identifier: SchemaIdentifier) throws(Failure) -> String {
    let schema = try answer(identifier)
    if schema.type != "AVRO" {
      throw .unsupportedSchema(
        identifier, place: directory.path, what: "is of the type \(schema.type.asOneLine())")
    }
    let text = try SchemaAssembly.text(of: schema, identifier, directory.path) {
      reference throws(Failure) in try referred(reference, by: identifier)
    }
    return try withTypesBeside(text, identifier)
  }

  public func identifier(
    of schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier {
    let sought = try parse(schema, subject)
    if let found = try first(of: identifiers(under: subject), equal: sought) { return found }
    throw .unregistered(subject, place: directory.path)
  }

  public func register(
    _ schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier {
    let document = try parse(schema, subject)
    return try directory.locked { () throws(Failure) in
      var versions = try readVersions()
      if let found = try first(of: versions[subject], equal: document) { return found }
      let identifier = try keep(schema, document, besides: versions)
      versions.append(identifier, to: subject)
      try directory.replace(SubjectVersions.fileName, with: versions.text)
      return identifier
    }
  }

  // MARK: Files

  private func fileName(_ identifier: SchemaIdentifier) -> String { "\(identifier).avsc" }

  /// The schema with an id, as its file has it.
  private func answer(_ identifier: SchemaIdentifier) throws(Failure) -> SchemaAnswer {
    if let text = try directory.read(fileName(identifier)),
      let schema = SchemaAnswer(.object([JSONMember("schema", .string(text))]))
    {
      return schema
    }
    let name = "\(identifier).json"
    guard let text = try directory.read(name) else {
      throw .unknownSchema(identifier, place: directory.path)
    }
    if let document = try? JSONValue(parsing: text), let schema = SchemaAnswer(document) {
      return schema
    }
    throw .badFile(
      path: directory.path(of: name),
      what: #"expected what a registry answers: {"schema":"…","references":[…]}"#)
  }

  /// The schema that a reference names. Throws `.missingReference`.
  private func referred(
    _ reference: SchemaReference, by identifier: SchemaIdentifier
  ) throws(Failure) -> SchemaAnswer {
    let versions = try readVersions()[reference.subject]
    if versions.indices.contains(Int(reference.version) - 1) {
      return try answer(versions[Int(reference.version) - 1])
    }
    throw .missingReference(
      identifier, name: reference.name, subject: reference.subject, version: reference.version,
      place: directory.path)
  }

  /// `text`, with the types put in that it names and schema files beside it declare.
  private func withTypesBeside(
    _ text: String, _ identifier: SchemaIdentifier
  ) throws(Failure) -> String {
    guard let document = try? JSONValue(parsing: text) else {
      _ = try self.document(text, identifier)
      return text
    }
    var assembly = SchemaAssembly { name throws(Failure) in
      try self.typeBeside(identifier, name)
    }
    let whole = try assembly.assemble(document)
    return assembly.hasPutIn ? whole.description : text
  }

  /// The schema that declares `name`, of a file beside that of `identifier`; nil where there is none.
  private func typeBeside(
    _ identifier: SchemaIdentifier, _ name: String
  ) throws(Failure) -> JSONValue? {
    let own = "\(name).avsc"
    var found: [(file: String, declaration: JSONValue)] = []
    let others = try directory.names().sorted().filter {
      $0.hasSuffix(".avsc") && $0 != fileName(identifier)
    }
    for file in others.contains(own) ? [own] : others {
      guard let text = try directory.read(file), let document = try? JSONValue(parsing: text),
        let declaration = SchemaAssembly.root(of: document, declaring: name),
        !found.contains(where: {
          $0.declaration.withSortedMembers == declaration.withSortedMembers
        })
      else { continue }
      found.append((file, declaration))
    }
    if found.count > 1 {
      throw .badFile(
        path: directory.path(of: fileName(identifier)),
        what:
          "names \(name), which \(found.map(\.file).joined(separator: " and ")) declare, each in"
          + " its own way; call the right one \(own), or say which it is in \(identifier).json")
    }
    return found.first?.declaration
  }

  private func readVersions() throws(Failure) -> SubjectVersions {
    guard let text = try directory.read(SubjectVersions.fileName) else { return SubjectVersions() }
    guard let versions = SubjectVersions(parsing: text) else {
      throw .badFile(
        path: directory.path(of: SubjectVersions.fileName),
        what: #"expected subjects with lists of ids, as in {"events-value":[1,2]}"#)
    }
    return versions
  }

  /// At least one. Throws `.unknownSubject` where there is none.
  private func identifiers(
    under subject: SubjectName
  ) throws(Failure) -> [SchemaIdentifier] {
    let identifiers = try readVersions()[subject]
    if identifiers.isEmpty { throw .unknownSubject(subject, place: directory.path) }
    return identifiers
  }

  /// The ids of all schema files, ascending.
  private func allIdentifiers() throws(Failure) -> [SchemaIdentifier] {
    try directory.names().compactMap { name in
      let stem = name.prefix { $0 != "." }
      guard let value = Int32(stem), value > 0 else { return nil }
      let identifier = SchemaIdentifier(rawValue: value)
      return [fileName(identifier), "\(identifier).json"].contains(name) ? identifier : nil
    }.sorted()
  }

  /// The id of `document`: the one that it has, or a new one, whose file is written.
  private func keep(
    _ schema: String, _ document: SchemaDocument, besides versions: SubjectVersions
  ) throws(Failure) -> SchemaIdentifier {
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
  ) throws(Failure) -> SchemaDocument {
    do throws(JSONError) {
      return try SchemaDocument(parsing: schema)
    } catch {
      throw .invalidSchema(
        subject, place: directory.path, reason: "not JSON: \(error.description.asOneLine())")
    }
  }

  private func document(
    _ text: String, _ identifier: SchemaIdentifier
  ) throws(Failure) -> SchemaDocument {
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
  ) throws(Failure) -> SchemaIdentifier? {
    for identifier in identifiers {
      let text = try schema(identifier)
      if try document(text, identifier) == sought { return identifier }
    }
    return nil
  }
}
