// Schemas that name types of others, put together.

import Testing

@testable import KESCore

@Suite struct SchemaAssemblyTests {
  /// What is put together, and what comes of it.
  static let cases: [(schema: String, others: [String], whole: String)] = [
    // Nothing to put in.
    (
      #"["null","int",{"type":"array","items":"string"}]"#, [],
      #"["null","int",{"type":"array","items":"string"}]"#
    ),
    // The first mention gets the declaration, with its namespace; the second stays a name.
    (
      #"["b.A",{"type":"map","values":"b.A"}]"#,
      [#"{"type":"fixed","name":"A","namespace":"b","size":2}"#],
      #"[{"type":"fixed","name":"A","namespace":"b","size":2},{"type":"map","values":"b.A"}]"#
    ),
    // Without a namespace it must not get that of where it is put.
    (
      #"{"type":"record","name":"n.R","fields":[{"name":"x","type":"A","doc":"d"}]}"#,
      [#"{"type":"enum","name":"A","symbols":["S"]}"#],
      #"{"type":"record","name":"n.R","fields":[{"name":"x","type":{"type":"enum","name":"A","namespace":"","symbols":["S"]},"doc":"d"}]}"#
    ),
    // Names are those of the namespace that they stand in; full names in "name" count.
    (
      #"{"type":"record","name":"R","namespace":"n","fields":[{"name":"x","type":["null","A"]}]}"#,
      [
        #"{"type":"enum","name":"n.A","symbols":["S"]}"#,
        #"{"type":"enum","name":"A","symbols":["T"]}"#,
      ],
      #"{"type":"record","name":"R","namespace":"n","fields":[{"name":"x","type":["null",{"type":"enum","name":"A","namespace":"n","symbols":["S"]}]}]}"#
    ),
    // A type that stands inside another declaration is had alone, and not declared twice.
    (
      #"["n.In","n.Out"]"#,
      [
        #"{"type":"record","name":"Out","namespace":"n","fields":[{"name":"i","type":{"type":"fixed","name":"In","size":1}}]}"#
      ],
      #"[{"type":"fixed","name":"In","namespace":"n","size":1},{"type":"record","name":"Out","namespace":"n","fields":[{"name":"i","type":"n.In"}]}]"#
    ),
    // One that names itself, and one that nobody knows.
    (
      #"{"type":"array","items":"n.Tree"}"#,
      [
        #"{"type":"record","name":"Tree","namespace":"n","fields":[{"name":"t","type":["null","Tree"]},{"name":"u","type":"Unknown"}]}"#
      ],
      #"{"type":"array","items":{"type":"record","name":"Tree","namespace":"n","fields":[{"name":"t","type":["null","Tree"]},{"name":"u","type":"Unknown"}]}}"#
    ),
  ]

  @Test(arguments: cases.indices)
  func typesArePutWhereTheyAreFirstNamed(index: Int) throws {
    let (schema, others, whole) = Self.cases[index]
    var assembly = SchemaAssembly()
    for other in others { assembly.learn(try JSONValue(parsing: other)) }
    let found = try assembly.assemble(try JSONValue(parsing: schema))
    #expect(found.description == whole)
    #expect(assembly.hasPutIn == !others.isEmpty)
  }

  @Test func aUnionOfEventsThatAreSchemasOfTheirOwnIsThatOfEvents() throws {
    var assembly = SchemaAssembly()
    var branches: [JSONValue] = []
    guard case .object(let members) = AvroSchema.event.document else { return }
    let schema = JSONValue.object(
      [JSONMember("namespace", .string("com.acme"))]
        + members.map { member in
          guard let fields = member.value.elements else { return member }
          return JSONMember(
            member.name,
            .array(
              fields.map { field in
                guard case .object(let parts) = field, let union = field["type"]?.elements else {
                  return field
                }
                branches = union
                return .object(
                  parts.map {
                    $0.name == "type"
                      ? JSONMember(
                        "type", .array(union.compactMap(\.["name"]?.text).map { .string($0) })) : $0
                  })
              }))
        })
    for case .object(let branch) in branches {
      assembly.learn(.object(branch + [JSONMember("namespace", .string("com.acme"))]))
    }
    let whole = try AvroSchema(try assembly.assemble(schema))
    let plan = try AvroEventPlan(whole, purpose: .reading)
    #expect(plan.steps.count > 0)
    #expect(whole.withSession(marksDuplicates: true)?.holdsClosings(marksDuplicates: true) == true)
  }
}
