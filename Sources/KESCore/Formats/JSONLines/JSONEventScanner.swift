// One event in JSON: finds its key, time, role and the rest, and checks it against the schema.

/// Reads records of the schemas `Event` and `SessionEvent` (cli.md, section 1) in the Avro JSON
/// encoding: members in any order, white space, escapes, numbers in any spelling, unknown members
/// anywhere but in the union. Of members that come twice the last counts.
struct JSONEventScanner {
  /// Which of the two schemas the input follows.
  enum Schema { case event, sessionEvent }

  var scanner = JSONScanner()
  private(set) var faultField: FieldName = .none
  var event = ScannedEvent()
  let schema: Schema
  let sessions: SessionFields
  /// What the session is called where that is not the usual name.
  let sessionName: [UInt8]?
  /// Whether events that have such fields already are as they are to be.
  private let admitsTaken: Bool
  /// The places of members that are taken out, in their order; to be cleared by who used them.
  var cuts: [Range<Int>] = []
  /// Whether the member scanned last is one.
  private var isCut = false
  private let scratch = Scratch()
  // The value read last, on its way into `event`.
  private var lastText = ScannedEvent.Text()
  private var lastNumber: Int64 = 0
  private var lastBoolean = false
  // Of an outline.
  private var branchCount = 0
  private var isUnknown = false

  /// - Parameters:
  ///   - sessions: how the fields of sessions are called.
  ///   - admitsTaken: whether an `Event` may have such fields.
  init(schema: Schema, sessions: SessionFields = .usual, admitsTaken: Bool = false) {
    self.schema = schema
    self.sessions = sessions
    self.admitsTaken = admitsTaken
    sessionName = sessions.unusualName
  }

  /// Scans the record at `start`; returns the place of the line feed behind it, or
  /// `JSONScanner.failed` with the fault in `scanner` and `faultField`.
  @inline(__always)
  mutating func scan(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    let end = scanCanonical(bytes, start)
    return end >= 0 ? end : scanGenerally(bytes, start)
  }

  /// The same as `scan` for any spelling of the record.
  @inline(never)
  mutating func scanGenerally(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    event = ScannedEvent()
    faultField = .none
    if !cuts.isEmpty { cuts.removeAll(keepingCapacity: true) }
    var index = scanner.skipSpace(bytes, start)
    guard bytes[index] == UInt8(ascii: "{") else { return scanner.fail(.expectedObject, at: index) }
    index = members(bytes, index, of: .record)
    if index < 0 { return JSONScanner.failed }
    index = scanner.skipSpace(bytes, index)
    guard bytes[index] == UInt8(ascii: "\n") else { return scanner.fail(.trailingBytes, at: index) }
    return isComplete(recordAt: start) ? index : JSONScanner.failed
  }

  // MARK: Objects

  /// Which object of the schema the members belong to; `outline` and `names` are those of a record, and
  /// of its event, of which only names are looked at.
  private enum Level { case record, union, branch, outline, names }

  /// The members of the object whose brace stands at `start`, up to behind its closing brace.
  private mutating func members(_ bytes: Span<UInt8>, _ start: Int, of level: Level) -> Int {
    var index = scanner.skipSpace(bytes, start &+ 1)
    if bytes[index] == UInt8(ascii: "}") { return index &+ 1 }
    // The comma before the member at hand, where a member before that stays.
    var comma = -1
    while true {
      guard bytes[index] == UInt8(ascii: "\"") else { return scanner.fail(.expectedKey, at: index) }
      let keyStart = index &+ 1
      index = scanner.string(bytes, index)
      if index < 0 { return JSONScanner.failed }
      let key = ScannedEvent.Text(
        start: keyStart, end: index &- 1, hasEscapes: scanner.stringHasEscapes)
      index = scanner.skipSpace(bytes, index)
      guard bytes[index] == UInt8(ascii: ":") else {
        return scanner.fail(.expectedColon, at: index)
      }
      index = scanner.skipSpace(bytes, index &+ 1)
      isCut = false
      switch level {
      case .record: index = recordMember(bytes, key, index)
      case .union: index = branch(bytes, key, index)
      case .branch: index = branchMember(bytes, key, index)
      case .outline: index = outlineMember(bytes, key, index)
      case .names:
        branchCount += 1
        isUnknown = branchKind(bytes, key) == nil
        index = scanner.value(bytes, index)
      }
      if index < 0 { return JSONScanner.failed }
      let (valueEnd, cutsMember) = (index, isCut)
      index = scanner.skipSpace(bytes, index)
      let isLast = bytes[index] == UInt8(ascii: "}")
      if cutsMember && (comma >= 0 || isLast) {
        cuts.append((comma >= 0 ? comma : keyStart &- 1)..<valueEnd)
      }
      if isLast { return index &+ 1 }
      guard bytes[index] == UInt8(ascii: ",") else {
        return scanner.fail(.expectedComma, at: index)
      }
      let next = scanner.skipSpace(bytes, index &+ 1)
      if cutsMember && comma < 0 { cuts.append((keyStart &- 1)..<next) } else { comma = index }
      index = next
    }
  }

  @inline(__always)
  private mutating func recordMember(
    _ bytes: Span<UInt8>, _ key: ScannedEvent.Text, _ index: Int
  ) -> Int {
    switch recordField(bytes, key) {
    case .device:
      let end = text(bytes, index, .device)
      event.device = lastText
      return end
    case .timestamp: return timestamp(bytes, index)
    case .event: return union(bytes, index)
    case .session: return session(bytes, key, index)
    case .duplicate: return duplicate(bytes, key, index)
    default: return scanner.value(bytes, index)
    }
  }

  /// The session that a session event has, or that an event must not have.
  private mutating func session(
    _ bytes: Span<UInt8>, _ key: ScannedEvent.Text, _ index: Int
  ) -> Int {
    if schema == .event { return taken(.session, bytes, key, index) }
    if sessions.replacesOld && bytes[index] != UInt8(ascii: "\"") {
      return scanner.value(bytes, index)
    }
    let end = text(bytes, index, .session)
    event.session = lastText
    return end
  }

  /// A mark of kes-segment (R7); what is no boolean is another's, and says nothing.
  private mutating func duplicate(
    _ bytes: Span<UInt8>, _ key: ScannedEvent.Text, _ index: Int
  ) -> Int {
    if schema == .event {
      return sessions.marksDuplicates
        ? taken(.duplicate, bytes, key, index) : scanner.value(bytes, index)
    }
    event.isDuplicate = bytes[index] == UInt8(ascii: "t")
    return scanner.value(bytes, index)
  }

  /// A member of an event that is to be written anew behind it: it goes, or the event is refused.
  private mutating func taken(
    _ field: FieldName, _ bytes: Span<UInt8>, _ key: ScannedEvent.Text, _ index: Int
  ) -> Int {
    let end = scanner.value(bytes, index)
    if admitsTaken || end < 0 { return end }
    if !sessions.replacesOld { return fail(.fieldTaken, field, key.start &- 1) }
    isCut = true
    return end
  }

  /// The field of a record that a key names.
  @inline(__always)
  private mutating func recordField(_ bytes: Span<UInt8>, _ key: ScannedEvent.Text) -> FieldName {
    let field = field(bytes, key)
    guard let sessionName else { return field }
    return isNamed(sessionName, bytes, key) ? .session : field == .session ? .none : field
  }

  @inline(never)
  private func isNamed(
    _ name: [UInt8], _ bytes: Span<UInt8>, _ key: ScannedEvent.Text
  ) -> Bool {
    key.hasEscapes
      ? scratch.withUnescaped(bytes, key) { $0.hasSameBytes(as: name.span) }
      : bytes.extracting(key.start..<key.end).hasSameBytes(as: name.span)
  }

  private mutating func branchMember(
    _ bytes: Span<UInt8>, _ key: ScannedEvent.Text, _ index: Int
  ) -> Int {
    let field = field(bytes, key)
    let end: Int
    switch (event.kind, field) {
    case (.dataReceived, .name):
      end = text(bytes, index, field)
      event.name = lastText
    case (.dataReceived, .value):
      end = double(bytes, index)
    case (.sessionClosed, .status):
      end = status(bytes, index)
    case (.sessionClosed, .start):
      end = wholeNumber(bytes, index, field)
      event.start = lastNumber
      event.startText = ScannedEvent.Text(start: index, end: end)
    case (.sessionClosed, .end):
      end = wholeNumber(bytes, index, field)
      event.end = lastNumber
      event.endText = ScannedEvent.Text(start: index, end: end)
    case (.sessionClosed, .events):
      end = wholeNumber(bytes, index, field)
      event.events = lastNumber
    case (.sessionClosed, .partial):
      end = boolean(bytes, index, field)
      event.isPartial = lastBoolean
    default:
      end = scanner.value(bytes, index)
    }
    return end
  }

  /// The value of `event`: an object with one member, named after the branch.
  @inline(__always)
  private mutating func union(_ bytes: Span<UInt8>, _ index: Int) -> Int {
    guard bytes[index] == UInt8(ascii: "{") else {
      return fail(.expectedBranch, .event, bytes, index)
    }
    event.kind = nil
    let end = members(bytes, index, of: .union)
    if end >= 0 && event.kind == nil { return fail(.expectedBranch, .event, index) }
    return end
  }

  private mutating func branch(
    _ bytes: Span<UInt8>, _ key: ScannedEvent.Text, _ index: Int
  ) -> Int {
    if event.kind != nil { return fail(.severalBranches, .event, key.start &- 1) }
    guard let kind = branchKind(bytes, key) else {
      return fail(.unknownBranch, .event, key.start &- 1)
    }
    guard bytes[index] == UInt8(ascii: "{") else {
      return fail(.expectedBranch, .event, bytes, index)
    }
    event.kind = kind
    return members(bytes, index, of: .branch)
  }

  // MARK: Unknown events

  /// Whether the line at `start` is an object whose event has one name that the schema does not have,
  /// whatever else is in it. Not for the record path.
  func isOfUnknownEvent(_ bytes: Span<UInt8>, _ start: Int) -> Bool {
    var outline = JSONEventScanner(schema: schema)
    outline.scanner.recordEnd = scanner.recordEnd
    let brace = outline.scanner.skipSpace(bytes, start)
    if bytes[brace] != UInt8(ascii: "{") { return false }
    let end = outline.members(bytes, brace, of: .outline)
    if end < 0 || bytes[outline.scanner.skipSpace(bytes, end)] != UInt8(ascii: "\n") {
      return false
    }
    return outline.branchCount == 1 && outline.isUnknown
  }

  private mutating func outlineMember(
    _ bytes: Span<UInt8>, _ key: ScannedEvent.Text, _ index: Int
  ) -> Int {
    guard field(bytes, key) == .event else { return scanner.value(bytes, index) }
    branchCount = 0
    return bytes[index] == UInt8(ascii: "{")
      ? members(bytes, index, of: .names) : scanner.value(bytes, index)
  }

  // MARK: Names

  /// The field that a key names, escapes resolved; `.none` for all others.
  @inline(__always)
  private mutating func field(_ bytes: Span<UInt8>, _ key: ScannedEvent.Text) -> FieldName {
    key.hasEscapes
      ? scratch.withUnescaped(bytes, key) { JSONEventScanner.fieldName($0) }
      : JSONEventScanner.fieldName(bytes.extracting(key.start..<key.end))
  }

  @inline(__always)
  private static func fieldName(_ name: Span<UInt8>) -> FieldName {
    switch name.count {
    case 3: name.equals("end") ? .end : .none
    case 4: name.equals("name") ? .name : .none
    case 5:
      name.equals("event")
        ? .event : name.equals("value") ? .value : name.equals("start") ? .start : .none
    case 6:
      name.equals("device")
        ? .device : name.equals("status") ? .status : name.equals("events") ? .events : .none
    case 7: name.equals("session") ? .session : name.equals("partial") ? .partial : .none
    case 9: name.equals("timestamp") ? .timestamp : name.equals("duplicate") ? .duplicate : .none
    default: .none
    }
  }

  @inline(__always)
  private mutating func branchKind(_ bytes: Span<UInt8>, _ key: ScannedEvent.Text) -> EventKind? {
    let kind =
      key.hasEscapes
      ? scratch.withUnescaped(bytes, key) { JSONEventScanner.kind($0) }
      : JSONEventScanner.kind(bytes.extracting(key.start..<key.end))
    if kind == .sessionClosed && schema == .event && !sessions.replacesOld { return nil }
    return kind
  }

  /// The branch of that name, with or without a namespace before it (`AvroName.unqualified`).
  @inline(__always)
  private static func kind(_ name: Span<UInt8>) -> EventKind? {
    if name.equals("DataReceived") { return .dataReceived }
    if name.equals("DeviceWokeUp") { return .deviceWokeUp }
    if name.equals("AllDataSent") { return .allDataSent }
    if name.equals("SessionClosed") { return .sessionClosed }
    var dot = name.count - 1
    while dot >= 0 && name[dot] != UInt8(ascii: ".") && name[dot] != UInt8(ascii: "$") { dot -= 1 }
    return dot < 0 ? nil : kind(name.extracting((dot + 1)..<name.count))
  }

  // MARK: Values of a known type

  @inline(__always)
  private mutating func text(_ bytes: Span<UInt8>, _ index: Int, _ field: FieldName) -> Int {
    guard bytes[index] == UInt8(ascii: "\"") else {
      return fail(.expectedString, field, bytes, index)
    }
    let end = scanner.string(bytes, index)
    lastText = ScannedEvent.Text(
      start: index &+ 1, end: end &- 1, hasEscapes: scanner.stringHasEscapes)
    return end
  }

  @inline(__always)
  private mutating func timestamp(_ bytes: Span<UInt8>, _ index: Int) -> Int {
    let end = wholeNumber(bytes, index, .timestamp)
    event.time = lastNumber
    event.timeText = ScannedEvent.Text(start: index, end: end)
    return end
  }

  /// A whole number: up to 18 plain digits at once, every other spelling with care.
  @inline(__always)
  private mutating func wholeNumber(
    _ bytes: Span<UInt8>, _ start: Int, _ field: FieldName
  ) -> Int {
    var index = start
    var value: Int64 = 0
    while JSONScanner.isDigit(bytes[index]) && index &- start < 18 {
      value = value &* 10 &+ Int64(bytes[index] &- UInt8(ascii: "0"))
      index &+= 1
    }
    let isPlain = index > start && bytes[start] != UInt8(ascii: "0")
    let next = bytes[index]
    if isPlain && (next == UInt8(ascii: ",") || next == UInt8(ascii: "}")) {
      lastNumber = value
      return index
    }
    return wholeNumberSlowly(bytes, start, field)
  }

  @inline(never)
  private mutating func wholeNumberSlowly(
    _ bytes: Span<UInt8>, _ start: Int, _ field: FieldName
  ) -> Int {
    guard bytes[start] == UInt8(ascii: "-") || JSONScanner.isDigit(bytes[start]) else {
      return fail(.expectedNumber, field, bytes, start)
    }
    let end = scanner.number(bytes, start)
    if end < 0 { return JSONScanner.failed }
    switch WholeNumber.parse(bytes.extracting(start..<end)) {
    case .value(let value):
      lastNumber = value
      return end
    case .fraction: return fail(.notWhole, field, start)
    case .outOfRange: return fail(.outOfRange, field, start)
    }
  }

  @inline(__always)
  private mutating func double(_ bytes: Span<UInt8>, _ index: Int) -> Int {
    guard bytes[index] == UInt8(ascii: "-") || JSONScanner.isDigit(bytes[index]) else {
      return doubleInQuotes(bytes, index)
    }
    let end = scanner.number(bytes, index)
    event.value = ScannedEvent.Text(start: index, end: end)
    return end
  }

  /// What JSON has no number for, as Avro's Java encoder writes it: `"NaN"`, `"Infinity"`,
  /// `"-Infinity"`.
  @inline(never)
  private mutating func doubleInQuotes(_ bytes: Span<UInt8>, _ index: Int) -> Int {
    guard bytes[index] == UInt8(ascii: "\"") else {
      return fail(.expectedNumber, .value, bytes, index)
    }
    let end = scanner.string(bytes, index)
    if end < 0 { return JSONScanner.failed }
    let text = bytes.extracting(index + 1..<end - 1)
    guard text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity") else {
      return fail(.expectedNumber, .value, index)
    }
    event.value = ScannedEvent.Text(start: index + 1, end: end - 1)
    return end
  }

  private mutating func boolean(_ bytes: Span<UInt8>, _ index: Int, _ field: FieldName) -> Int {
    lastBoolean = bytes[index] == UInt8(ascii: "t")
    guard lastBoolean || bytes[index] == UInt8(ascii: "f") else {
      return fail(.expectedBoolean, field, bytes, index)
    }
    return scanner.literal(bytes, index)
  }

  private mutating func status(_ bytes: Span<UInt8>, _ index: Int) -> Int {
    guard bytes[index] == UInt8(ascii: "\"") else {
      return fail(.expectedString, .status, bytes, index)
    }
    let end = scanner.string(bytes, index)
    if end < 0 { return JSONScanner.failed }
    let symbol = bytes.extracting((index + 1)..<(end - 1))
    for status in SessionStatus.allCases where symbol.equals(status.symbol) {
      event.status = status
      return end
    }
    return fail(.unknownStatus, .status, index)
  }

  // MARK: Faults

  /// Makes a record that scanned a wrong one.
  mutating func refuse(_ fault: Fault, _ field: FieldName, at offset: Int) {
    _ = fail(fault, field, offset)
  }

  private mutating func fail(_ fault: Fault, _ field: FieldName, _ offset: Int) -> Int {
    faultField = field
    return scanner.fail(fault, at: offset)
  }

  /// A value of the wrong type: a fault of the format if it is not even JSON.
  @inline(never)
  private mutating func fail(
    _ fault: Fault, _ field: FieldName, _ bytes: Span<UInt8>, _ offset: Int
  ) -> Int {
    if scanner.value(bytes, offset) < 0 { return JSONScanner.failed }
    return fail(fault, field, offset)
  }

  /// Whether all that the schema requires is there; the first missing field becomes the fault.
  @inline(__always)
  private mutating func isComplete(recordAt start: Int) -> Bool {
    if !event.device.isPresent { return isMissing(.device, start) }
    if !event.timeText.isPresent { return isMissing(.timestamp, start) }
    switch event.kind {
    case nil: return isMissing(.event, start)
    case .deviceWokeUp, .allDataSent: return true
    case .dataReceived:
      if !event.name.isPresent { return isMissing(.name, start) }
      if !event.value.isPresent { return isMissing(.value, start) }
      return true
    case .sessionClosed:
      if event.status == nil { return isMissing(.status, start) }
      if event.start == nil { return isMissing(.start, start) }
      if event.end == nil { return isMissing(.end, start) }
      if event.events == nil { return isMissing(.events, start) }
      if event.isPartial == nil { return isMissing(.partial, start) }
      return true
    }
  }

  @inline(never)
  private mutating func isMissing(_ field: FieldName, _ start: Int) -> Bool {
    _ = fail(.missingField, field, start)
    return false
  }
}

/// A place for one unescaped key at a time; rare, so an allocation is no matter.
private struct Scratch {
  func withUnescaped<Result>(
    _ bytes: Span<UInt8>, _ text: ScannedEvent.Text, _ body: (Span<UInt8>) -> Result
  ) -> Result {
    var block = ByteBlock(capacity: text.end - text.start)
    JSONText.unescape(bytes.extracting(text.start..<text.end), to: &block)
    return block.withBytes(body)
  }
}
