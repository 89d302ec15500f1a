// Avro data as JSON text: any data, and events as JSON-lines have them.

/// Writes data of any schema in the Avro JSON encoding (spec 1.11, "JSON Encoding"): members in the
/// writer's order, without white space; a union's value as an object with the name of its branch,
/// or null; bytes as strings of U+0000 to U+00FF. What is not finite is written as `ByteBlock`
/// writes it: numbers that are too large, and the string `"NaN"`.
final class AvroJSONWriter {
  private let schema: AvroSchema
  let layout: AvroLayout
  var reader = AvroReader()
  /// Names of fields, branches and symbols as JSON strings, with a colon where one follows.
  private var names = ByteBlock()
  private(set) var ranges: [[TextRange]] = []
  /// The names of records without their namespaces, each with a colon.
  private(set) var branchNames: [TextRange] = []
  /// Which of our fields those of the datum are.
  private(set) var eventFields: [FieldName] = []
  /// The datum's field that marks duplicates (R7), where it is ours: the last but `session`.
  private(set) var markField: Int?
  /// Of each record, which of its fields ours of that name has, too.
  private(set) var isKnown: [[Bool]] = []
  /// The types of our times, which JSON-lines have in milliseconds, where they are not.
  private(set) var fineTimes: [Int: TimeUnit] = [:]

  /// - Parameter sessions: how the fields of sessions are called.
  init(_ schema: AvroSchema, sessions: SessionFields = .usual) {
    self.schema = schema
    layout = AvroLayout(schema)
    for type in schema.types {
      ranges.append(names(of: type))
      branchNames.append(range(of: AvroName.unqualified(type.name), ":"))
      isKnown.append(AvroJSONWriter.knownFields(of: type))
    }
    for time in schema.eventTimes {
      if let unit = schema.timeUnit(of: time), unit != .milliseconds { fineTimes[time] = unit }
    }
    let fields = schema.rootFields ?? []
    eventFields = fields.map { field in
      if field.name == sessions.session { return .session }
      if field.name == "session" { return .none }
      let name = FieldName.allCases.first { "\($0.text)" == field.name } ?? .none
      return name == .duplicate && !holdsBoolean(field.type) ? .none : name
    }
    if eventFields.suffix(2) == [.duplicate, .session],
      case .boolean = schema.types[fields[fields.count - 2].type]
    {
      markField = fields.count - 2
    }
  }

  /// Whether a field of a type can mark duplicates.
  private func holdsBoolean(_ type: Int) -> Bool {
    switch schema.types[type] {
    case .boolean: true
    case .union(let branches): branches.contains(where: holdsBoolean)
    default: false
    }
  }

  private static func knownFields(of type: AvroType) -> [Bool] {
    guard case .record(let name, let fields) = type else { return [] }
    let kind = EventKind.allCases.first { "\($0.name)" == name.unqualified }
    let known = kind.map { AvroEventPlan.fields(of: $0) } ?? []
    return fields.map { known.contains($0.name) }
  }

  private func names(of type: AvroType) -> [TextRange] {
    switch type {
    case .record(_, let fields): fields.map { range(of: $0.name, ":") }
    case .union(let branches): branches.map { range(of: schema.name(of: $0), ":") }
    case .enumeration(_, let symbols, _): symbols.map { range(of: $0, "") }
    default: []
    }
  }

  private func range(of name: String, _ suffix: String) -> TextRange {
    let start = names.count
    let bytes = Array(name.utf8)
    JSONText.appendString(bytes.span, to: &names)
    names.append(text: suffix)
    return TextRange(offset: start, length: names.count - start)
  }

  /// Appends the datum at `start`, which a decoder has walked over without finding fault.
  func append(_ bytes: Span<UInt8>, _ start: Int, to output: inout ByteBlock) {
    reader.beginRecord()
    _ = write(schema.root, bytes, start, &output)
  }

  func write(
    _ type: Int, _ bytes: Span<UInt8>, _ start: Int, _ output: inout ByteBlock
  ) -> Int {
    let node = layout[type]
    let end: Int
    switch node.kind {
    case .null:
      output.append("null")
      return start
    case .boolean:
      end = reader.boolean(bytes, start)
      output.append(reader.value == 1 ? "true" : "false")
    case .int, .long:
      end = reader.long(bytes, start)
      output.append(decimal: reader.value)
    case .float:
      end = reader.skip(4, bytes, start)
      if end >= 0 { append(Float(bitPattern: bytes.halfWord(at: start)), &output) }
    case .double:
      end = reader.skip(8, bytes, start)
      if end >= 0 { output.append(number: Double(bitPattern: bytes.word(at: start))) }
    case .string: end = writeText(bytes, start, &output)
    case .bytes:
      let contents = reader.length(bytes, start)
      if contents < 0 { return contents }
      end = contents + Int(reader.value)
      AvroJSONWriter.append(bytes.extracting(contents..<end), &output)
    case .fixed:
      end = reader.skip(Int(node.size), bytes, start)
      if end >= 0 { AvroJSONWriter.append(bytes.extracting(start..<end), &output) }
    case .enumeration:
      end = reader.index(below: Int(node.size), .badSymbol, bytes, start)
      if end >= 0 { append(ranges[type][Int(reader.value)], &output) }
    case .array, .map, .union, .record:
      if !reader.enter() { return reader.fail(.tooDeep, at: start) }
      end = writeInside(type, node, bytes, start, &output)
      reader.leave()
    }
    return end
  }

  private func writeInside(
    _ type: Int, _ node: AvroLayout.Node, _ bytes: Span<UInt8>, _ start: Int,
    _ output: inout ByteBlock
  ) -> Int {
    switch node.kind {
    case .union: return writeUnion(type, node, bytes, start, &output)
    case .record: return writeRecord(type, node, bytes, start, &output)
    default: return writeItems(node, bytes, start, &output)
    }
  }

  private func writeUnion(
    _ type: Int, _ node: AvroLayout.Node, _ bytes: Span<UInt8>, _ start: Int,
    _ output: inout ByteBlock
  ) -> Int {
    var index = reader.index(below: Int(node.size), .badBranch, bytes, start)
    if index < 0 { return index }
    let branch = Int(reader.value)
    let inside = layout.child(branch, of: node)
    if layout[inside].kind == .null { return write(inside, bytes, index, &output) }
    output.append(UInt8(ascii: "{"))
    append(ranges[type][branch], &output)
    index = write(inside, bytes, index, &output)
    output.append(UInt8(ascii: "}"))
    return index
  }

  private func writeRecord(
    _ type: Int, _ node: AvroLayout.Node, _ bytes: Span<UInt8>, _ start: Int,
    _ output: inout ByteBlock
  ) -> Int {
    var index = start
    output.append(UInt8(ascii: "{"))
    for field in 0..<Int(node.size) where index >= 0 {
      if field > 0 { output.append(UInt8(ascii: ",")) }
      append(ranges[type][field], &output)
      index = write(layout.child(field, of: node), bytes, index, &output)
    }
    output.append(UInt8(ascii: "}"))
    return index
  }

  private func writeItems(
    _ node: AvroLayout.Node, _ bytes: Span<UInt8>, _ start: Int, _ output: inout ByteBlock
  ) -> Int {
    let isMap = node.kind == .map
    let inside = layout.child(0, of: node)
    let emptyValues = isMap ? 0 : Int64(layout[inside].emptyValues)
    var isFirst = true
    var index = start
    output.append(isMap ? UInt8(ascii: "{") : UInt8(ascii: "["))
    while index >= 0 {
      index = reader.itemCount(bytes, index, emptyValues: emptyValues)
      let count = reader.value
      if index < 0 || count == 0 { break }
      for _ in 0..<count where index >= 0 {
        if !isFirst { output.append(UInt8(ascii: ",")) }
        isFirst = false
        if isMap { index = writeKey(bytes, index, &output) }
        if index >= 0 { index = write(inside, bytes, index, &output) }
      }
    }
    output.append(isMap ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    return index
  }

  private func writeKey(
    _ bytes: Span<UInt8>, _ start: Int, _ output: inout ByteBlock
  ) -> Int {
    let end = writeText(bytes, start, &output)
    if end >= 0 { output.append(UInt8(ascii: ":")) }
    return end
  }

  // MARK: Values

  func writeText(_ bytes: Span<UInt8>, _ start: Int, _ output: inout ByteBlock) -> Int {
    let end = reader.string(bytes, start)
    if end >= 0 {
      JSONText.appendString(bytes.extracting(end - Int(reader.value)..<end), to: &output)
    }
    return end
  }

  @inline(__always)
  func append(_ name: TextRange, _ output: inout ByteBlock) {
    output.append(names, Int(name.offset), name.length)
  }

  private func append(_ value: Float, _ output: inout ByteBlock) {
    if value.isFinite {
      output.append(text: value.description)
    } else {
      output.append(number: Double(value))
    }
  }

  /// Bytes as a string of characters U+0000 to U+00FF.
  private static func append(_ bytes: Span<UInt8>, _ output: inout ByteBlock) {
    var text = ByteBlock(capacity: bytes.count)
    for index in 0..<bytes.count {
      let byte = bytes[index]
      if byte < 0x80 {
        text.append(byte)
      } else {
        text.append(0xC0 | byte >> 6)
        text.append(0x80 | byte & 0x3F)
      }
    }
    text.withBytes { JSONText.appendString($0, to: &output) }
  }
}

extension AvroJSONWriter {
  /// Appends the event at `start`, which a decoder has read without finding fault: as the Avro JSON
  /// encoding of its own schema, but for what is ours (cli.md, section 1). Device, time, event and
  /// session are written as data of our schemas, so that every reader of JSON-lines finds them,
  /// whatever the writer has for them: a union, bytes, a namespace, microseconds. `duplicate` is written where it
  /// is true, as kes-segment writes it.
  func appendEvent(_ bytes: Span<UInt8>, _ start: Int, to output: inout ByteBlock) {
    reader.beginRecord()
    let node = layout[layout.root]
    var index = start
    var isFirst = true
    output.append(UInt8(ascii: "{"))
    for field in 0..<Int(node.size) where index >= 0 {
      let type = layout.child(field, of: node)
      if field == markField {
        index = reader.boolean(bytes, index)
        if reader.value == 0 { continue }
        output.append(",\"duplicate\":true")
        continue
      }
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      append(ranges[layout.root][field], &output)
      switch eventFields[field] {
      case .event: index = writeBranch(type, bytes, index, &output)
      case .device, .timestamp, .session, .duplicate:
        index = writeKnown(type, bytes, index, &output)
      default: index = write(type, bytes, index, &output)
      }
    }
    output.append(UInt8(ascii: "}"))
  }

  /// A value of one of our fields: that of the branch, where it is in a union; bytes as the text, a
  /// float as the double that they are to us.
  private func writeKnown(
    _ type: Int, _ bytes: Span<UInt8>, _ start: Int, _ output: inout ByteBlock
  ) -> Int {
    let node = layout[type]
    switch node.kind {
    case .union:
      let index = reader.index(below: Int(node.size), .badBranch, bytes, start)
      if index < 0 { return index }
      return writeKnown(layout.child(Int(reader.value), of: node), bytes, index, &output)
    case .bytes: return writeText(bytes, start, &output)
    case .float:
      let end = reader.skip(4, bytes, start)
      if end >= 0 { output.append(number: Double(Float(bitPattern: bytes.halfWord(at: start)))) }
      return end
    case .long:
      guard !fineTimes.isEmpty, let unit = fineTimes[type] else {
        return write(type, bytes, start, &output)
      }
      let end = reader.long(bytes, start)
      output.append(decimal: unit.convert(reader.value, to: .milliseconds).value)
      return end
    default: return write(type, bytes, start, &output)
    }
  }

  /// The value of `event`: an object with one member, named after the branch without its namespace.
  private func writeBranch(
    _ type: Int, _ bytes: Span<UInt8>, _ start: Int, _ output: inout ByteBlock
  ) -> Int {
    let node = layout[type]
    if node.kind == .union {
      let index = reader.index(below: Int(node.size), .badBranch, bytes, start)
      if index < 0 { return index }
      return writeBranch(layout.child(Int(reader.value), of: node), bytes, index, &output)
    }
    var index = start
    output.append(UInt8(ascii: "{"))
    append(branchNames[type], &output)
    output.append(UInt8(ascii: "{"))
    for field in 0..<Int(node.size) where index >= 0 {
      if field > 0 { output.append(UInt8(ascii: ",")) }
      append(ranges[type][field], &output)
      let inside = layout.child(field, of: node)
      index =
        isKnown[type][field]
        ? writeKnown(inside, bytes, index, &output) : write(inside, bytes, index, &output)
    }
    output.append("}}")
    return index
  }
}

/// Writes Avro records as events in JSON-lines.
public final class AvroJSONConverter: RecordConverter {
  private let schemas: AvroSchemaTable
  private var writers: [AvroJSONWriter?] = []

  public init(schemas: AvroSchemaTable) { self.schemas = schemas }

  public func convert(_ batch: borrowing Batch, into converted: inout ConvertedRecords) {
    converted.removeAll()
    for index in 0..<batch.records.count {
      let record = batch.records[index]
      if record.schema != 0 {
        let writer = writer(of: record.schema)
        batch.withRecordBytes(record) { writer.appendEvent($0, 0, to: &converted.bytes) }
      }
      converted.endRecord()
    }
  }

  private func writer(of number: UInt16) -> AvroJSONWriter {
    let place = Int(number)
    while writers.count <= place { writers.append(nil) }
    if let known = writers[place] { return known }
    let writer = AvroJSONWriter(schemas.schema(number), sessions: schemas.sessions)
    writers[place] = writer
    return writer
  }
}
