// A schema as the API tells of it.

/// Another schema that one needs: a version of a subject, which declares the type `name` (Confluent
/// Schema Registry, API reference, "Schemas", `references`).
struct SchemaReference: Hashable, Sendable {
  let name: String
  let subject: SubjectName
  let version: Int32

  /// The same for all who name the type otherwise.
  var place: Place { Place(subject: subject, version: version) }

  struct Place: Hashable, Sendable {
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
