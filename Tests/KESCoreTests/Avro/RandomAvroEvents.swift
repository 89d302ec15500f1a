// Random events, and random schemas that events may come in.

import TestSupport

@testable import KESCore

/// One event or session event, as a plain value.
struct PlainEvent: Equatable {
  var device: String
  var time: Int64
  var kind: EventKind
  var name = ""
  var value = 0.0
  var status = SessionStatus.completed
  var start: Int64 = 0
  var end: Int64 = 0
  var events: Int64 = 0
  var isPartial = false
  var session: String?
  var isDuplicate = false

  /// As JSON-lines have it (cli.md, section 1).
  var line: String {
    var members = [
      JSONMember("device", .string(device)), JSONMember("timestamp", .integer(time)),
      JSONMember("event", .object([JSONMember("\(kind.name)", .object(branch))])),
    ]
    if isDuplicate { members.append(JSONMember("duplicate", .boolean(true))) }
    if let session { members.append(JSONMember("session", .string(session))) }
    return JSONValue.object(members).description
  }

  private var branch: [JSONMember] {
    switch kind {
    case .deviceWokeUp, .allDataSent: []
    case .dataReceived:
      [
        JSONMember("name", .string(name)),
        JSONMember("value", value.isNaN ? .string("NaN") : .real(value)),
      ]
    case .sessionClosed:
      [
        JSONMember("status", .string("\(status.symbol)")), JSONMember("start", .integer(start)),
        JSONMember("end", .integer(end)), JSONMember("events", .integer(events)),
        JSONMember("partial", .boolean(isPartial)),
      ]
    }
  }

  /// An event; where it is narrow, one whose numbers are ints, and where it has fine times, one whose
  /// times 64 bits hold in nanoseconds, too.
  static func random(
    _ generator: inout SeededGenerator, kinds: [EventKind], hasSession: Bool,
    marksDuplicates: Bool, isNarrow: Bool, hasFineTimes: Bool = false
  ) -> PlainEvent {
    func long() -> Int64 {
      let shift = isNarrow ? 40 : Int.random(in: 0..<64, using: &generator)
      return Int64(bitPattern: generator.next()) >> Int64(hasFineTimes ? max(shift, 21) : shift)
    }
    let texts = ["", "d", "device-17", "é😀", "\"\\\n\u{1}", "a device with quite a long name 0123"]
    let doubles = [0, -0.0, 0.1, -1.5, 1e300, .leastNonzeroMagnitude, 0.001, 123_456.789, .pi]
    var event = PlainEvent(
      device: texts.randomElement(using: &generator) ?? "", time: long(),
      kind: kinds.randomElement(using: &generator) ?? .allDataSent)
    event.name = texts.randomElement(using: &generator) ?? ""
    event.value =
      isNarrow
      ? Double(Int.random(in: -9...9, using: &generator))
      : doubles.randomElement(using: &generator) ?? 0
    if !isNarrow && generator.chance(5) { event.value = .nan }
    event.status = SessionStatus.allCases.randomElement(using: &generator) ?? .limit
    (event.start, event.end, event.events) = (long(), long(), long())
    event.isPartial = generator.chance(50)
    if hasSession { event.session = texts.randomElement(using: &generator) }
    event.isDuplicate = marksDuplicates && generator.chance(30)
    return event
  }
}

/// A schema of events in some writer's way: other orders and types, more fields and branches.
struct RandomEventSchema {
  private(set) var generator: SeededGenerator
  let hasSession: Bool
  let marksDuplicates: Bool
  /// Whether numbers may have smaller types than ours.
  let isNarrow: Bool
  /// Whether times may be in units of which a millisecond has many.
  let hasFineTimes: Bool
  private var number = 0

  /// - Parameter isOfEvents: whether there are no sessions and no marks.
  init(_ generator: SeededGenerator, isOfEvents: Bool = false) {
    var generator = generator
    hasSession = generator.chance(50) && !isOfEvents
    marksDuplicates = generator.chance(30) && !isOfEvents
    isNarrow = generator.chance(50) || isOfEvents
    hasFineTimes = generator.chance(50) && !isOfEvents
    self.generator = generator
  }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

  mutating func schema() -> TestAvroSchema {
    var fields = [
      TestAvroField(name: "device", type: text()), TestAvroField(name: "timestamp", type: long()),
      TestAvroField(name: "event", type: event()),
    ]
    if marksDuplicates {
      fields.append(TestAvroField(name: "duplicate", type: nullable(.primitive("boolean"))))
    }
    if hasSession { fields.append(TestAvroField(name: "session", type: text())) }
    if generator.chance(30) { fields.shuffle(using: &generator) }
    return .record(name("Event"), widened(fields))
  }

  /// The schema as JSON, in which longs have logical types.
  mutating func document() -> JSONValue { withLogicalTypes(schema().document, isTime: false) }

  private mutating func withLogicalTypes(_ value: JSONValue, isTime: Bool) -> JSONValue {
    let times = ["timestamp", "start", "end"]
    switch value {
    case .string("long") where isTime && generator.chance(60):
      let units = hasFineTimes ? ["millis", "micros", "nanos", "seconds"] : ["millis", "seconds"]
      let prefix = generator.chance(30) ? "local-timestamp-" : "timestamp-"
      let logical = JSONMember("logicalType", .string(prefix + units[below(units.count)]))
      return .object([JSONMember("type", value), logical])
    case .array(let elements):
      return .array(elements.map { withLogicalTypes($0, isTime: isTime) })
    case .object(let members):
      let isTime = times.contains(value["name"]?.text ?? "")
      return .object(
        members.map { JSONMember($0.name, withLogicalTypes($0.value, isTime: isTime)) })
    default: return value
    }
  }

  private mutating func name(_ name: String) -> TestAvroName {
    TestAvroName(name: name, namespace: generator.chance(30) ? "some.where" : "elsewhere")
  }

  /// With more fields before, between and behind.
  private mutating func widened(_ fields: [TestAvroField]) -> [TestAvroField] {
    var fields = fields
    while generator.chance(35) {
      number += 100
      var maker = RandomAvroSchema(generator, firstNumber: number)
      let type = maker.type(depth: 2)
      generator = maker.generator
      fields.insert(TestAvroField(name: "x\(number)", type: type), at: below(fields.count + 1))
    }
    return fields
  }

  private mutating func nullable(_ type: TestAvroSchema) -> TestAvroSchema {
    switch below(8) {
    case 0: return .union([.primitive("null"), type])
    case 1: return .union([type, .primitive("null")])
    case 2: return .union([.array(.primitive("int")), type])
    default: return type
    }
  }

  private mutating func text() -> TestAvroSchema {
    nullable(.primitive(generator.chance(15) ? "bytes" : "string"))
  }

  private mutating func long() -> TestAvroSchema {
    nullable(.primitive(isNarrow && generator.chance(40) ? "int" : "long"))
  }

  private mutating func double() -> TestAvroSchema {
    let types = isNarrow ? ["double", "float", "int", "long"] : ["double"]
    return nullable(.primitive(types[below(types.count)]))
  }

  private mutating func event() -> TestAvroSchema {
    var branches: [TestAvroSchema] = [
      .record(name("DeviceWokeUp"), widened([])), .record(name("AllDataSent"), widened([])),
      .record(
        name("DataReceived"),
        widened(
          shuffled([
            TestAvroField(name: "name", type: text()), TestAvroField(name: "value", type: double()),
          ]))),
    ]
    if hasSession { branches.append(sessionClosed()) }
    if generator.chance(20) { branches.append(.primitive("null")) }
    if generator.chance(20) { branches.append(.record(name("Other"), widened([]))) }
    if generator.chance(40) { branches.shuffle(using: &generator) }
    return .union(branches)
  }

  private mutating func shuffled(_ fields: [TestAvroField]) -> [TestAvroField] {
    generator.chance(30) ? fields.shuffled(using: &generator) : fields
  }

  private mutating func sessionClosed() -> TestAvroSchema {
    var symbols = SessionStatus.allCases.map { "\($0.symbol)" }
    if generator.chance(30) { symbols.insert("unheard", at: below(symbols.count)) }
    if generator.chance(30) { symbols.shuffle(using: &generator) }
    let status = TestAvroSchema.enumeration(name("Status"), symbols: symbols, fallback: nil)
    return .record(
      name("SessionClosed"),
      widened(
        shuffled([
          TestAvroField(name: "status", type: nullable(status)),
          TestAvroField(name: "start", type: long()), TestAvroField(name: "end", type: long()),
          TestAvroField(name: "events", type: long()),
          TestAvroField(name: "partial", type: nullable(.primitive("boolean"))),
        ])))
  }
}

/// Writes events as data of some writer's schema; what we do not know of is random.
struct EventDataMaker {
  let schema: AvroSchema
  var generator: SeededGenerator
  /// Whether values that have a null instead may be that, and events be of branches that are none
  /// of ours.
  var breaksEvents = false
  /// What the last value had that cannot be an event: for all readers, or for those of details.
  private(set) var isBroken = false
  private(set) var isBrokenInDetail = false

  init(_ schema: AvroSchema, _ generator: SeededGenerator) {
    self.schema = schema
    self.generator = generator
  }

  mutating func value(_ event: PlainEvent) -> TestAvroValue {
    (isBroken, isBrokenInDetail) = (false, false)
    guard case .record(_, let fields) = schema.types[schema.root] else { return .null }
    return .record(
      fields.map { field in
        switch field.name {
        case "device": known(.of(event.device), field.type, isDetail: false)
        case "timestamp": known(.long(event.time), field.type, isDetail: false)
        case "event": branch(event, field.type)
        case "duplicate": mark(event, field.type)
        case "session": known(.of(event.session ?? ""), field.type, isDetail: true)
        default: random(field.type)
        }
      })
  }

  /// A mark, which breaks nothing where something else stands for none.
  private mutating func mark(_ event: PlainEvent, _ type: Int) -> TestAvroValue {
    let (breaks, wasBroken) = (breaksEvents, isBrokenInDetail)
    breaksEvents = breaks && !event.isDuplicate
    let value = known(.boolean(event.isDuplicate), type, isDetail: true)
    (breaksEvents, isBrokenInDetail) = (breaks, wasBroken)
    return value
  }

  private mutating func random(_ type: Int) -> TestAvroValue {
    var maker = RandomAvroData(schema, generator)
    defer { generator = maker.generator }
    return maker.value(type)
  }

  private mutating func branch(_ event: PlainEvent, _ type: Int) -> TestAvroValue {
    guard case .union(let branches) = schema.types[type] else { return .null }
    let others = branches.indices.filter { index in
      !EventKind.allCases.contains {
        "\($0.name)" == AvroName.unqualified(schema.name(of: branches[index]))
      }
    }
    if breaksEvents, generator.chance(20), let other = others.randomElement(using: &generator) {
      isBroken = true
      return .branch(other, random(branches[other]))
    }
    let own = branches.firstIndex {
      AvroName.unqualified(schema.name(of: $0)) == "\(event.kind.name)"
    }
    guard let own, case .record(_, let fields) = schema.types[branches[own]] else { return .null }
    return .branch(own, .record(fields.map { detail($0, of: event) }))
  }

  private mutating func detail(_ field: AvroField, of event: PlainEvent) -> TestAvroValue {
    switch (event.kind, field.name) {
    case (.dataReceived, "name"): known(.of(event.name), field.type, isDetail: true)
    case (.dataReceived, "value"): known(.of(event.value), field.type, isDetail: true)
    case (.sessionClosed, "status"):
      known(.of("\(event.status.symbol)"), field.type, isDetail: true)
    case (.sessionClosed, "start"): known(.long(event.start), field.type, isDetail: true)
    case (.sessionClosed, "end"): known(.long(event.end), field.type, isDetail: true)
    case (.sessionClosed, "events"): known(.long(event.events), field.type, isDetail: true)
    case (.sessionClosed, "partial"): known(.boolean(event.isPartial), field.type, isDetail: true)
    default: random(field.type)
    }
  }

  /// Whether a branch is none that holds a value of ours.
  private func isOther(_ type: Int) -> Bool {
    switch schema.types[type] {
    case .null, .array: true
    default: false
    }
  }

  /// A value of ours in the writer's type.
  private mutating func known(
    _ value: TestAvroValue, _ type: Int, isDetail: Bool
  ) -> TestAvroValue {
    switch (value, schema.types[type]) {
    case (_, .union(let branches)):
      if breaksEvents, generator.chance(20), let other = branches.firstIndex(where: isOther) {
        if isDetail { isBrokenInDetail = true } else { isBroken = true }
        return .branch(other, random(branches[other]))
      }
      let own = branches.firstIndex { !isOther($0) } ?? 0
      return .branch(own, known(value, branches[own], isDetail: isDetail))
    case (.string(let bytes), .bytes): return .bytes(bytes)
    case (.string(let bytes), .enumeration(_, let symbols, _)):
      if breaksEvents, generator.chance(20), let other = symbols.firstIndex(of: "unheard") {
        isBrokenInDetail = true
        return .symbol(other)
      }
      return .symbol(symbols.firstIndex(of: String(decoding: bytes, as: UTF8.self)) ?? 0)
    case (.long(let value), .int): return .int(Int32(truncatingIfNeeded: value))
    case (.long(let value), .long):
      // More than whole milliseconds, which are rounded down.
      let per = schema.timeUnit(of: type)?.perMillisecond ?? 1
      return .long(per == 1 ? value : value * per + Int64.random(in: 0..<per, using: &generator))
    case (.double(let bits), .float): return .of(Float(Double(bitPattern: bits)))
    case (.double(let bits), .int): return .int(Int32(Double(bitPattern: bits)))
    case (.double(let bits), .long): return .long(Int64(Double(bitPattern: bits)))
    default: return value
    }
  }
}
