// Data of one schema as data of another: what has to be done, compiled once.

/// How a value of the writer's type becomes one of the reader's.
enum AvroAction {
  /// The bytes are the same.
  case copy
  /// A string or bytes as a string.
  case text
  /// An int or long that counts one unit of time as a long that counts another.
  case time(from: TimeUnit, to: TimeUnit)
  /// An int or long as a float or double; a float as a double.
  case longToFloat, longToDouble, floatToDouble
  /// The reader's symbol for each of the writer's; nil where there is none and no default.
  case enumeration([Int?])
  /// The action on each item of an array or a map.
  case items(Int)
  /// For each branch of the writer's union, what to do; nil where the reader has nothing for it.
  case union([Int?])
  /// Write the index of the reader's branch, then the value.
  case branch(Int, Int)
  /// What each of the writer's fields becomes, and what comes behind the last.
  case record([AvroFieldAction])
  /// The same in the reader's order, where the writer's is another.
  case reordered([AvroFieldAction])
}

/// What a field of a record becomes.
struct AvroFieldAction {
  /// Defaults that come before it, encoded.
  var defaults: [UInt8] = []
  /// The writer's field, by its place, and the action on it; nil where it is not used.
  var value: (field: Int, action: Int)?
}

extension AvroType {
  /// How a value of this primitive type is read as one of `reader`, by the promotions of the spec; nil
  /// where it cannot be.
  func promotion(to reader: AvroType) -> AvroAction? {
    switch (self, reader) {
    case (.null, .null), (.boolean, .boolean), (.int, .int), (.int, .long), (.long, .long),
      (.float, .float), (.double, .double), (.bytes, .bytes), (.string, .string),
      (.string, .bytes):
      .copy
    case (.bytes, .string): .text
    case (.int, .float), (.long, .float): .longToFloat
    case (.int, .double), (.long, .double): .longToDouble
    case (.float, .double): .floatToDouble
    default: nil
    }
  }
}

/// A writer's schema resolved into a reader's (Avro 1.11 spec, "Schema Resolution"). The names of the
/// two records at the root need not be the same (our choice): whoever names a schema means it. A time
/// stays the same time where the two count it in other units (our choice: the spec looks at the number
/// alone, which would be another time).
struct AvroResolution {
  let writer: AvroSchema
  let reader: AvroSchema
  private(set) var actions: [AvroAction] = []
  private(set) var root = 0

  /// What a field of the reader gets that the writer does not have and that has no default.
  enum Missing {
    /// Nothing: the schemas do not resolve. This is the rule of the spec.
    case isRefused
    /// The empty value of its type, also where its default is none of its type: for records that we
    /// make ourselves.
    case isEmpty
  }

  /// Throws `AvroSchemaError.unresolvable`.
  init(
    from writer: AvroSchema, to reader: AvroSchema, missing: Missing = .isRefused
  ) throws(AvroSchemaError) {
    self.writer = writer
    self.reader = reader
    var compiler = AvroResolver(writer: writer, reader: reader, missing: missing)
    root = try compiler.resolveRoot()
    actions = compiler.actions
  }

  /// Which events are none of the reader's, where the writer's schema is one of ours: those whose
  /// branch has no counterpart, and closings where a status has none.
  var lostKinds: Set<EventKind> {
    var lost: Set<EventKind> = []
    for action in actions {
      switch action {
      case .enumeration(let symbols) where symbols.contains(nil): lost.insert(.sessionClosed)
      case .union(let branches):
        // Of our schemas one union alone, whose branches are in the order of the kinds.
        for (kind, branch) in zip(EventKind.allCases, branches) where branch == nil {
          lost.insert(kind)
        }
      default: break
      }
    }
    return lost
  }

  /// The writer's type of what becomes the reader's field `event`.
  var eventType: Int? {
    let fields = writer.rootFields ?? []
    return reader.rootFields?.first { $0.name == "event" }
      .flatMap { $0.place(in: fields) }.map { fields[$0].type }
  }

  /// Which times the reader's schema can hold, in milliseconds, where the writer's is one of ours.
  var writableTimes: ClosedRange<Int64> {
    actions.reduce(Int64.min...Int64.max) { range, action in
      guard case .time(_, let unit) = action else { return range }
      return range.clamped(to: unit.milliseconds)
    }
  }

  /// Whether the data need not change.
  var isCopy: Bool {
    if case .copy = actions[root] { return true }
    return false
  }
}

extension AvroField {
  /// Which of the writer's fields becomes this one.
  fileprivate func place(in fields: [AvroField]) -> Int? {
    for name in [name] + aliases {
      if let place = fields.firstIndex(where: { $0.name == name }) { return place }
    }
    return nil
  }
}

/// Writes the actions.
private struct AvroResolver {
  let writer: AvroSchema
  let reader: AvroSchema
  let missing: AvroResolution.Missing
  /// The reader's types that are times of events.
  private let eventTimes: Set<Int>
  private(set) var actions: [AvroAction] = []
  /// Records whose actions are known, or being found.
  private var known: [Pair: Int] = [:]
  private var failed: [Pair: AvroSchemaError] = [:]
  private var unfinished: Set<Int> = []
  /// How many bytes the defaults have, and how many they may have together (our choice): many fields
  /// may have the same large one, which takes few bytes of the schema.
  private var defaultLength = 0
  private static let greatestDefaults = 1 << 22

  private struct Pair: Hashable {
    let writer: Int
    let reader: Int
  }

  init(writer: AvroSchema, reader: AvroSchema, missing: AvroResolution.Missing) {
    self.writer = writer
    self.reader = reader
    self.missing = missing
    eventTimes = reader.eventTimes
  }

  private func fails(_ path: String, _ reason: String) -> AvroSchemaError {
    .unresolvable(
      writer: writer.name(of: writer.root), reader: reader.name(of: reader.root), path: path,
      reason: reason)
  }

  private mutating func add(_ action: AvroAction) -> Int {
    actions.append(action)
    return actions.count - 1
  }

  /// Whether nothing inside changes, as far as is known: a record inside itself is not.
  private func isCopy(_ place: Int) -> Bool {
    if unfinished.contains(place) { return false }
    if case .copy = actions[place] { return true }
    return false
  }

  mutating func resolveRoot() throws(AvroSchemaError) -> Int {
    let path = writer.name(of: writer.root)
    guard let fields = writer.rootFields, let wanted = reader.rootFields else {
      return try resolve(writer.root, reader.root, path)
    }
    return try resolveRecord(writer.root, fields, reader.root, wanted, path)
  }

  mutating func resolve(
    _ from: Int, _ to: Int, _ path: String
  ) throws(AvroSchemaError) -> Int {
    switch (writer.types[from], reader.types[to]) {
    case (.union(let branches), _): return try resolveUnion(branches, from, to, path)
    case (_, .union(let branches)): return try resolveIntoUnion(from, branches, path)
    case (.record(let name, let fields), .record(let other, let wanted)):
      guard areRoots(from, to) || AvroResolver.matches(name, other) else { break }
      return try resolveRecord(from, fields, to, wanted, path)
    case (.enumeration(let name, let symbols, _), .enumeration(let other, let known, let fallback)):
      guard AvroResolver.matches(name, other) else { break }
      return resolveSymbols(symbols, known, fallback)
    case (.fixed(let name, let size), .fixed(let other, let wanted)):
      guard AvroResolver.matches(name, other), size == wanted else { break }
      return add(.copy)
    case (.array(let items), .array(let wanted)):
      let inside = try resolve(items, wanted, "\(path).items")
      return add(isCopy(inside) ? .copy : .items(inside))
    case (.map(let values), .map(let wanted)):
      let inside = try resolve(values, wanted, "\(path).values")
      return add(isCopy(inside) ? .copy : .items(inside))
    default:
      if let action = promotion(from, to) { return add(action) }
    }
    throw fails(
      path, "the writer has \(writer.described(from)), the reader \(reader.described(to))")
  }

  /// Primitive types.
  private func promotion(_ from: Int, _ to: Int) -> AvroAction? {
    switch (writer.types[from], reader.types[to]) {
    case (.int, .int), (.int, .long), (.long, .long): whole(from, to)
    case (let type, let wanted): type.promotion(to: wanted)
    }
  }

  /// Whole numbers; nil where the reader's is the time of an event, and the writer's cannot be one.
  private func whole(_ from: Int, _ to: Int) -> AvroAction? {
    if eventTimes.contains(to) {
      guard let unit = writer.timeUnit(of: from), let other = reader.timeUnit(of: to) else {
        return nil
      }
      return unit == other ? .copy : .time(from: unit, to: other)
    }
    guard let given = writer.logicalTypes[from], let wanted = reader.logicalTypes[to] else {
      return .copy
    }
    let units = [
      (given.timestampUnit, wanted.timestampUnit), (given.timeOfDayUnit, wanted.timeOfDayUnit),
    ]
    for case (let from?, let to?) in units where from != to { return .time(from: from, to: to) }
    return .copy
  }

  /// Whether these are the records at the root, which may have other names, inside themselves, too.
  private func areRoots(_ from: Int, _ to: Int) -> Bool {
    from == writer.root && to == reader.root
  }

  /// Whether the unqualified names are the same, or the writer's is an alias of the reader's.
  private static func matches(_ writer: AvroName, _ reader: AvroName) -> Bool {
    writer.unqualified == reader.unqualified
      || reader.aliases.contains { $0 == writer.full }
  }

  private mutating func resolveSymbols(
    _ symbols: [String], _ known: [String], _ fallback: Int?
  ) -> Int {
    // A closing whose status became another would lie.
    let fallback = missing == .isRefused ? fallback : nil
    let places = symbols.map { known.firstIndex(of: $0) ?? fallback }
    return add(places == Array(0..<symbols.count) ? .copy : .enumeration(places))
  }

  // MARK: Unions

  private mutating func resolveUnion(
    _ branches: [Int], _ from: Int, _ to: Int, _ path: String
  ) throws(AvroSchemaError) -> Int {
    var inside: [Int?] = []
    var failure: AvroSchemaError?
    var isNull = false
    for branch in branches {
      do {
        inside.append(
          try resolve(branch, to, AvroResolver.step(into: writer.types[branch], path)))
      } catch {
        inside.append(nil)
        // That null does not resolve says least.
        if failure == nil || isNull { failure = error }
        isNull = writer.name(of: branch) == "null"
      }
    }
    // One branch that resolves is enough: the others show in the data.
    if let failure, inside.allSatisfy({ $0 == nil }) { throw failure }
    return add(isSameUnion(inside) ? .copy : .union(inside))
  }

  private static func step(into type: AvroType, _ path: String) -> String {
    if case .record(let name, _) = type { return "\(path).\(name.unqualified)" }
    return path
  }

  /// Whether every branch becomes the reader's branch of the same index, unchanged.
  private func isSameUnion(_ branches: [Int?]) -> Bool {
    for (index, branch) in branches.enumerated() {
      guard let branch, !unfinished.contains(branch),
        case .branch(index, let inside) = actions[branch], isCopy(inside)
      else { return false }
    }
    return true
  }

  /// The reader's branch of the same type and full name, else the first that the writer's type
  /// resolves into (our choice, and Java's: by the letter of the spec the first that matches, which
  /// in a union that both have alike need not be the writer's own).
  private mutating func resolveIntoUnion(
    _ from: Int, _ branches: [Int], _ path: String
  ) throws(AvroSchemaError) -> Int {
    var failure: AvroSchemaError?
    let same = branches.firstIndex { writer.name(of: from) == reader.name(of: $0) }
    let others = branches.indices.filter { $0 != same && isAlike(from, branches[$0]) }
    for index in (same.map { [$0] } ?? []) + others {
      do {
        return add(.branch(index, try resolve(from, branches[index], path)))
      } catch {
        failure = failure ?? error
      }
    }
    throw failure
      ?? fails(path, "the reader's union has no branch for the writer's \(writer.described(from))")
  }

  /// Whether the types match at first sight: so that a failure inside is told of, and not that no
  /// branch matches.
  private func isAlike(_ from: Int, _ to: Int) -> Bool {
    switch (writer.types[from], reader.types[to]) {
    case (.record(let name, _), .record(let other, _)):
      areRoots(from, to) || AvroResolver.matches(name, other)
    case (.enumeration(let name, _, _), .enumeration(let other, _, _)):
      AvroResolver.matches(name, other)
    case (.fixed(let name, _), .fixed(let other, _)): AvroResolver.matches(name, other)
    case (.array, .array), (.map, .map): true
    default: promotion(from, to) != nil
    }
  }

  // MARK: Records

  private mutating func resolveRecord(
    _ from: Int, _ fields: [AvroField], _ to: Int, _ wanted: [AvroField], _ path: String
  ) throws(AvroSchemaError) -> Int {
    let pair = Pair(writer: from, reader: to)
    if let place = known[pair] { return place }
    if let failure = failed[pair] { throw failure }
    let place = add(.copy)
    known[pair] = place
    unfinished.insert(place)
    defer { unfinished.remove(place) }
    var sources: [AvroFieldAction] = []
    do {
      for field in wanted {
        sources.append(try source(of: field, fields, "\(path).\(field.name)"))
      }
    } catch {
      failed[pair] = error
      // What resolved meanwhile may hold this record.
      known = known.filter { $0.value < place }
      throw error
    }
    if !isUnchanged(sources, fieldCount: fields.count) {
      actions[place] = AvroResolver.action(on: sources, fieldCount: fields.count)
    }
    return place
  }

  /// - Parameter sources: in the reader's order.
  private static func action(on sources: [AvroFieldAction], fieldCount: Int) -> AvroAction {
    var fields = Array(repeating: AvroFieldAction(), count: fieldCount + 1)
    var next = 0
    for source in sources {
      fields[next].defaults += source.defaults
      guard let value = source.value else { continue }
      if value.field < next { return .reordered(sources) }
      fields[value.field].value = value
      next = value.field + 1
    }
    return .record(fields)
  }

  private mutating func source(
    of field: AvroField, _ fields: [AvroField], _ path: String
  ) throws(AvroSchemaError) -> AvroFieldAction {
    if let place = field.place(in: fields) {
      let action = try resolve(fields[place].type, field.type, path)
      return AvroFieldAction(value: (place, action))
    }
    var encoded = ByteBlock()
    if missing == .isEmpty {
      if let reason = reader.encodeEmpty(field, to: &encoded) {
        throw fails(path, "there is no empty value of \(reader.name(of: field.type)): \(reason)")
      }
    } else if let fallback = field.fallback {
      if let reason = reader.encode(fallback, as: field.type, to: &encoded) {
        throw fails(path, "the reader's default does not fit: \(reason)")
      }
    } else {
      throw fails(path, "the writer has no such field, and the reader no default")
    }
    defaultLength += encoded.count
    if defaultLength > AvroResolver.greatestDefaults {
      throw fails(path, "defaults of more than \(AvroResolver.greatestDefaults) bytes")
    }
    return AvroFieldAction(
      defaults: encoded.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } })
  }

  /// Whether the fields are the writer's, all of them, in its order and unchanged.
  private func isUnchanged(_ sources: [AvroFieldAction], fieldCount: Int) -> Bool {
    guard sources.count == fieldCount else { return false }
    for (index, source) in sources.enumerated() {
      guard let value = source.value, value.field == index, isCopy(value.action) else {
        return false
      }
    }
    return true
  }
}
