// How to find what we know of events in the data of one schema: compiled once, run an event.

/// One step of a plan.
struct AvroEventStep: BitwiseCopyable {
  enum Operation: UInt8, BitwiseCopyable {
    /// Walk over a value of the type at `operand`; over a string; over so many bytes as `operand`
    /// says.
    case skip, skipText, skipBytes
    /// Read a string, or bytes that must be one, into `field`.
    case text
    /// Read a long, or an int, into `field`.
    case long, int
    /// Read a time into `field`, of which a millisecond has more than one: `operand` is its unit.
    case fineTime
    /// Read a number into the value.
    case double, float, longAsDouble, intAsDouble
    case boolean
    /// Read the status: the symbol's place in the schema, by the table at `operand`.
    case status
    /// Read the branch of a union and go on at the step that the table at `operand` has for it, in
    /// two entries: the step, and the raw value of the kind of event that the branch means, or -1.
    case branch
    /// Where an event begins with device, timestamp and the branch of its union, as most do: read
    /// them together if they are short and plain, and go on as `branch` says; else do nothing.
    case usualStart
    /// Note that the event is of the kind with the raw value `operand`.
    case kind
    /// Go on at the step `operand`.
    case jump
    /// What follows cannot be an event.
    case flaw
    /// The record is complete.
    case end
  }

  var isEnd: Bool { operation == .end }

  var operation: Operation
  var field: FieldName = .none
  var fault: Fault = .notAnEvent
  var operand: Int32 = 0
  /// How many entries the table has.
  var count: Int32 = 0
}

/// The steps that read one event of a writer's schema: resolution of that schema into ours, `Event`
/// or `SessionEvent` (spec 1.11, "Schema Resolution"), reduced to what has to be known of it.
///
///     record ─▶ a step a field, in the writer's order
///     union  ─▶ branch ─▶ steps of the chosen branch ─▶ jump behind the union
///
/// Jumps to jumps and to the end are taken at once, so that an event takes as few steps as can be.
struct AvroEventPlan: ~Copyable {
  /// What is read: key, time and role alone, or all details.
  enum Purpose: Sendable { case segmenting, reading }

  private(set) var steps = Column<AvroEventStep>()
  /// Targets of branches, and statuses by the writer's symbols (-1 for unknown).
  private(set) var tables = Column<Int32>()
  /// Which events data may be.
  private(set) var kinds: Set<EventKind> = []

  /// A plan for data that nobody reads.
  init() {}

  /// Throws `AvroSchemaError.unresolvable` where data of `schema` cannot be events.
  init(
    _ schema: AvroSchema, purpose: Purpose, _ sessions: SessionFields = .usual
  ) throws(AvroSchemaError) {
    var compiler = AvroEventCompiler(schema: schema, purpose: purpose, sessions)
    try compiler.compile()
    kinds = compiler.kinds
    for step in compiler.steps { steps.append(step) }
    for entry in compiler.tables { tables.append(entry) }
  }
}

extension AvroEventStep.Operation {
  /// Reads a value of the writer's type as one of ours; nil where it cannot be (spec, "Schema
  /// Resolution").
  init?(reading writer: AvroType, as ours: AvroType) {
    switch (writer, writer.promotion(to: ours)) {
    case (.string, .copy), (_, .text): self = .text
    case (.int, .copy): self = .int
    case (.long, .copy): self = .long
    case (.double, .copy): self = .double
    case (.boolean, .copy): self = .boolean
    case (_, .floatToDouble): self = .float
    case (.int, .longToDouble): self = .intAsDouble
    case (_, .longToDouble): self = .longAsDouble
    default: return nil
    }
  }
}

extension AvroSchema {
  /// Whether values of a type, or of one of its branches, may mark duplicates (R7).
  func canMark(_ type: Int) -> Bool {
    switch types[type] {
    case .boolean: true
    case .union(let branches): branches.contains(where: canMark)
    default: false
    }
  }
}

extension AvroEventPlan {
  /// The fields of our record of that kind.
  static func fields(of kind: EventKind) -> Set<String> {
    Set(AvroEventCompiler.targets(of: kind).keys)
  }
}

/// Writes the steps.
private struct AvroEventCompiler {
  let schema: AvroSchema
  let purpose: AvroEventPlan.Purpose
  let sessions: SessionFields
  private(set) var steps: [AvroEventStep] = []
  private(set) var tables: [Int32] = []
  private(set) var kinds: Set<EventKind> = []

  init(schema: AvroSchema, purpose: AvroEventPlan.Purpose, _ sessions: SessionFields) {
    self.schema = schema
    self.purpose = purpose
    self.sessions = sessions
  }

  /// What a field of ours must be; a session is a text, and a mark a boolean or another's field.
  enum Target {
    case text, session, time, long, double, boolean, mark, status, event

    /// As which type its values are read; nil where it takes more than that.
    var type: AvroType? {
      switch self {
      case .text, .session: .string
      case .time, .long: .long
      case .double: .double
      case .boolean, .mark: .boolean
      case .status, .event: nil
      }
    }
  }

  mutating func compile() throws(AvroSchemaError) {
    guard let fields = schema.rootFields else {
      throw fails("its root", "\(schema.name(of: schema.root)) is not a record of events")
    }
    var targets: [String: Target] = ["device": .text, "timestamp": .time, "event": .event]
    let required = ["device", "timestamp", "event"]
    if purpose == .reading {
      targets["duplicate"] = .mark
      targets[sessions.session] = .session
    }
    try compile(fields, targets, required: required, path: schema.name(of: schema.root))
    append(.end)
    shortenJumps()
    addUsualStart()
  }

  /// Puts the step for the usual start before the three that it stands for.
  private mutating func addUsualStart() {
    guard steps.count > 3, steps[0].operation == .text, steps[0].field == .device,
      steps[1].operation == .long, steps[1].field == .timestamp, steps[2].operation == .branch
    else { return }
    var start = steps[2]
    start.operation = .usualStart
    steps.insert(start, at: 0)
    for place in steps.indices where steps[place].operation == .jump { steps[place].operand += 1 }
    for place in steps.indices where steps[place].operation == .branch {
      for branch in 0..<Int(steps[place].count) {
        tables[Int(steps[place].operand) + 2 * branch] += 1
      }
    }
  }

  /// Lets every jump end where it leads in the end.
  private mutating func shortenJumps() {
    for place in steps.indices.reversed() where steps[place].operation == .jump {
      steps[place] =
        steps[destination(Int(steps[place].operand))].isEnd
        ? AvroEventStep(operation: .end) : steps[place]
    }
    for place in steps.indices where steps[place].operation == .branch {
      let table = Int(steps[place].operand)
      for branch in 0..<Int(steps[place].count) { shortenBranch(table + 2 * branch) }
    }
  }

  /// Takes the kind that a branch begins with into the table, and what jumps follow.
  private mutating func shortenBranch(_ entry: Int) {
    var place = destination(Int(tables[entry]))
    if steps[place].operation == .kind {
      tables[entry + 1] = steps[place].operand
      place = destination(place + 1)
    }
    tables[entry] = Int32(truncatingIfNeeded: place)
  }

  private func destination(_ place: Int) -> Int {
    var place = place
    while steps[place].operation == .jump { place = Int(steps[place].operand) }
    return place
  }

  private func fails(_ path: String, _ reason: String) -> AvroSchemaError {
    .unresolvable(
      writer: schema.name(of: schema.root),
      reader: purpose == .segmenting ? "Event" : "SessionEvent", path: path, reason: reason)
  }

  private mutating func append(
    _ operation: AvroEventStep.Operation, _ field: FieldName = .none, operand: Int = 0,
    count: Int = 0, fault: Fault = .notAnEvent
  ) {
    steps.append(
      AvroEventStep(
        operation: operation, field: field, fault: fault,
        operand: Int32(truncatingIfNeeded: operand), count: Int32(truncatingIfNeeded: count)))
  }

  // MARK: Records

  /// The fields of a record, in the writer's order; those that we do not know are passed over.
  private mutating func compile(
    _ fields: [AvroField], _ targets: [String: Target], required: [String], path: String
  ) throws(AvroSchemaError) {
    for name in required where !fields.contains(where: { $0.name == name }) {
      throw fails("\(path).\(name)", "there is no such field, and ours has no default")
    }
    for field in fields {
      guard let target = targets[field.name],
        target != .mark || schema.canMark(field.type)
      else {
        skip(field.type)
        continue
      }
      let name =
        target == .session
        ? .session : FieldName.allCases.first { "\($0.text)" == field.name } ?? .none
      try compile(field.type, name, target, path: "\(path).\(field.name)")
    }
  }

  private mutating func compile(
    _ type: Int, _ field: FieldName, _ target: Target, path: String
  ) throws(AvroSchemaError) {
    if target == .event { return try compileEvent(type, path: path) }
    if case .union(let branches) = schema.types[type] {
      let mismatch = mismatch(type, target)
      return try compile(branches, path: path, mismatch) {
        compiler, branch throws(AvroSchemaError) in
        if compiler.read(branch, field, target) { return true }
        if target == .mark {
          compiler.skip(branch)
          return true
        }
        compiler.append(.flaw, field, fault: AvroEventCompiler.fault(of: target))
        compiler.skip(branch)
        return false
      }
    }
    if !read(type, field, target) {
      throw fails(path, mismatch(type, target))
    }
  }

  /// A branch's steps for each of the writer's branches; at least one must resolve, as `body` says.
  private mutating func compile(
    _ branches: [Int], path: String, _ mismatch: String,
    _ body: (inout AvroEventCompiler, Int) throws(AvroSchemaError) -> Bool
  ) throws(AvroSchemaError) {
    let table = tables.count
    tables += Array(repeating: -1, count: 2 * branches.count)
    append(.branch, operand: table, count: branches.count)
    var resolves = false
    var jumps: [Int] = []
    for (index, branch) in branches.enumerated() {
      tables[table + 2 * index] = Int32(truncatingIfNeeded: steps.count)
      let isResolved = try body(&self, branch)
      resolves = resolves || isResolved
      jumps.append(steps.count)
      append(.jump)
    }
    if !resolves { throw fails(path, mismatch) }
    for jump in jumps { steps[jump].operand = Int32(truncatingIfNeeded: steps.count) }
  }

  // MARK: Values

  /// Appends the step that walks over a value.
  private mutating func skip(_ type: Int) {
    switch schema.types[type] {
    case .null: break
    case .string: append(.skipText)
    case .float: append(.skipBytes, operand: 4)
    case .double: append(.skipBytes, operand: 8)
    case .fixed(_, let size): append(.skipBytes, operand: size)
    default: append(.skip, operand: type)
    }
  }

  /// Appends the step that reads the writer's type as ours, promotions included; false where there
  /// is none (spec, "Schema Resolution").
  private mutating func read(_ type: Int, _ field: FieldName, _ target: Target) -> Bool {
    let writer = schema.types[type]
    if target == .status {
      guard case .enumeration(_, let symbols, _) = writer else { return false }
      appendStatus(symbols)
      return true
    }
    if target == .time {
      guard let unit = schema.timeUnit(of: type) else { return false }
      if unit != .milliseconds {
        append(.fineTime, field, operand: Int(unit.rawValue))
        return true
      }
    }
    guard let ours = target.type,
      let operation = AvroEventStep.Operation(reading: writer, as: ours)
    else { return false }
    append(operation, field)
    return true
  }

  private mutating func appendStatus(_ symbols: [String]) {
    append(.status, .status, operand: tables.count, count: symbols.count)
    for symbol in symbols {
      let status = SessionStatus.allCases.first { "\($0.symbol)" == symbol }
      tables.append(status.map { Int32($0.rawValue) } ?? -1)
    }
  }

  // MARK: The event union

  private mutating func compileEvent(_ type: Int, path: String) throws(AvroSchemaError) {
    guard case .union(let branches) = schema.types[type] else {
      if try !compileBranch(type, path: path) {
        throw fails(path, "\(schema.name(of: type)) is none of our events")
      }
      return
    }
    try compile(branches, path: path, "none of the writer's branches is one of ours") {
      compiler, branch throws(AvroSchemaError) in
      try compiler.compileBranch(branch, path: path)
    }
  }

  /// One branch; where it is none of ours, a record that has it is no event. So is a `SessionClosed` of
  /// the writer's own, with other fields.
  private mutating func compileBranch(_ type: Int, path: String) throws(AvroSchemaError) -> Bool {
    let kind = eventKind(type)
    guard case .record(let name, let fields) = schema.types[type], let kind,
      kind != .sessionClosed || purpose == .reading
    else {
      if kind == .sessionClosed && sessions.replacesOld {
        append(.flaw, .event, fault: .oldClosing)
        skip(type)
      } else {
        appendUnknown(type)
      }
      return false
    }
    var reading = self
    do {
      try reading.compile(kind, fields, path: "\(path).\(name.unqualified)")
    } catch {
      if kind != .sessionClosed { throw error }
      appendUnknown(type)
      return false
    }
    self = reading
    return true
  }

  private mutating func appendUnknown(_ type: Int) {
    if case .null = schema.types[type] {
      append(.flaw, .event, fault: .expectedBranch)
    } else {
      append(.flaw, .event, fault: .unknownBranch)
    }
    skip(type)
  }

  private mutating func compile(
    _ kind: EventKind, _ fields: [AvroField], path inside: String
  ) throws(AvroSchemaError) {
    kinds.insert(kind)
    append(.kind, operand: Int(kind.rawValue))
    let targets = AvroEventCompiler.targets(of: kind)
    var reading = self
    try reading.compile(fields, targets, required: targets.keys.sorted(), path: inside)
    if purpose == .reading {
      self = reading
    } else {
      // What is not read must be there all the same: who reads the output relies on it.
      try compile(fields, [:], required: [], path: inside)
    }
  }

  /// The event of ours that a record's name says, namespaces aside.
  private func eventKind(_ type: Int) -> EventKind? {
    guard case .record(let name, _) = schema.types[type] else { return nil }
    return EventKind.allCases.first { "\($0.name)" == name.unqualified }
  }

  static func targets(of kind: EventKind) -> [String: Target] {
    switch kind {
    case .deviceWokeUp, .allDataSent: [:]
    case .dataReceived: ["name": .text, "value": .double]
    case .sessionClosed:
      ["status": .status, "start": .time, "end": .time, "events": .long, "partial": .boolean]
    }
  }

  /// Why data of a type are no data of ours.
  private func mismatch(_ type: Int, _ target: Target) -> String {
    "it is \(schema.described(type)), ours is \(AvroEventCompiler.name(target))"
  }

  private static func name(_ target: Target) -> String {
    switch target {
    case .time: "a time: long, or timestamp-millis, -micros or -nanos"
    case .text, .session: "string"
    case .long: "long"
    case .double: "double"
    case .boolean, .mark: "boolean"
    case .status: "enum"
    case .event: "union"
    }
  }

  private static func fault(of target: Target) -> Fault {
    switch target {
    case .text, .session: .expectedString
    case .time, .long, .double: .expectedNumber
    case .boolean, .mark: .expectedBoolean
    case .status: .unknownStatus
    case .event: .expectedBranch
    }
  }
}
