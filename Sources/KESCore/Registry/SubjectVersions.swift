// Which schemas are versions of which subject, as a file says it.

/// The contents of `subjects.json`: an object with a member a subject, whose value is a list of the
/// ids of its versions, the first version first: `{"events-value":[1,2]}`.
struct SubjectVersions: Sendable {
  static let fileName = "subjects.json"

  private(set) var subjects: [(name: SubjectName, identifiers: [SchemaIdentifier])] = []

  init() {}

  /// Reads a file's text; nil where it does not have that form.
  init?(parsing text: String) {
    guard case .object(let members) = try? JSONValue(parsing: text) else { return nil }
    for member in members {
      var identifiers: [SchemaIdentifier] = []
      for element in member.value.elements ?? [.null] {
        guard let value = element.integer.flatMap(Int32.init(exactly:)), value > 0 else {
          return nil
        }
        identifiers.append(SchemaIdentifier(rawValue: value))
      }
      subjects.append((SubjectName(member.name), identifiers))
    }
  }

  /// The ids of the versions of `subject`, the first version first; empty where there are none.
  subscript(subject: SubjectName) -> [SchemaIdentifier] {
    subjects.first { $0.name == subject }?.identifiers ?? []
  }

  /// Makes `identifier` the latest version of `subject`.
  mutating func append(_ identifier: SchemaIdentifier, to subject: SubjectName) {
    if let index = subjects.firstIndex(where: { $0.name == subject }) {
      subjects[index].identifiers.append(identifier)
    } else {
      subjects.append((subject, [identifier]))
    }
  }

  /// The file's text: a line a subject, so that people can read and compare it.
  var text: String {
    let lines = subjects.map { subject in
      let list = JSONValue.array(subject.identifiers.map { .integer(Int64($0.rawValue)) })
      return "  \(JSONValue.string(subject.name.text)): \(list)"
    }
    return lines.isEmpty ? "{}\n" : "{\n" + lines.joined(separator: ",\n") + "\n}\n"
  }
}
