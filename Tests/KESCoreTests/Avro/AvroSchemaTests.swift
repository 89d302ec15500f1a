// Schemas: the rules of the spec for types, names, namespaces, unions and symbols.

import TestSupport
import Testing

@testable import KESCore

@Suite struct AvroSchemaTests {
  // MARK: What is a schema

  private static let deepNames =
    #"{"type":"record","name":"a.b.Outer","fields":[{"name":"in","type":{"type":"record","#
    + #""name":"Inner","fields":[{"name":"other","type":{"type":"enum","name":"E","#
    + #""namespace":"c","symbols":["x"]}},{"name":"self","type":["null","Inner","a.b.Outer"]}]}},"#
    + #"{"name":"again","type":["c.E","Inner"]}]}"#

  /// A schema, and its types one after the other, each with what tells it.
  @Test(
    arguments: [
      (#""null""#, ["null"]), (#""boolean""#, ["boolean"]), (#""int""#, ["int"]),
      (#""long""#, ["long"]), (#""float""#, ["float"]), (#""double""#, ["double"]),
      (#""bytes""#, ["bytes"]), (#""string""#, ["string"]),
      (#"{"type":"string"}"#, ["string"]), (#"{"type":{"type":"string"}}"#, ["string"]),
      (#"{"type":"array","items":"int"}"#, ["array of int"]),
      (#"{"type":"map","values":["null","int"]}"#, ["map of union(null, int)"]),
      (#"["null",{"type":"array","items":"int"}]"#, ["union(null, array)"]),
      (#"[]"#, ["union()"]),
      (#"{"type":["null","int"]}"#, ["union(null, int)"]),
      (#"{"type":"fixed","name":"F","size":0}"#, ["fixed F of 0"]),
      (#"{"type":"fixed","name":"F","size":2147483647}"#, ["fixed F of 2147483647"]),
      (#"{"type":"enum","name":"E","symbols":[]}"#, ["enum E()"]),
      (#"{"type":"enum","name":"E","symbols":["a","_1"]}"#, ["enum E(a, _1)"]),
      (#"{"type":"enum","name":"E","symbols":["a","b"],"default":"b"}"#, ["enum E(a, b default)"]),
      (#"{"type":"record","name":"R","fields":[]}"#, ["record R()"]),
      (#"{"type":"error","name":"R","fields":[]}"#, ["record R()"]),
      (
        #"{"type":"record","name":"R","fields":[{"name":"a","type":"int","aliases":["b","c"]}]}"#,
        ["record R(a(b, c): int)"]
      ),
      // Names.
      (#"{"type":"fixed","name":"F","namespace":"n.m","size":1}"#, ["fixed n.m.F of 1"]),
      (#"{"type":"fixed","name":"x.F","namespace":"n.m","size":1}"#, ["fixed x.F of 1"]),
      (#"{"type":"fixed","name":"F","namespace":"","size":1}"#, ["fixed F of 1"]),
      (
        #"{"type":"fixed","name":"F","namespace":"n","aliases":["G","m.H"],"size":1}"#,
        ["fixed n.F(n.G, m.H) of 1"]
      ),
      (
        deepNames,
        [
          "record a.b.Outer(in: a.b.Inner, again: union(c.E, a.b.Inner))", "enum c.E(x)",
          "record a.b.Inner(other: c.E, self: union(null, a.b.Inner, a.b.Outer))",
        ]
      ),
      // Within a namespace an empty one is none.
      (
        #"{"type":"record","name":"n.R","fields":[{"name":"a","type":{"type":"fixed","name":"F","#
          + #""namespace":"","size":1}}]}"#,
        ["record n.R(a: F)", "fixed F of 1"]
      ),
      // Attributes that are not the spec's, or not ours to know, change nothing.
      (#"{"type":"long","logicalType":"timestamp-millis"}"#, ["long"]),
      (#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#, ["bytes"]),
      (#"{"type":"int","logicalType":"no such thing","doc":5}"#, ["int"]),
      (#"{"type":"fixed","name":"F","size":12,"logicalType":"duration"}"#, ["fixed F of 12"]),
      // A name is a name wherever it is no primitive type's.
      (#"{"type":"record","name":"array","fields":[]}"#, ["record array()"]),
    ] as [(String, [String])])
  func readsTheTypes(text: String, shown: [String]) throws {
    let schema = try AvroSchema(parsing: text)
    let all = schema.types.map { AvroSchemaTests.show($0, schema) }
    for type in shown { #expect(all.contains(type), "\(all)") }
    #expect(AvroSchemaTests.show(schema.types[schema.root], schema) == shown.first)
    #expect(try AvroSchema(parsing: schema.text).text == schema.text)
  }

  private static func show(_ type: AvroType, _ schema: AvroSchema) -> String {
    func name(_ place: Int) -> String {
      if case .union = schema.types[place] { return show(schema.types[place], schema) }
      return schema.name(of: place)
    }
    func full(_ name: AvroName) -> String {
      name.full + (name.aliases.isEmpty ? "" : "(\(name.aliases.joined(separator: ", ")))")
    }
    switch type {
    case .array(let items): return "array of \(name(items))"
    case .map(let values): return "map of \(name(values))"
    case .union(let branches): return "union(\(branches.map(name).joined(separator: ", ")))"
    case .fixed(let name, let size): return "fixed \(full(name)) of \(size)"
    case .enumeration(let name, let symbols, let fallback):
      let all = symbols.enumerated().map { $0.element + ($0.offset == fallback ? " default" : "") }
      return "enum \(full(name))(\(all.joined(separator: ", ")))"
    case .record(let record, let fields):
      let all = fields.map { field in
        let aliases = field.aliases.isEmpty ? "" : "(\(field.aliases.joined(separator: ", ")))"
        return "\(field.name)\(aliases): \(name(field.type))"
      }
      return "record \(full(record))(\(all.joined(separator: ", ")))"
    default: return type.name
    }
  }

  @Test func aTypeWithoutNamespaceIsFoundFromWithinOne() throws {
    // As Java's reader finds it, and Java's writer writes it.
    let schema = try AvroSchema(
      parsing: #"{"type":"record","name":"A","fields":[{"name":"b","type":{"type":"record","#
        + #""name":"B","namespace":"n","fields":[{"name":"a","type":["null","A"]}]}}]}"#)
    #expect(schema.types.contains { AvroSchemaTests.show($0, schema) == "union(null, A)" })
  }

  @Test func aNameOfTheNamespaceComesFirst() throws {
    let schema = try AvroSchema(
      parsing: #"{"type":"record","name":"X","fields":[{"name":"b","type":{"type":"record","#
        + #""name":"n.X","fields":[{"name":"a","type":["null","X"]}]}}]}"#)
    #expect(schema.types.contains { AvroSchemaTests.show($0, schema) == "union(null, n.X)" })
  }

  // MARK: What is none

  /// A schema, the path to what is wrong in it, and what is said of that.
  @Test(
    arguments: [
      ("null", "its root", "expected a type, found null"),
      ("17", "its root", "expected a type, found a number"),
      ("true", "its root", "expected a type, found a truth value"),
      (#""strong""#, "its root", #""strong" is neither a type nor declared before"#),
      (#""record""#, "its root", #""record" is neither a type nor declared before"#),
      ("{}", "its root", #"a declaration without "type""#),
      (#"{"type":17}"#, "its root", "expected a type, found a number"),
      (#"{"type":"array"}"#, "its root", #"an array without "items""#),
      (#"{"type":"map","items":"int"}"#, "its root", #"a map without "values""#),
      (#"{"type":"array","items":"x"}"#, "items", #""x" is neither a type nor declared before"#),
      (#"{"type":"map","values":null}"#, "values", "expected a type, found null"),
      // Unions.
      (#"["int",["null"]]"#, "its root", "a union directly inside a union"),
      (#"["int",{"type":["null"]}]"#, "its root", "a union directly inside a union"),
      (#"["int","null","int"]"#, "its root", "a union with two branches int"),
      (
        #"["int",{"type":"int","logicalType":"date"}]"#, "its root", "a union with two branches int"
      ),
      (
        #"[{"type":"array","items":"int"},{"type":"array","items":"long"}]"#, "its root",
        "a union with two branches array"
      ),
      (
        #"[{"type":"map","values":"int"},{"type":"map","values":"long"}]"#, "its root",
        "a union with two branches map"
      ),
      (
        #"[{"type":"fixed","name":"F","size":1},"F"]"#, "its root", "a union with two branches F"
      ),
      // Records.
      (#"{"type":"record","fields":[]}"#, "its root", #"a named type without a "name""#),
      (#"{"type":"record","name":5,"fields":[]}"#, "its root", #"a named type without a "name""#),
      (#"{"type":"record","name":"R"}"#, "R", #"a record without a list of "fields""#),
      (#"{"type":"record","name":"R","fields":{}}"#, "R", #"a record without a list of "fields""#),
      (#"{"type":"record","name":"R","fields":[5]}"#, "R", #"a field without a "name""#),
      (
        #"{"type":"record","name":"R","fields":[{"name":"a"}]}"#, "R.a",
        #"a field without a "type""#
      ),
      (
        #"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}"#,
        "R", #"two fields are called "a""#
      ),
      (
        #"{"type":"record","name":"R","fields":[{"name":"a-b","type":"int"}]}"#, "R.a-b",
        #""a-b" is not a name: letters, digits and _, no digit first"#
      ),
      (
        #"{"type":"record","name":"R","fields":[{"name":"a","type":"int","aliases":"b"}]}"#, "R.a",
        #""aliases" is not a list"#
      ),
      (
        #"{"type":"record","name":"R","fields":[{"name":"a","type":"int","aliases":[5]}]}"#, "R.a",
        #""aliases" holds a number"#
      ),
      (
        #"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","items":"S"}}]}"#,
        "R.a.items", #""S" is neither a type nor declared before"#
      ),
      // A reference before the declaration.
      (
        #"{"type":"record","name":"R","fields":[{"name":"a","type":"F"},"#
          + #"{"name":"b","type":{"type":"fixed","name":"F","size":1}}]}"#,
        "R.a", #""F" is neither a type nor declared before"#
      ),
      // A name of another namespace.
      (
        #"{"type":"record","name":"n.R","fields":[{"name":"a","type":"m.R"}]}"#, "n.R.a",
        #""m.R" is neither a type nor declared before"#
      ),
      // Enums.
      (#"{"type":"enum","name":"E"}"#, "its root", #"an enum without "symbols""#),
      (#"{"type":"enum","name":"E","symbols":"a"}"#, "its root", #""symbols" is not a list"#),
      (#"{"type":"enum","name":"E","symbols":[null]}"#, "its root", #""symbols" holds null"#),
      (
        #"{"type":"enum","name":"E","symbols":["a","b","a"]}"#, "its root",
        "an enum that repeats a symbol"
      ),
      (
        #"{"type":"enum","name":"E","symbols":["a b"]}"#, "its root",
        #""a b" is not a name: letters, digits and _, no digit first"#
      ),
      (
        #"{"type":"enum","name":"E","symbols":["a"],"default":"b"}"#, "its root",
        "an enum whose default is none of its symbols"
      ),
      (
        #"{"type":"enum","name":"E","symbols":["a"],"default":0}"#, "its root",
        "an enum whose default is none of its symbols"
      ),
      // Fixed.
      (
        #"{"type":"fixed","name":"F"}"#, "its root",
        #"a fixed without a "size" of 0 to 2147483647"#
      ),
      (
        #"{"type":"fixed","name":"F","size":-1}"#, "its root",
        #"a fixed without a "size" of 0 to 2147483647"#
      ),
      (
        #"{"type":"fixed","name":"F","size":2147483648}"#, "its root",
        #"a fixed without a "size" of 0 to 2147483647"#
      ),
      (
        #"{"type":"fixed","name":"F","size":1.5}"#, "its root",
        #"a fixed without a "size" of 0 to 2147483647"#
      ),
      // Names that clash.
      (
        #"[{"type":"fixed","name":"F","size":1},{"type":"enum","name":"F","symbols":[]}]"#,
        "its root", "F is declared twice"
      ),
      (
        #"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"fixed","name":"R","size":1}}]}"#,
        "R.a", "R is declared twice"
      ),
      (
        #"{"type":"record","name":"int","fields":[]}"#, "its root",
        "int is the name of a primitive type"
      ),
      // "their names may not be defined in any namespace"
      (
        #"{"type":"record","name":"n.string","fields":[]}"#, "its root",
        "n.string is the name of a primitive type"
      ),
      // Names that are none.
      (
        #"{"type":"record","name":"","fields":[]}"#, "its root",
        #""" is not a name: letters, digits and _, no digit first"#
      ),
      (
        #"{"type":"record","name":"1R","fields":[]}"#, "its root",
        #""1R" is not a name: letters, digits and _, no digit first"#
      ),
      (
        #"{"type":"record","name":"Ré","fields":[]}"#, "its root",
        #""Ré" is not a name: letters, digits and _, no digit first"#
      ),
      (
        #"{"type":"record","name":"a..R","fields":[]}"#, "its root",
        #""" is not a name: letters, digits and _, no digit first"#
      ),
      (
        #"{"type":"record","name":"R","namespace":"n.2","fields":[]}"#, "its root",
        #""2" is not a name: letters, digits and _, no digit first"#
      ),
    ] as [(String, String, String)])
  func saysWhatIsWrongAndWhere(text: String, path: String, reason: String) {
    let error = #expect(throws: AvroSchemaError.self) {
      try AvroSchema(parsing: text, names: .specification)
    }
    #expect(error == .invalid(path: path, reason: reason))
    #expect(error?.description == "the schema is wrong at \(path): \(reason)")
  }

  /// Names that Java's, Go's and protobuf's writers made, in every place that has one.
  @Test(arguments: [
    "Outer$Inner", "Inner$", "$", "a-b", "a b", "größe", "温度", "1st", "😀", "\\u0000", "\\\"",
    "a/b:c",
  ])
  func whatComesWithDataMayHaveAnyName(name: String) throws {
    let places = [
      #"{"type":"record","name":"\#(name)","fields":[]}"#,
      #"{"type":"record","name":"x.\#(name).R","fields":[{"name":"next","type":["null","x.\#(name).R"]}]}"#,
      #"{"type":"record","name":"R","namespace":"\#(name)","fields":[{"name":"next","type":["null","R"]}]}"#,
      #"{"type":"record","name":"R","fields":[{"name":"\#(name)","type":"int"}]}"#,
      #"{"type":"enum","name":"E","symbols":["\#(name)"]}"#,
      #"{"type":"enum","name":"E","symbols":["\#(name)"],"default":"\#(name)"}"#,
      #"{"type":"fixed","name":"a.\#(name)","size":1}"#,
    ]
    for text in places {
      let schema = try AvroSchema(parsing: text)
      #expect(try AvroSchema(parsing: schema.text).document == schema.document)
      #expect(throws: AvroSchemaError.self) { try AvroSchema(parsing: text, names: .specification) }
    }
    // Aliases were never looked at.
    let alias = #"{"type":"fixed","name":"a.F","aliases":["\#(name)"],"size":1}"#
    _ = try AvroSchema(parsing: alias)
  }

  @Test func namesThatLookAlikeAreStillTheSame() throws {
    // An empty namespace, one that goes on with a dot, a dot at the beginning, a primitive's name.
    for text in [
      #"{"type":"record","name":"R","namespace":"","fields":[{"name":"n","type":["null","R"]}]}"#,
      #"{"type":"record","name":"a..R","fields":[{"name":"n","type":["null","a..R"]}]}"#,
      #"{"type":"record","name":".R","fields":[{"name":"n","type":["null","R",{"type":"array","items":".R"}]}]}"#,
      #"{"type":"record","name":"a.R","fields":[{"name":"","type":{"type":"fixed","name":"string","size":1}}]}"#,
      #"{"type":"record","name":"","fields":[]}"#,
    ] { _ = try AvroSchema(parsing: text) }
    #expect(throws: AvroSchemaError.self) {
      try AvroSchema(parsing: #"{"type":"record","name":"string","fields":[]}"#)
    }
  }

  @Test(arguments: [
    ("DataReceived", "DataReceived"), ("a.b.DataReceived", "DataReceived"),
    ("com.example.Outer$.DataReceived", "DataReceived"), ("Outer$DataReceived", "DataReceived"),
    ("com.example.Outer$Inner$DataReceived", "DataReceived"), ("DataReceived$", "DataReceived"),
    ("a-b.c d.DataReceived", "DataReceived"), ("$", "$"), ("", ""), ("é.ü", "ü"),
  ])
  func namesAreComparedWithoutWhatStandsAroundThem(full: String, name: String) {
    #expect(AvroName.unqualified(full) == name)
  }

  @Test(arguments: [
    "", "{", "int", #"{"type":"int","type":"int"}"#, "\"in\u{0}t\"", #""int" "int""#,
  ])
  func whatIsNotJSONIsNoSchema(text: String) throws {
    let error = #expect(throws: AvroSchemaError.self) { try AvroSchema(parsing: text) }
    guard case .notJSON = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(error?.description.hasPrefix("the schema is not JSON: line 1, column ") == true)
  }

  @Test func schemasMayBeAsDeepAsJSON() throws {
    func array(_ depth: Int) -> String {
      String(repeating: #"{"type":"array","items":"#, count: depth) + #""int""#
        + String(repeating: "}", count: depth)
    }
    #expect(try AvroSchema(parsing: array(2000)).types.count == 2001)
    #expect(throws: AvroSchemaError.self) { try AvroSchema(parsing: array(100_000)) }
  }

  @Test func ourOwnSchemasAreThoseOfTheContract() throws {
    #expect(AvroSchema.event.text.hasPrefix(#"{"type":"record","name":"Event","fields":["#))
    for schema in [AvroSchema.event, .sessionEvent, .markedSessionEvent] {
      #expect(LibAvroSchema(schema.text) != nil)
      #expect(try AvroSchema(parsing: schema.text).document == schema.document)
    }
    #expect(
      AvroSchema.sessionEvent.rootFields?.map(\.name) == [
        "device", "timestamp", "event", "session",
      ])
    #expect(
      AvroSchema.markedSessionEvent.rootFields?.map(\.name) == [
        "device", "timestamp", "event", "duplicate", "session",
      ])
  }

  // MARK: Random schemas

  @Test(arguments: TestSeeds.parts(200_000...201_999))
  func damagedSchemasAreRefusedOrReadTheSameTwice(seeds: TestSeeds) throws {
    var taken = 0
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      let text = Array(RandomAvroSchema.make(&generator).text.utf8)
      let damaged = String(decoding: AvroSchemaTests.damage(text, &generator), as: UTF8.self)
      guard let schema = try? AvroSchema(parsing: damaged) else { continue }
      taken += 1
      let again = try AvroSchema(parsing: schema.text)
      #expect(again.types.map(\.name) == schema.types.map(\.name), "seed \(seed)")
    }
    let isMixed = taken * 40 > seeds.count && taken * 20 < seeds.count * 19
    #expect(!TestSeeds.areAll || isMixed, "\(taken)")
  }

  /// Swaps or drops a token of the text.
  private static func damage(_ text: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    let words = ["\"int\"", "\"record\"", "\"R1\"", "\"f0\"", "[", "]", "{", "}", ",", "null", "1"]
    var damaged = text
    let place = Int.random(in: 0..<text.count, using: &generator)
    if generator.chance(50) {
      let end = min(text.count, place + Int.random(in: 1...8, using: &generator))
      damaged.removeSubrange(place..<end)
    } else {
      let word = words.randomElement(using: &generator) ?? ""
      damaged.insert(contentsOf: Array(word.utf8), at: place)
    }
    return damaged
  }
}
