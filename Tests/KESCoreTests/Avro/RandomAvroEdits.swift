// Random changes of a schema: of one schema two, the writer's and the reader's.

import TestSupport

@testable import KESCore

/// What may be changed between the writer's schema and the reader's.
enum AvroEdit: CaseIterable {
  case reorderFields, dropField, addField, addFieldWithoutDefault, renameField, renameType
  case promote, promoteText, wrapInUnion, unwrap, widenUnion, reorderUnion
  case changeSymbols, addSymbolDefault, changeSize, replace

  /// Those after which libavro's resolver can be asked: it knows no defaults, no aliases and no
  /// bytes as text, keeps the numbers of symbols, and frees memory twice where anything inside does
  /// not resolve.
  static let libavro: [AvroEdit] = [
    .reorderFields, .dropField, .promote, .wrapInUnion, .unwrap, .widenUnion,
  ]
}

/// Derives schemas.
struct RandomAvroEdits {
  private(set) var generator: SeededGenerator
  private let edits: Set<AvroEdit>
  /// How many of a hundred places get each edit.
  private let percent: Int
  /// Declarations as they were, by their names, and the names that they have now.
  private var declarations: [String: TestAvroSchema] = [:]
  private var renamed: [String: TestAvroName] = [:]
  private var number = 1000

  private init(_ generator: SeededGenerator, _ edits: Set<AvroEdit>, percent: Int) {
    self.generator = generator
    self.edits = edits
    self.percent = percent
  }

  static func derive(
    _ schema: TestAvroSchema, _ generator: inout SeededGenerator, edits: [AvroEdit],
    percent: Int = 12
  ) -> TestAvroSchema {
    var deriver = RandomAvroEdits(generator, Set(edits), percent: percent)
    deriver.note(schema)
    let edited = deriver.edit(schema)
    var declared: Set<String> = []
    let derived = deriver.repair(edited, &declared)
    generator = deriver.generator
    return derived
  }

  private mutating func happens(_ edit: AvroEdit) -> Bool {
    edits.contains(edit) && generator.chance(percent)
  }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

  private mutating func note(_ schema: TestAvroSchema) {
    switch schema {
    case .array(let items): note(items)
    case .map(let values): note(values)
    case .union(let branches): for branch in branches { note(branch) }
    case .record(let name, let fields):
      declarations[name.full] = schema
      for field in fields { note(field.type) }
    case .enumeration(let name, _, _), .fixed(let name, _): declarations[name.full] = schema
    default: break
    }
  }

  // MARK: Types

  private mutating func edit(_ schema: TestAvroSchema) -> TestAvroSchema {
    let inside = editInside(schema)
    if happens(.replace) { return fresh(depth: 1) }
    if case .union(let branches) = inside {
      return happens(.unwrap) ? branches[below(branches.count)] : inside
    }
    return happens(.wrapInUnion) ? wrap(inside) : inside
  }

  private mutating func fresh(depth: Int) -> TestAvroSchema {
    number += 100
    var maker = RandomAvroSchema(generator, firstNumber: number)
    let schema = maker.type(depth: depth)
    generator = maker.generator
    return schema
  }

  private mutating func wrap(_ schema: TestAvroSchema) -> TestAvroSchema {
    var branches = [schema]
    for name in ["null", "boolean", "double"] where name != schema.branchName {
      if generator.chance(40) { branches.insert(.primitive(name), at: below(branches.count + 1)) }
    }
    return .union(branches)
  }

  private mutating func editInside(_ schema: TestAvroSchema) -> TestAvroSchema {
    switch schema {
    case .primitive(let name): return .primitive(promoted(name))
    case .reference: return schema
    case .array(let items): return .array(edit(items))
    case .map(let values): return .map(edit(values))
    case .union(let branches): return .union(edit(branches))
    case .record(let name, let fields): return .record(edit(name), edit(fields))
    case .enumeration(let name, let symbols, let fallback):
      return edit(edit(name), symbols, fallback)
    case .fixed(let name, let size):
      return .fixed(edit(name), size: happens(.changeSize) ? size + 1 : size)
    }
  }

  private mutating func promoted(_ name: String) -> String {
    let numbers = ["int", "long", "float", "double"]
    if let place = numbers.firstIndex(of: name), happens(.promote) {
      return numbers[place + below(numbers.count - place)]
    }
    if name == "string", happens(.promoteText) { return "bytes" }
    if name == "bytes", happens(.promoteText) { return "string" }
    return name
  }

  /// Keeps branches apart, and unions out of unions.
  private mutating func edit(_ branches: [TestAvroSchema]) -> [TestAvroSchema] {
    var edited: [TestAvroSchema] = []
    for branch in branches {
      let changed = editInside(branch)
      let isNew = !edited.contains { $0.branchName == changed.branchName }
      let new = isNew ? changed : branch
      if !edited.contains(where: { $0.branchName == new.branchName }) { edited.append(new) }
    }
    if happens(.widenUnion), !edited.contains(.primitive("boolean")) {
      edited.insert(.primitive("boolean"), at: below(edited.count + 1))
    }
    if happens(.reorderUnion) { edited.shuffle(using: &generator) }
    return edited
  }

  private mutating func edit(_ name: TestAvroName) -> TestAvroName {
    guard happens(.renameType) else { return name }
    var other = name
    other.name += "x"
    // Mostly so that the old name is still known.
    if generator.chance(80) { other.aliases = [name.full] }
    renamed[name.full] = other
    return other
  }

  private mutating func edit(
    _ name: TestAvroName, _ symbols: [String], _ fallback: String?
  ) -> TestAvroSchema {
    var symbols = symbols
    if happens(.changeSymbols) {
      symbols.shuffle(using: &generator)
      if symbols.count > 1 && generator.chance(50) { symbols.removeLast() }
      symbols.insert("new", at: below(symbols.count + 1))
    }
    let isDefaulted = happens(.addSymbolDefault)
    return .enumeration(
      name, symbols: symbols, fallback: isDefaulted ? symbols.randomElement(using: &generator) : nil
    )
  }

  // MARK: Fields

  private mutating func edit(_ fields: [TestAvroField]) -> [TestAvroField] {
    var edited: [TestAvroField] = []
    for field in fields where !happens(.dropField) {
      var field = field
      field.type = edit(field.type)
      if happens(.renameField) {
        field.aliases = generator.chance(80) ? [field.name] : []
        field.name += "x"
      }
      edited.append(field)
    }
    if happens(.addField) { edited.insert(addedField(), at: below(edited.count + 1)) }
    if happens(.addFieldWithoutDefault) {
      edited.append(TestAvroField(name: "added", type: .primitive("int")))
    }
    if happens(.reorderFields) { edited.shuffle(using: &generator) }
    return edited
  }

  private mutating func addedField() -> TestAvroField {
    number += 1
    let type = fresh(depth: 2)
    // Now and then one that does not fit.
    let fallback = generator.chance(95) ? fallback(type, depth: 0) : .array([.null])
    return TestAvroField(name: "added\(number)", type: type, fallback: fallback ?? .null)
  }

  /// A default of a type; nil where it would not end.
  private mutating func fallback(_ type: TestAvroSchema, depth: Int) -> JSONValue? {
    if depth > 5 { return nil }
    switch type {
    case .primitive("null"): return .null
    case .primitive("boolean"): return .boolean(generator.chance(50))
    case .primitive("int"): return .integer(Int64(below(300) - 150))
    case .primitive("long"): return .integer(Int64(bitPattern: generator.next()))
    case .primitive("string"): return .string("é\u{10FFFF}\"")
    case .primitive("bytes"): return .string("a\u{7F}\u{80}\u{FF}")
    case .primitive: return generator.chance(50) ? .real(0.1) : .integer(-7)
    case .reference: return nil
    case .fixed(_, let size): return .string(String(repeating: "\u{FE}", count: size))
    case .enumeration(_, let symbols, _): return .string(symbols[below(symbols.count)])
    case .union(let branches): return fallback(branches[0], depth: depth + 1)
    case .array(let items): return fallback(items, depth: depth + 1).map { .array([$0, $0]) }
    case .map(let values):
      return fallback(values, depth: depth + 1).map { .object([JSONMember("key\"", $0)]) }
    case .record(_, let fields):
      var members: [JSONMember] = []
      for field in fields {
        guard let value = fallback(field.type, depth: depth + 1) else { return nil }
        members.append(JSONMember(field.name, value))
      }
      return .object(members)
    }
  }

  // MARK: References

  /// The schema with each name declared where it is first named, and nowhere else.
  private func repair(
    _ schema: TestAvroSchema, _ declared: inout Set<String>
  ) -> TestAvroSchema {
    switch schema {
    case .primitive: return schema
    case .reference(let name):
      let now = renamed[name]?.full ?? name
      if declared.contains(now) { return .reference(now) }
      guard let declaration = declarations[name] else { return schema }
      return repair(rename(declaration), &declared)
    case .array(let items): return .array(repair(items, &declared))
    case .map(let values): return .map(repair(values, &declared))
    case .union(let branches): return .union(branches.map { repair($0, &declared) })
    case .record(let name, let fields):
      if !declared.insert(name.full).inserted { return .reference(name.full) }
      return .record(
        name,
        fields.map { field in
          var field = field
          field.type = repair(field.type, &declared)
          return field
        })
    case .enumeration(let name, _, _), .fixed(let name, _):
      return declared.insert(name.full).inserted ? schema : .reference(name.full)
    }
  }

  private func rename(_ declaration: TestAvroSchema) -> TestAvroSchema {
    switch declaration {
    case .record(let name, let fields): .record(renamed[name.full] ?? name, fields)
    case .enumeration(let name, let symbols, let fallback):
      .enumeration(renamed[name.full] ?? name, symbols: symbols, fallback: fallback)
    case .fixed(let name, let size): .fixed(renamed[name.full] ?? name, size: size)
    default: declaration
    }
  }
}
