// Random schemas and random data of them, from a seed.

import TestSupport

@testable import KESCore

/// Makes schemas: small, of all types, with namespaces, references and records inside themselves.
struct RandomAvroSchema {
  private(set) var generator: SeededGenerator
  /// Named types that are complete, and records that are being made: the latter may be named only
  /// where a union or a container lets data end.
  private var complete: [String] = []
  private var open: [String] = []
  /// Records that hold nothing.
  private var hollow: Set<String> = []
  private var number = 0
  private let hasNamespaces: Bool

  init(_ generator: SeededGenerator, firstNumber: Int = 0) {
    self.generator = generator
    number = firstNumber
    hasNamespaces = self.generator.chance(50)
  }

  /// A record, or now and then anything.
  static func make(_ generator: inout SeededGenerator) -> TestAvroSchema {
    var maker = RandomAvroSchema(generator)
    let schema = maker.generator.chance(80) ? maker.record(depth: 3) : maker.type(depth: 3)
    generator = maker.generator
    return schema
  }

  mutating func type(depth: Int, isEndless: Bool = false) -> TestAvroSchema {
    let isDeep = depth > 0
    switch below(isDeep ? 16 : 10) {
    case 0..<8: return .primitive(RandomAvroSchema.primitives[below(8)])
    case 8: return reference(isEndless) ?? fixed()
    case 9: return generator.chance(60) ? enumeration() : fixed()
    case 10: return .array(item(depth: depth - 1))
    case 11: return .map(item(depth: depth - 1))
    case 12, 13: return union(depth: depth - 1)
    default: return record(depth: depth - 1)
    }
  }

  static let primitives = [
    "null", "boolean", "int", "long", "float", "double", "bytes", "string",
  ]

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

  private mutating func reference(_ isEndless: Bool) -> TestAvroSchema? {
    let names = isEndless ? complete + open : complete
    return names.randomElement(using: &generator).map { .reference($0) }
  }

  private mutating func name(_ letter: String) -> TestAvroName {
    number += 1
    let namespace = hasNamespaces ? ["n", "n.m", "other"][below(3)] : ""
    return TestAvroName(name: "\(letter)\(number)", namespace: namespace)
  }

  /// What an array or map may hold: not records that hold nothing, of which libavro can read but one.
  private mutating func item(depth: Int) -> TestAvroSchema {
    let before = self
    let item = type(depth: depth, isEndless: true)
    if !isHollow(item) { return item }
    let generator = generator
    self = before
    self.generator = generator
    return .primitive("null")
  }

  private func isHollow(_ type: TestAvroSchema) -> Bool {
    switch type {
    case .record(let name, _): hollow.contains(name.full)
    case .reference(let name): hollow.contains(name)
    default: false
    }
  }

  private mutating func union(depth: Int) -> TestAvroSchema {
    var branches: [TestAvroSchema] = []
    for _ in 0..<(1 + below(4)) {
      let before = complete
      let branch = type(depth: depth, isEndless: true)
      if branch.isUnion || branches.contains(where: { $0.branchName == branch.branchName }) {
        // What was declared in it is not.
        complete = before
      } else {
        branches.append(branch)
      }
    }
    // So that data of records inside themselves can end.
    let null = TestAvroSchema.primitive("null")
    if !branches.contains(null) { branches.insert(null, at: below(branches.count + 1)) }
    return .union(branches)
  }

  mutating func record(depth: Int) -> TestAvroSchema {
    let name = name("R")
    open.append(name.full)
    var fields: [TestAvroField] = []
    for index in 0..<below(5) {
      fields.append(TestAvroField(name: "f\(index)", type: type(depth: depth)))
    }
    open.removeLast()
    complete.append(name.full)
    if fields.allSatisfy({ isHollow($0.type) }) { hollow.insert(name.full) }
    return .record(name, fields)
  }

  private mutating func enumeration() -> TestAvroSchema {
    let name = name("E")
    complete.append(name.full)
    let symbols = (0...below(4)).map { "s\($0)" }
    return .enumeration(name, symbols: symbols, fallback: nil)
  }

  private mutating func fixed() -> TestAvroSchema {
    let name = name("F")
    complete.append(name.full)
    return .fixed(name, size: 1 + below(4))
  }
}

/// Makes data of a schema.
struct RandomAvroData {
  var generator: SeededGenerator
  let schema: AvroSchema
  /// Whether values may occur that JSON cannot hold: infinite numbers, NUL.
  var isJSON = false
  private var depth = 0

  init(_ schema: AvroSchema, _ generator: SeededGenerator, isJSON: Bool = false) {
    self.schema = schema
    self.generator = generator
    self.isJSON = isJSON
  }

  static func make(
    _ schema: AvroSchema, _ generator: inout SeededGenerator, isJSON: Bool = false
  ) -> TestAvroValue {
    var maker = RandomAvroData(schema, generator, isJSON: isJSON)
    let value = maker.value(schema.root)
    generator = maker.generator
    return value
  }

  mutating func value(_ type: Int) -> TestAvroValue {
    depth += 1
    defer { depth -= 1 }
    switch schema.types[type] {
    case .null: return .null
    case .boolean: return .boolean(generator.chance(50))
    case .int: return .int(Int32(truncatingIfNeeded: integer(bits: 32)))
    case .long: return .long(integer(bits: 64))
    case .float:
      let float = Float(number())
      return .of(isJSON && !float.isFinite ? 3 : float)
    case .double: return .of(number())
    case .bytes: return .bytes(bytes(below(6)))
    case .fixed(_, let size): return .fixed(bytes(size))
    case .string: return .of(text())
    case .enumeration(_, let symbols, _): return .symbol(below(symbols.count))
    case .array(let items): return .array((0..<count()).map { _ in value(items) })
    case .map(let values):
      return .map((0..<count()).map { TestAvroEntry(key: key($0), value: value(values)) })
    case .record(_, let fields): return .record(fields.map { value($0.type) })
    case .union(let branches):
      let ending = depth > 8 ? branches.firstIndex { schema.types[$0].isNull } : nil
      let index = ending ?? below(branches.count)
      return .branch(index, value(branches[index]))
    }
  }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

  /// How many items a container has: few, and none where data are deep.
  private mutating func count() -> Int { depth > 8 ? 0 : below(4) }

  private mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: (isJSON ? 1 : 0)...255, using: &generator) }
  }

  /// Of any length: as many bits as not.
  private mutating func integer(bits: Int) -> Int64 {
    let shift = 64 - bits + below(bits)
    return Int64(bitPattern: generator.next()) >> Int64(shift)
  }

  private mutating func number() -> Double {
    switch below(8) {
    case 0: return [0, -0.0, 1, -1, 0.1, 1e300, .leastNonzeroMagnitude, 0.5][below(8)]
    case 1 where !isJSON: return [.nan, .infinity, -.infinity][below(3)]
    case 2:
      let number = Double(bitPattern: generator.next())
      return isJSON && !number.isFinite ? 2 : number
    case 3: return Double(integer(bits: 53))
    default: return Double(below(200_000)) / 1000 - 100
    }
  }

  /// One of its own, and without NUL, which jansson refuses in names.
  private mutating func key(_ number: Int) -> [UInt8] {
    Array("\(number)\(text().replacing("\u{0}", with: ""))".utf8)
  }

  private static let characters: [Unicode.Scalar] = [
    "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\u{1}", "\u{1F}", "\u{7F}", "\u{80}", "é",
    "\u{7FF}", "\u{800}", "€", "\u{FFFF}", "\u{10000}", "😀", "\u{10FFFF}", "b", "c", "d",
  ]

  private mutating func text() -> String {
    var scalars = String.UnicodeScalarView()
    for _ in 0..<(generator.chance(10) ? below(30) : below(6)) {
      scalars.append(RandomAvroData.characters[below(RandomAvroData.characters.count)])
    }
    if !isJSON && generator.chance(3) { scalars.append("\u{0}") }
    return String(scalars)
  }
}
