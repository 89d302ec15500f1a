// Data of one schema as data of another: doing it.

/// Writes data of the writer's schema as data of the reader's.
///
/// Not the usual path: where both schemas are alike, the data are copied as they are.
final class AvroTranscoder {
  private let layout: AvroLayout
  private(set) var reader = AvroReader()
  private var visitor: AvroTranscodingVisitor

  /// - Parameters:
  ///   - passesOverClosings: whether closings that the reader has no branch for are passed over.
  ///   - greatestLength: how long a value may become by defaults.
  init(
    _ resolution: AvroResolution, passesOverClosings: Bool = false,
    greatestLength: Int = AvroContainerDecoder.greatestBlock
  ) {
    layout = AvroLayout(resolution.writer)
    visitor = AvroTranscodingVisitor(
      resolution: resolution, passesOverClosings: passesOverClosings,
      greatestLength: greatestLength, eventType: resolution.eventType)
  }

  /// Appends the value at `start`, and returns the place behind it; or `AvroReader.failed`, with the
  /// fault in `reader`. Where `reader.flaw` is set, the value is none of the reader's schema. In
  /// both cases an unknown part has been appended.
  func transcode(_ bytes: Span<UInt8>, _ start: Int, to output: inout ByteBlock) -> Int {
    reader.beginRecord()
    swap(&visitor.output, &output)
    let action = visitor.beginRecord()
    let end = reader.walk(layout.root, action, of: layout, bytes, start, &visitor)
    swap(&visitor.output, &output)
    return end
  }
}

/// Writes what it visits by the actions of a resolution. A value's context is the place of its action;
/// nil where nothing becomes of it.
private struct AvroTranscodingVisitor: ~Copyable, AvroVisitor {
  let resolution: AvroResolution
  let passesOverClosings: Bool
  let greatestLength: Int
  /// The writer's type of what becomes an event's branch; nil where there is none.
  let eventType: Int?
  /// The output, while a value is written.
  var output = ByteBlock(capacity: 0)
  /// Where the value at hand begins in it.
  private var begin = 0

  init(
    resolution: AvroResolution, passesOverClosings: Bool, greatestLength: Int, eventType: Int?
  ) {
    self.resolution = resolution
    self.passesOverClosings = passesOverClosings
    self.greatestLength = greatestLength
    self.eventType = eventType
  }

  /// Begins a value; returns its action.
  mutating func beginRecord() -> Int {
    begin = output.count
    return takeBranch(resolution.root)
  }

  /// The action on a value of the reader's union, whose branch is written; another as it is.
  private mutating func takeBranch(_ place: Int) -> Int {
    guard case .branch(let index, let value) = resolution.actions[place] else { return place }
    output.append(avro: Int64(index))
    return value
  }

  // MARK: Values

  func readsText(_ context: Int?) -> Bool {
    if let context, case .text = resolution.actions[context] { true } else { false }
  }

  mutating func visit(
    _ node: AvroLayout.Node, _ context: Int?, _ bytes: Span<UInt8>, _ place: Range<Int>,
    _ reader: inout AvroReader
  ) {
    guard let context else { return }
    switch resolution.actions[context] {
    case .time(let unit, let other):
      let (value, isHeld) = unit.convert(reader.value, to: other)
      if isHeld { reader.note(.unwritableTime, at: place.lowerBound) }
      output.append(avro: value)
    case .longToFloat: output.append(avro: Float(reader.value))
    case .longToDouble: output.append(avro: Double(reader.value))
    case .floatToDouble:
      output.append(avro: Double(Float(bitPattern: bytes.halfWord(at: place.lowerBound))))
    case .enumeration(let symbols):
      if let symbol = symbols[Int(reader.value)] {
        output.append(avro: Int64(symbol))
      } else {
        reader.note(.unresolvedSymbol, at: place.lowerBound)
      }
    default: output.append(bytes.extracting(place))
    }
  }

  // MARK: What has values inside

  mutating func enter(
    _ index: Int, of node: AvroLayout.Node, _ context: Int?, at start: Int,
    _ reader: inout AvroReader
  ) -> Int? {
    guard let context else { return nil }
    switch resolution.actions[context] {
    case .items(let action): return takeBranch(action)
    case .union(let branches):
      if let action = branches[index] { return takeBranch(action) }
      noteLost(index, of: node, at: start, &reader)
    case .record(let fields):
      append(fields[index].defaults, at: start, &reader)
      if let value = fields[index].value { return takeBranch(value.action) }
    default: break
    }
    return nil
  }

  /// Notes a branch that the reader does not have: an old closing, an event of another's, or neither.
  private func noteLost(
    _ index: Int, of node: AvroLayout.Node, at start: Int, _ reader: inout AvroReader
  ) {
    guard case .union(let branches) = resolution.writer.types[node.place] else { return }
    let name = AvroName.unqualified(resolution.writer.name(of: branches[index]))
    let isClosing = name == "SessionClosed"
    let isOurs = !isClosing && EventKind.allCases.contains { "\($0.name)" == name }
    reader.note(
      passesOverClosings && isClosing ? .oldClosing : .unknownBranch,
      node.place == eventType && name != "null" && !isOurs ? .event : .none, at: start)
  }

  mutating func visitKey(
    _ index: Int, _ bytes: Span<UInt8>, _ place: Range<Int>, _ reader: borrowing AvroReader
  ) {
    output.append(bytes.extracting(place))
  }

  mutating func count(_ items: Int64) { output.append(avro: items) }

  mutating func leave(
    _ node: AvroLayout.Node, _ context: Int?, branch: Int, at end: Int, _ reader: inout AvroReader
  ) {
    guard let context, case .record(let fields) = resolution.actions[context] else { return }
    append(fields[fields.count - 1].defaults, at: end, &reader)
  }

  /// A few items may have so many defaults that there is no memory for them.
  private mutating func append(
    _ defaults: [UInt8], at place: Int, _ reader: inout AvroReader
  ) {
    if defaults.isEmpty { return }
    if output.count - begin + defaults.count <= greatestLength {
      output.append(defaults.span)
    } else {
      reader.note(.tooLong, at: place)
    }
  }

  // MARK: What is not visited value by value

  func walksItself(_ context: Int?) -> Bool {
    guard let context else { return true }
    switch resolution.actions[context] {
    case .copy, .reordered: return true
    default: return false
    }
  }

  mutating func walk(
    _ node: AvroLayout.Node, _ context: Int?, of layout: borrowing AvroLayout,
    _ bytes: Span<UInt8>, _ start: Int, _ reader: inout AvroReader
  ) -> Int {
    if let context, case .reordered(let fields) = resolution.actions[context] {
      return reorder(node, fields, of: layout, bytes, start, &reader)
    }
    let end = reader.skip(node.place, of: layout, bytes, start)
    if end >= 0 && context != nil { output.append(bytes.extracting(start..<end)) }
    return end
  }

  /// A record whose fields come in another order: first where each begins, then each.
  private mutating func reorder(
    _ node: AvroLayout.Node, _ fields: [AvroFieldAction], of layout: borrowing AvroLayout,
    _ bytes: Span<UInt8>, _ start: Int, _ reader: inout AvroReader
  ) -> Int {
    if !reader.enter(below: AvroTranscodingVisitor.greatestDepth) {
      return reader.fail(.tooDeep, at: start)
    }
    var starts: [Int] = []
    var index = start
    for field in 0..<Int(node.size) {
      starts.append(index)
      index = reader.skip(layout.child(field, of: node), of: layout, bytes, index)
      if index < 0 { return index }
    }
    for field in fields {
      append(field.defaults, at: index, &reader)
      guard let (place, action) = field.value else { continue }
      let (type, inside) = (layout.child(place, of: node), takeBranch(action))
      let end = reader.walk(type, inside, of: layout, bytes, starts[place], &self)
      if end < 0 { return end }
    }
    reader.leave()
    return index
  }
}
