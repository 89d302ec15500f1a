// A schema and those that declare types which it names, as one.

/// Puts the types that other schemas declare where a schema first names them, so that it stands by
/// itself: names, namespaces and the order of declarations as of the Avro specification (1.11, "Names").
///
/// A declaration that moves tells its namespace, so that nothing in it means something else. Each type
/// is put in once: the cost is that of walking all documents once.
struct SchemaAssembly {
  /// A type that another schema declares.
  private struct Declaration {
    let value: JSONValue
    let full: String
  }

  private var known: [String: Declaration] = [:]
  private var declared: Set<String> = []
  /// Whether anything was put in.
  private(set) var hasPutIn = false
  /// Gives a document that declares the type with a full name.
  private let find: (String) throws(Failure) -> JSONValue?

  /// What names no type that somebody declares.
  private static let words: Set<String> = [
    "null", "boolean", "int", "long", "float", "double", "bytes", "string", "array", "map",
  ]

  /// - Parameter find: asked for types that no document declares that was learned; nil for none.
  init(
    find: @escaping (String) throws(Failure) -> JSONValue? = {
      (_: String) throws(Failure) -> JSONValue? in nil
    }
  ) {
    self.find = find
  }

  // MARK: Other schemas

  /// Learns the types that `document` declares.
  mutating func learn(_ document: JSONValue) { learn(document, "") }

  private mutating func learn(_ value: JSONValue, _ namespace: String) {
    switch value {
    case .array(let branches): for branch in branches { learn(branch, namespace) }
    case .object:
      guard let full = SchemaAssembly.declaredName(value, namespace) else {
        for name in ["type", "items", "values"] {
          if let inside = value[name] { learn(inside, namespace) }
        }
        return
      }
      if known[full] == nil { known[full] = Declaration(value: value, full: full) }
      for field in value["fields"]?.elements ?? [] {
        if let type = field["type"] { learn(type, SchemaAssembly.namespace(of: full)) }
      }
    default: break
    }
  }

  /// The type that `document` is, or has as a branch of the union that it is, where that has the full
  /// name `name`.
  static func root(of document: JSONValue, declaring name: String) -> JSONValue? {
    (document.elements ?? [document]).first { declaredName($0, "") == name }
  }

  // MARK: The schema

  /// `document` with what it names put in. A name that nobody declares stays. Throws what `find` does.
  mutating func assemble(_ document: JSONValue) throws(Failure) -> JSONValue {
    try type(document, "", isMoved: false)
  }

  private mutating func type(
    _ value: JSONValue, _ namespace: String, isMoved: Bool
  ) throws(Failure) -> JSONValue {
    switch value {
    case .string(let name): return try reference(name, namespace) ?? value
    case .array(let branches):
      var types: [JSONValue] = []
      for branch in branches { types.append(try type(branch, namespace, isMoved: isMoved)) }
      return .array(types)
    case .object(let members):
      if let full = SchemaAssembly.declaredName(value, namespace) {
        return try declaration(value, members, full, isMoved: isMoved)
      }
      return .object(
        try SchemaAssembly.replaced(members, ["type", "items", "values"]) {
          inside throws(Failure) in
          try type(inside, namespace, isMoved: isMoved)
        })
    default: return value
    }
  }

  private mutating func declaration(
    _ value: JSONValue, _ members: [JSONMember], _ full: String, isMoved: Bool
  ) throws(Failure) -> JSONValue {
    // Two schemas may both have brought it.
    if !declared.insert(full).inserted { return isMoved ? .string(full) : value }
    let inner = SchemaAssembly.namespace(of: full)
    return .object(
      try SchemaAssembly.replaced(members, ["fields"]) { fields throws(Failure) in
        guard let elements = fields.elements else { return fields }
        var widened: [JSONValue] = []
        for field in elements {
          guard case .object(let parts) = field else {
            widened.append(field)
            continue
          }
          widened.append(
            .object(
              try SchemaAssembly.replaced(parts, ["type"]) { inside throws(Failure) in
                try type(inside, inner, isMoved: isMoved)
              }))
        }
        return .array(widened)
      })
  }

  private static func replaced(
    _ members: [JSONMember], _ names: [String],
    _ body: (JSONValue) throws(Failure) -> JSONValue
  ) throws(Failure) -> [JSONMember] {
    var kept: [JSONMember] = []
    for member in members {
      kept.append(
        names.contains(member.name)
          ? JSONMember(member.name, try body(member.value)) : member)
    }
    return kept
  }

  /// What replaces a name; nil for the name itself.
  private mutating func reference(
    _ name: String, _ namespace: String
  ) throws(Failure) -> JSONValue? {
    if SchemaAssembly.words.contains(name) { return nil }
    let full = SchemaAssembly.qualified(name, namespace)
    // As the parser does it, for what Java's writer leaves out.
    for candidate in full == name ? [full] : [full, name] {
      if declared.contains(candidate) { return nil }
      if known[candidate] == nil, let found = try find(candidate) { learn(found) }
      if let declaration = known[candidate] { return try putIn(declaration) }
    }
    return nil
  }

  private mutating func putIn(_ declaration: Declaration) throws(Failure) -> JSONValue {
    hasPutIn = true
    guard case .object(let members) = declaration.value else { return declaration.value }
    let namespace = SchemaAssembly.namespace(of: declaration.full)
    let rest = members.filter { !["type", "name", "namespace"].contains($0.name) }
    let moved =
      members.filter { $0.name == "type" } + [
        JSONMember("name", .string(AvroName.unqualified(declaration.full))),
        JSONMember("namespace", .string(namespace)),
      ] + rest
    return try type(.object(moved), namespace, isMoved: true)
  }

  // MARK: Names

  /// The full name of the type that `value` declares; nil where it declares none.
  private static func declaredName(_ value: JSONValue, _ namespace: String) -> String? {
    switch value["type"]?.text {
    case "record", "error", "enum", "fixed":
      guard let name = value["name"]?.text else { return nil }
      return qualified(name, value["namespace"]?.text ?? namespace)
    default: return nil
    }
  }

  private static func qualified(_ name: String, _ namespace: String) -> String {
    name.contains(".") || namespace.isEmpty ? name : "\(namespace).\(name)"
  }

  private static func namespace(of full: String) -> String {
    full.lastIndex(of: ".").map { String(full[..<$0]) } ?? ""
  }
}

extension SchemaAssembly {
  /// How many schemas one may need. Our choice: more are a mistake.
  private static let greatestCount = 1000

  /// The text of `schema` with those that it refers to put in.
  ///
  /// - Parameters:
  ///   - place: where the schema is, for messages.
  ///   - fetch: gives the schema that a reference names.
  /// Throws `.unsupportedSchema` where one refers to itself, and what `fetch` does.
  static func text(
    of schema: SchemaAnswer, _ identifier: SchemaIdentifier, _ place: String,
    _ fetch: (SchemaReference) throws(Failure) -> SchemaAnswer
  ) throws(Failure) -> String {
    if schema.references.isEmpty { return schema.text }
    // What is no JSON the format says better.
    guard let document = try? JSONValue(parsing: schema.text) else { return schema.text }
    var assembly = SchemaAssembly()
    var fetched: Set<SchemaReference.Target> = []
    func learn(_ references: [SchemaReference], _ way: [SchemaReference]) throws(Failure) {
      for reference in references {
        if way.contains(where: { $0.target == reference.target }) {
          throw .unsupportedSchema(
            identifier, place: place,
            what: "refers to version \(reference.version) of the subject"
              + " \(reference.subject.text.asOneLine()), which refers to itself")
        }
        if !fetched.insert(reference.target).inserted { continue }
        if fetched.count > greatestCount {
          throw .unsupportedSchema(
            identifier, place: place, what: "refers to more than \(greatestCount) schemas")
        }
        let found = try fetch(reference)
        if let document = try? JSONValue(parsing: found.text) { assembly.learn(document) }
        try learn(found.references, way + [reference])
      }
    }
    try learn(schema.references, [])
    return try assembly.assemble(document).description
  }
}

/// Another schema that one needs: a version of a subject, which declares the type `name` (Confluent
/// Schema Registry, API reference, "Schemas", `references`).
struct SchemaReference: Hashable, Sendable {
  let name: String
  let subject: SubjectName
  let version: Int32

  /// The same for all who name the type otherwise.
  var target: Target { Target(subject: subject, version: version) }

  struct Target: Hashable, Sendable {
    let subject: SubjectName
    let version: Int32
  }
}

/// What an answer of `/schemas/ids/ID`, and of a subject's version, says of the schema.
struct SchemaAnswer: Sendable {
  /// `AVRO` where nothing else is said.
  let type: String
  let text: String
  let references: [SchemaReference]

  /// Nil where the answer has no schema, or references that are none.
  init?(_ document: JSONValue) {
    guard let text = document["schema"]?.text else { return nil }
    var references: [SchemaReference] = []
    for element in document["references"]?.elements ?? [] {
      guard let name = element["name"]?.text, let subject = element["subject"]?.text,
        let version = element["version"]?.integer.flatMap(Int32.init(exactly:))
      else { return nil }
      references.append(
        SchemaReference(name: name, subject: SubjectName(subject), version: version))
    }
    self.text = text
    self.references = references
    type = document["schemaType"]?.text ?? "AVRO"
  }

  /// What a request tells of it.
  var document: JSONValue {
    let members = references.map { reference in
      JSONValue.object([
        JSONMember("name", .string(reference.name)),
        JSONMember("subject", .string(reference.subject.text)),
        JSONMember("version", .integer(Int64(reference.version))),
      ])
    }
    return .object(
      [JSONMember("schema", .string(text))]
        + (members.isEmpty ? [] : [JSONMember("references", .array(members))]))
  }
}
