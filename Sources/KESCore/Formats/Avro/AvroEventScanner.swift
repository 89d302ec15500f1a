// Runs a plan over the data of one event.

/// Reads events by their schema's plan.
struct AvroEventScanner {
  var reader = AvroReader()
  /// What the scan found; of the details only what the plan reads.
  private var key = TextRange.empty
  private(set) var time: Int64 = 0
  private var kind = EventKind.dataReceived
  private var detail = EventDetail(kind: .dataReceived)

  /// The details of the event scanned last.
  var detailOfKind: EventDetail {
    var known = detail
    known.kind = kind
    return known
  }

  /// How far the event scanned last is ahead of the clock, in milliseconds.
  func ahead(of limit: AheadLimit) -> UInt64 {
    limit.now.elapsed(until: EventTime(milliseconds: time))
  }

  /// The event scanned last, which stood from `start` to `end`.
  @inline(__always)
  func record(at start: Int, _ end: Int, position: Int64, schema: UInt16) -> Record {
    var record = Record(
      offset: start, length: end &- start, key: key, time: EventTime(milliseconds: time),
      position: position, role: kind.role)
    record.schema = schema
    return record
  }

  /// Scans the event at `start`; returns the place behind it, or `AvroReader.failed` with the fault
  /// in `reader`. Where `reader.flaw` is set, what stands there is no event.
  @inline(__always)
  mutating func scan(
    _ steps: Span<AvroEventStep>, _ tables: Span<Int32>, _ layout: borrowing AvroLayout,
    _ bytes: Span<UInt8>, _ start: Int
  ) -> Int {
    reader.beginRecord()
    detail.hasSession = false
    detail.isDuplicate = false
    detail.timeUnit = .milliseconds
    var index = start
    var place = 0
    while index >= 0 {
      let step = steps[place]
      place &+= 1
      switch step.operation {
      case .usualStart:
        let found = usualStart(step, tables, bytes, index)
        if found.place > 0 { (index, place) = found }
      case .skipText: index = reader.string(bytes, index)
      case .skipBytes: index = reader.skip(Int(step.operand), bytes, index)
      case .text: index = text(step.field, bytes, index)
      case .long: index = long(step.field, bytes, index)
      case .branch:
        index = reader.index(below: Int(step.count), .badBranch, bytes, index)
        if index >= 0 { place = take(Int(step.operand) &+ 2 &* Int(reader.value), of: tables) }
      case .jump: place = Int(step.operand)
      case .end: return index
      default: index = rarer(step, tables, layout, bytes, index)
      }
    }
    return AvroReader.failed
  }

  /// How long a key may be in the usual start, and how many bytes must be there so that every word
  /// of it may be loaded.
  private static let greatestUsualKey = 31
  private static let usualRoom = 64

  /// Reads device, timestamp and branch, where the device is ASCII and not long. Returns the place
  /// behind them and the next step; a step of 0 where they are not usual.
  @inline(__always)
  private mutating func usualStart(
    _ step: AvroEventStep, _ tables: Span<Int32>, _ bytes: Span<UInt8>, _ start: Int
  ) -> (index: Int, place: Int) {
    guard start &+ AvroEventScanner.usualRoom <= bytes.count else { return (start, 0) }
    let head = bytes.extracting(start..<start &+ AvroEventScanner.usualRoom)
    let length = Int(head[0] >> 1)
    guard head[0] & 1 == 0, length <= AvroEventScanner.greatestUsualKey,
      head.isASCII(1, 1 &+ length)
    else { return (start, 0) }
    let timeEnd = reader.long(head, 1 &+ length)
    guard timeEnd >= 0, head[timeEnd] & 0x81 == 0, head[timeEnd] >> 1 < step.count else {
      return (start, 0)
    }
    key = TextRange(offset: start &+ 1, length: length)
    time = reader.value
    detail.timeText = TextRange(
      offset: start &+ 1 &+ length, length: timeEnd &- 1 &- length)
    let place = take(Int(step.operand) &+ 2 &* Int(head[timeEnd] >> 1), of: tables)
    return (start &+ timeEnd &+ 1, place)
  }

  /// Takes the kind of a branch; returns the place of its steps.
  @inline(__always)
  private mutating func take(_ entry: Int, of tables: Span<Int32>) -> Int {
    let raw = UInt8(truncatingIfNeeded: tables[entry &+ 1])
    if let known = EventKind(rawValue: raw) { kind = known }
    return Int(tables[entry])
  }

  /// The steps that few events need.
  @inline(never)
  private mutating func rarer(
    _ step: AvroEventStep, _ tables: Span<Int32>, _ layout: borrowing AvroLayout,
    _ bytes: Span<UInt8>, _ start: Int
  ) -> Int {
    switch step.operation {
    case .skip: return reader.skip(Int(step.operand), of: layout, bytes, start)
    case .kind: kind = EventKind(rawValue: UInt8(truncatingIfNeeded: step.operand)) ?? kind
    case .int:
      let end = reader.int(bytes, start)
      if end >= 0 { keep(reader.value, step.field, start, end) }
      return end
    case .fineTime: return fineTime(step, bytes, start)
    case .double, .float, .longAsDouble, .intAsDouble: return number(step.operation, bytes, start)
    case .boolean:
      let end = reader.boolean(bytes, start)
      if step.field == .partial { detail.isPartial = reader.value == 1 }
      if step.field == .duplicate { detail.isDuplicate = reader.value == 1 }
      return end
    case .status:
      let end = reader.index(below: Int(step.count), .badSymbol, bytes, start)
      if end >= 0 { keepStatus(tables[Int(step.operand) + Int(reader.value)], start) }
      return end
    case .flaw: reader.note(step.fault, step.field, at: start)
    default: break
    }
    return start
  }

  // MARK: Values

  @inline(__always)
  private mutating func text(_ field: FieldName, _ bytes: Span<UInt8>, _ start: Int) -> Int {
    let end = reader.string(bytes, start, field)
    if end < 0 { return end }
    let range = TextRange(offset: end &- Int(reader.value), length: Int(reader.value))
    switch field {
    case .device: key = range
    case .name: detail.name = range
    default:
      detail.session = range
      detail.hasSession = true
    }
    return end
  }

  @inline(__always)
  private mutating func long(_ field: FieldName, _ bytes: Span<UInt8>, _ start: Int) -> Int {
    let end = reader.long(bytes, start)
    if end >= 0 { keep(reader.value, field, start, end) }
    return end
  }

  @inline(__always)
  private mutating func keep(_ value: Int64, _ field: FieldName, _ start: Int, _ end: Int) {
    if field == .timestamp {
      time = value
      detail.timeText = TextRange(offset: start, length: end &- start)
    } else {
      keepClosing(value, field, start, end)
    }
  }

  @inline(never)
  private mutating func keepClosing(_ value: Int64, _ field: FieldName, _ start: Int, _ end: Int) {
    let range = TextRange(offset: start, length: end - start)
    switch field {
    case .start:
      detail.start = EventTime(milliseconds: value)
      detail.startText = range
      detail.startUnit = .milliseconds
    case .end:
      detail.end = EventTime(milliseconds: value)
      detail.endText = range
      detail.endUnit = .milliseconds
    default: detail.events = value
    }
  }

  private mutating func fineTime(
    _ step: AvroEventStep, _ bytes: Span<UInt8>, _ start: Int
  ) -> Int {
    let unit = TimeUnit(rawValue: UInt8(truncatingIfNeeded: step.operand)) ?? .milliseconds
    let end = reader.long(bytes, start)
    if end < 0 { return end }
    keep(unit.convert(reader.value, to: .milliseconds).value, step.field, start, end)
    switch step.field {
    case .timestamp: detail.timeUnit = unit
    case .start: detail.startUnit = unit
    default: detail.endUnit = unit
    }
    return end
  }

  private mutating func keepStatus(_ entry: Int32, _ offset: Int) {
    if let raw = UInt8(exactly: entry), let status = SessionStatus(rawValue: raw) {
      detail.status = status
    } else {
      reader.note(.unknownStatus, .status, at: offset)
    }
  }

  private mutating func number(
    _ operation: AvroEventStep.Operation, _ bytes: Span<UInt8>, _ start: Int
  ) -> Int {
    var end: Int
    switch operation {
    case .double:
      end = reader.skip(8, bytes, start)
      if end >= 0 { detail.value = Double(bitPattern: bytes.word(at: start)) }
    case .float:
      end = reader.skip(4, bytes, start)
      if end >= 0 { detail.value = Double(Float(bitPattern: bytes.halfWord(at: start))) }
    case .intAsDouble:
      end = reader.int(bytes, start)
      detail.value = Double(reader.value)
    default:
      end = reader.long(bytes, start)
      detail.value = Double(reader.value)
    }
    return end
  }
}
