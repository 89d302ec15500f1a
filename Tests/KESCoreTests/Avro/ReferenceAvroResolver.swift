// Schema resolution on values, naively: straight from the spec, section "Schema Resolution".

@testable import KESCore

/// Says whether data of the writer's schema can be read as the reader's, and what a value becomes.
struct ReferenceAvroResolver {
  let writer: AvroSchema
  let reader: AvroSchema
  /// Whether of the reader's branches that match the first is taken, as the spec says to the letter,
  /// and not the writer's own where there is one.
  var takesFirst = false
  /// Whether strings are bytes and bytes strings, where the reader wants that.
  var promotesText = true

  private struct Pair: Hashable {
    let writer: Int
    let reader: Int
  }

  /// Whether the schemas resolve.
  var resolves: Bool { matches(writer.root, reader.root, []) }

  /// What the writer's datum is for the reader; nil where it is nothing.
  func resolve(_ value: TestAvroValue) -> TestAvroValue? {
    resolve(value, writer.root, reader.root)
  }

  /// - Parameter assumed: pairs that are being looked at: records may hold themselves.
  private func matches(_ from: Int, _ to: Int, _ assumed: Set<Pair>) -> Bool {
    let pair = Pair(writer: from, reader: to)
    if assumed.contains(pair) { return true }
    let assumed = assumed.union([pair])
    switch (writer.types[from], reader.types[to]) {
    case (.union(let branches), _): return branches.contains { matches($0, to, assumed) }
    case (_, .union(let branches)): return branches.contains { matches(from, $0, assumed) }
    case (.array(let items), .array(let wanted)): return matches(items, wanted, assumed)
    case (.map(let values), .map(let wanted)): return matches(values, wanted, assumed)
    case (.enumeration(let name, _, _), .enumeration(let other, _, _)):
      return isSame(name, other)
    case (.fixed(let name, let size), .fixed(let other, let wanted)):
      return isSame(name, other) && size == wanted
    case (.record(let name, let fields), .record(let other, let wanted)):
      // The two at the root may have other names, inside themselves, too: our choice.
      let isRoot = pair == Pair(writer: writer.root, reader: reader.root)
      guard isRoot || isSame(name, other) else { return false }
      return wanted.allSatisfy { field in
        guard let place = self.place(of: field, in: fields) else {
          return field.fallback.flatMap { value(ofDefault: $0, field.type) } != nil
        }
        return matches(fields[place].type, field.type, assumed)
      }
    case (let from, let to): return isPromoted(from, to)
    }
  }

  private func isSame(_ writer: AvroName, _ reader: AvroName) -> Bool {
    writer.unqualified == reader.unqualified || reader.aliases.contains(writer.full)
  }

  private func isPromoted(_ from: AvroType, _ to: AvroType) -> Bool {
    let promotions = [
      "int": ["long", "float", "double"], "long": ["float", "double"], "float": ["double"],
      "string": promotesText ? ["bytes"] : [], "bytes": promotesText ? ["string"] : [],
    ]
    let isPrimitive = RandomAvroSchema.primitives.contains(from.name)
    return isPrimitive && (from.name == to.name || promotions[from.name]?.contains(to.name) == true)
  }

  /// The writer's field that becomes `field`: by its name, else by the first alias that there is.
  private func place(of field: AvroField, in fields: [AvroField]) -> Int? {
    for name in [field.name] + field.aliases {
      if let place = fields.firstIndex(where: { $0.name == name }) { return place }
    }
    return nil
  }

  // MARK: Values

  private func resolve(_ value: TestAvroValue, _ from: Int, _ to: Int) -> TestAvroValue? {
    switch (value, writer.types[from], reader.types[to]) {
    case (.branch(let index, let inside), .union(let branches), _):
      return matches(branches[index], to, []) ? resolve(inside, branches[index], to) : nil
    case (_, _, .union(let branches)):
      guard let index = index(among: branches, from) else { return nil }
      return resolve(value, from, branches[index]).map { .branch(index, $0) }
    case (.array(let values), .array(let items), .array(let wanted)):
      return all(values.map { resolve($0, items, wanted) }).map { .array($0) }
    case (.map(let entries), .map(let values), .map(let wanted)):
      return all(entries.map { resolve($0.value, values, wanted) }).map { found in
        .map(zip(entries, found).map { TestAvroEntry(key: $0.key, value: $1) })
      }
    case (
      .symbol(let place), .enumeration(_, let symbols, _), .enumeration(_, let wanted, let other)
    ):
      return (wanted.firstIndex(of: symbols[place]) ?? other).map { .symbol($0) }
    case (.record(let values), .record(_, let fields), .record(_, let wanted)):
      return all(
        wanted.map { field in
          guard let place = self.place(of: field, in: fields) else {
            return field.fallback.flatMap { self.value(ofDefault: $0, field.type) }
          }
          return resolve(values[place], fields[place].type, field.type)
        }
      ).map { .record($0) }
    case (_, _, let type): return promote(value, to: type)
    }
  }

  private func index(among branches: [Int], _ from: Int) -> Int? {
    let matching = branches.indices.filter { matches(from, branches[$0], []) }
    let name = writer.name(of: from)
    let own = takesFirst ? nil : matching.first { reader.name(of: branches[$0]) == name }
    return own ?? matching.first
  }

  private func all(_ values: [TestAvroValue?]) -> [TestAvroValue]? {
    let found = values.compactMap { $0 }
    return found.count == values.count ? found : nil
  }

  private func promote(_ value: TestAvroValue, to type: AvroType) -> TestAvroValue? {
    switch (value, type) {
    case (.int(let value), .long): .long(Int64(value))
    case (.int(let value), .float): .of(Float(value))
    case (.int(let value), .double): .of(Double(value))
    case (.long(let value), .float): .of(Float(value))
    case (.long(let value), .double): .of(Double(value))
    case (.float(let bits), .double): .of(Double(Float(bitPattern: bits)))
    case (.string(let bytes), .bytes): .bytes(bytes)
    case (.bytes(let bytes), .string):
      Array(String(decoding: bytes, as: UTF8.self).utf8) == bytes ? .string(bytes) : nil
    default: value
    }
  }

  // MARK: Defaults

  /// A default (spec, "Complex Types": the first branch of a union, bytes as characters); nil where
  /// it does not fit.
  private func value(ofDefault json: JSONValue, _ type: Int) -> TestAvroValue? {
    switch (reader.types[type], json) {
    case (.union(let branches), _):
      return branches.first.flatMap { value(ofDefault: json, $0) }.map { .branch(0, $0) }
    case (.array(let items), .array(let elements)):
      return all(elements.map { value(ofDefault: $0, items) }).map { .array($0) }
    case (.map(let values), .object(let members)):
      return all(members.map { value(ofDefault: $0.value, values) }).map { found in
        .map(zip(members, found).map { TestAvroEntry(key: Array($0.name.utf8), value: $1) })
      }
    case (.record(_, let fields), .object):
      return all(
        fields.map { field in
          (json[field.name] ?? field.fallback).flatMap { value(ofDefault: $0, field.type) }
        }
      ).map { .record($0) }
    case (.float, .string), (.double, .string): return nil
    default: return TestAvroValue(json, as: type, of: reader)
    }
  }
}
