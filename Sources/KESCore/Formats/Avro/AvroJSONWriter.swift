// Avro data as JSON text: any data, and events as JSON-lines have them.

/// Writes data of any schema in the Avro JSON encoding (spec 1.11, "JSON Encoding"): members in the
/// writer's order, without white space; a union's value as an object with the name of its branch,
/// or null; bytes as strings of U+0000 to U+00FF. What is not finite is written as `ByteBlock`
/// writes it: numbers that are too large, and the string `"NaN"`.
final class AvroJSONWriter {
  private let layout: AvroLayout
  private var reader = AvroReader()
  private var visitor: AvroJSONVisitor

  /// - Parameter sessions: how the fields of sessions are called.
  init(_ schema: AvroSchema, sessions: SessionFields = .usual) {
    layout = AvroLayout(schema)
    visitor = AvroJSONVisitor(schema, sessions)
  }

  /// Appends the datum at `start`, which a decoder has walked over without finding fault.
  func append(_ bytes: Span<UInt8>, _ start: Int, to output: inout ByteBlock) {
    write(.any, bytes, start, &output)
  }

  /// Appends the event at `start`, which a decoder has read without finding fault: as the Avro JSON
  /// encoding of its own schema, but for what is ours (cli.md, section 1). Device, time, event and
  /// session are written as data of our schemas, so that every reader of JSON-lines finds them,
  /// whatever the writer has for them: a union, bytes, a namespace, microseconds. `duplicate` is written
  /// where it is true, as kes-segment writes it.
  func appendEvent(_ bytes: Span<UInt8>, _ start: Int, to output: inout ByteBlock) {
    write(.record, bytes, start, &output)
  }

  private func write(
    _ form: AvroJSONVisitor.Form, _ bytes: Span<UInt8>, _ start: Int, _ output: inout ByteBlock
  ) {
    reader.beginRecord()
    swap(&visitor.output, &output)
    _ = reader.walk(layout.root, form, of: layout, bytes, start, &visitor)
    swap(&visitor.output, &output)
  }
}

/// Writes what it visits as JSON.
private struct AvroJSONVisitor: ~Copyable, AvroVisitor {
  /// As what a value is written.
  enum Form: UInt8, BitwiseCopyable {
    /// As the encoding says.
    case any
    /// As the record of an event; the value of its field `event`; a value of one of our fields: that of
    /// the branch, where it is in a union; bytes as the text, a float as the double that they are to us.
    case record, event, known
    /// As the mark of a duplicate (R7), with its name.
    case mark
  }

  /// What was decoded is not refused: the decoder counts neither the record nor its event.
  static var greatestDepth: Int { AvroReader.greatestDepth + 8 }

  /// The output, while a datum is written.
  var output = ByteBlock(capacity: 0)
  /// Names of fields, branches and symbols as JSON strings, with a colon where one follows.
  private var names = ByteBlock()
  /// Of each type inside another, at its place in `AvroLayout`, the name that it has there; empty where
  /// it has none.
  private var inside = Column<TextRange>()
  /// Of each symbol its name, and where those of a type begin.
  private var symbols = Column<TextRange>()
  private var firstSymbols = Column<Int32>()
  /// The names of types without their namespaces, each with a colon.
  private var branchNames = Column<TextRange>()
  /// The forms of the record's fields; of the fields of its event's branches, at their places in `inside`.
  private var recordForms = Column<Form>()
  private var branchForms = Column<Form>()
  /// Of each type the unit, where it is the time of an event, which JSON-lines have in milliseconds.
  private var units = Column<TimeUnit>()

  init(_ schema: AvroSchema, _ sessions: SessionFields) {
    let times = schema.eventTimes
    for (place, type) in schema.types.enumerated() {
      units.append(
        times.contains(place) ? schema.timeUnit(of: place) ?? .milliseconds : .milliseconds)
      branchNames.append(name(AvroName.unqualified(type.name), ":"))
      firstSymbols.append(Int32(truncatingIfNeeded: symbols.count))
      appendNames(inside: type, of: schema)
    }
    for form in AvroJSONVisitor.forms(of: schema, sessions) { recordForms.append(form) }
  }

  private mutating func appendNames(inside type: AvroType, of schema: AvroSchema) {
    switch type {
    case .record(let name, let fields):
      let kind = EventKind.allCases.first { "\($0.name)" == name.unqualified }
      let known = kind.map { AvroEventPlan.fields(of: $0) } ?? []
      for field in fields {
        append(self.name(field.name, ":"), known.contains(field.name) ? .known : .any)
      }
    case .union(let branches):
      for branch in branches {
        let name = schema.name(of: branch)
        append(name == "null" ? .empty : self.name(name, ":"), .any)
      }
    case .array, .map: append(.empty, .any)
    case .enumeration(_, let symbols, _):
      for symbol in symbols { self.symbols.append(name(symbol, "")) }
    default: break
    }
  }

  private mutating func append(_ name: TextRange, _ form: Form) {
    inside.append(name)
    branchForms.append(form)
  }

  private mutating func name(_ name: String, _ suffix: String) -> TextRange {
    let start = names.count
    let bytes = Array(name.utf8)
    JSONText.appendString(bytes.span, to: &names)
    names.append(text: suffix)
    return TextRange(offset: start, length: names.count - start)
  }

  /// The forms of a record's fields: those that are ours, by their names. A mark is ours as the last but
  /// the session.
  private static func forms(of schema: AvroSchema, _ sessions: SessionFields) -> [Form] {
    let fields = schema.rootFields ?? []
    var forms = fields.map { field -> Form in
      switch field.name {
      case sessions.session: .known
      case "session": .any
      case "device", "timestamp": .known
      case "event": .event
      case "duplicate" where schema.canMark(field.type): .known
      default: .any
      }
    }
    if fields.count > 1, fields[fields.count - 1].name == sessions.session,
      fields[fields.count - 2].name == "duplicate",
      case .boolean = schema.types[fields[fields.count - 2].type]
    {
      forms[fields.count - 2] = .mark
    }
    return forms
  }

  // MARK: Values

  func readsText(_ form: Form) -> Bool { form == .known }

  mutating func visit(
    _ node: AvroLayout.Node, _ form: Form, _ bytes: Span<UInt8>, _ place: Range<Int>,
    _ reader: inout AvroReader
  ) {
    switch node.kind {
    case .null: output.append("null")
    case .boolean where form == .mark:
      if reader.value == 1 { output.append(",\"duplicate\":true") }
    case .boolean: output.append(reader.value == 1 ? "true" : "false")
    case .long where form == .known && units[node.place] != .milliseconds:
      output.append(decimal: units[node.place].convert(reader.value, to: .milliseconds).value)
    case .int, .long: output.append(decimal: reader.value)
    case .float:
      let value = Float(bitPattern: bytes.halfWord(at: place.lowerBound))
      if form != .known && value.isFinite {
        output.append(text: value.description)
      } else {
        output.append(number: Double(value))
      }
    case .double: output.append(number: Double(bitPattern: bytes.word(at: place.lowerBound)))
    case .bytes where form != .known, .fixed:
      let length = node.kind == .fixed ? place.count : Int(reader.value)
      append(bytes: bytes.extracting(place.upperBound - length..<place.upperBound))
    case .string, .bytes: append(text: bytes, place, reader)
    case .enumeration: append(symbols[Int(firstSymbols[node.place]) + Int(reader.value)])
    case .array, .map, .union, .record: break
    }
  }

  private mutating func append(
    text bytes: Span<UInt8>, _ place: Range<Int>, _ reader: borrowing AvroReader
  ) {
    let contents = place.upperBound - Int(reader.value)..<place.upperBound
    JSONText.appendString(bytes.extracting(contents), to: &output)
  }

  @inline(__always)
  private mutating func append(_ name: TextRange) {
    output.append(names, Int(name.offset), name.length)
  }

  /// Bytes as a string of characters U+0000 to U+00FF.
  private mutating func append(bytes: Span<UInt8>) {
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

  // MARK: What has values inside

  mutating func begin(_ node: AvroLayout.Node, _ form: Form) {
    switch node.kind {
    case .record, .map: output.append(UInt8(ascii: "{"))
    case .array: output.append(UInt8(ascii: "["))
    default: break
    }
    if node.kind == .record && form == .event {
      append(branchNames[node.place])
      output.append(UInt8(ascii: "{"))
    }
  }

  mutating func enter(
    _ index: Int, of node: AvroLayout.Node, _ form: Form, at start: Int,
    _ reader: inout AvroReader
  ) -> Form {
    let place = Int(node.firstChild) &+ index
    switch node.kind {
    case .record:
      let inner =
        switch form {
        case .record: recordForms[index]
        case .event: branchForms[place]
        default: Form.any
        }
      if inner == .mark { return inner }
      if index > 0 { output.append(UInt8(ascii: ",")) }
      append(inside[place])
      return inner
    case .union:
      if form != .any { return form }
      if inside[place].length > 0 {
        output.append(UInt8(ascii: "{"))
        append(inside[place])
      }
    case .array where index > 0: output.append(UInt8(ascii: ","))
    default: break
    }
    return .any
  }

  mutating func visitKey(
    _ index: Int, _ bytes: Span<UInt8>, _ place: Range<Int>, _ reader: borrowing AvroReader
  ) {
    if index > 0 { output.append(UInt8(ascii: ",")) }
    append(text: bytes, place, reader)
    output.append(UInt8(ascii: ":"))
  }

  mutating func leave(
    _ node: AvroLayout.Node, _ form: Form, branch: Int, at end: Int, _ reader: inout AvroReader
  ) {
    switch node.kind {
    case .array: output.append(UInt8(ascii: "]"))
    case .union where form != .any || inside[Int(node.firstChild) &+ branch].length == 0: break
    default: output.append(UInt8(ascii: "}"))
    }
    if node.kind == .record && form == .event { output.append(UInt8(ascii: "}")) }
  }
}

/// Writes Avro records as events in JSON-lines, for the encoders of those.
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
