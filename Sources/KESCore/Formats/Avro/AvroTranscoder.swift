// Data of one schema as data of another: doing it.

/// Writes data of the writer's schema as data of the reader's.
///
/// Not the usual path: where both schemas are alike, the data are copied as they are.
final class AvroTranscoder {
  let resolution: AvroResolution
  private let layout: AvroLayout
  private(set) var reader = AvroReader()
  /// Whether closings that the reader has no branch for are passed over.
  var passesOverClosings = false
  /// How long a value may become by defaults.
  private let greatestLength: Int
  /// The writer's type of what becomes an event's branch; nil where there is none.
  private let eventType: Int?
  /// Where the value at hand begins in the output.
  private var begin = 0

  init(_ resolution: AvroResolution, greatestLength: Int = AvroContainerDecoder.greatestBlock) {
    self.resolution = resolution
    self.greatestLength = greatestLength
    layout = AvroLayout(resolution.writer)
    eventType = resolution.eventType
  }

  /// Appends the value at `start`, and returns the place behind it; or `AvroReader.failed`, with the
  /// fault in `reader`. Where `reader.flaw` is set, the value is none of the reader's schema. In
  /// both cases an unknown part has been appended.
  func transcode(_ bytes: Span<UInt8>, _ start: Int, to output: inout ByteBlock) -> Int {
    reader.beginRecord()
    begin = output.count
    return run(resolution.root, bytes, start, &output)
  }

  private func run(
    _ place: Int, _ bytes: Span<UInt8>, _ start: Int, _ output: inout ByteBlock
  ) -> Int {
    let (action, type) = resolution.actions[place]
    switch action {
    case .copy:
      let end = reader.skip(type, of: layout, bytes, start)
      if end >= 0 { output.append(bytes.extracting(start..<end)) }
      return end
    case .text:
      let end = reader.string(bytes, start)
      if end >= 0 { output.append(bytes.extracting(start..<end)) }
      return end
    case .time(let unit, let other):
      let end = reader.skip(type, of: layout, bytes, start)
      if end < 0 { return end }
      let (value, isHeld) = unit.convert(reader.value, to: other)
      if isHeld { reader.note(.unwritableTime, at: start) }
      output.append(avro: value)
      return end
    case .longToFloat, .longToDouble, .floatToDouble:
      return number(action, type, bytes, start, &output)
    case .enumeration(let symbols):
      let end = reader.index(below: symbols.count, .badSymbol, bytes, start)
      if end < 0 { return end }
      if let symbol = symbols[Int(reader.value)] {
        output.append(avro: Int64(symbol))
      } else {
        reader.note(.unresolvedSymbol, at: start)
      }
      return end
    case .array, .map, .writerUnion, .readerBranch, .record:
      if !reader.enter() { return reader.fail(.tooDeep, at: start) }
      let end = inside(action, type, bytes, start, &output)
      reader.leave()
      return end
    }
  }

  private func inside(
    _ action: AvroAction, _ type: Int, _ bytes: Span<UInt8>, _ start: Int,
    _ output: inout ByteBlock
  ) -> Int {
    switch action {
    case .array(let items): return self.items(items, isMap: false, bytes, start, &output)
    case .map(let values): return items(values, isMap: true, bytes, start, &output)
    case .writerUnion(let branches): return union(branches, type, bytes, start, &output)
    case .readerBranch(let index, let value):
      output.append(avro: Int64(index))
      return run(value, bytes, start, &output)
    case .record(let record):
      return record.isInOrder
        ? inOrder(record, type, bytes, start, &output)
        : outOfOrder(record, type, bytes, start, &output)
    default: return start
    }
  }

  private func number(
    _ action: AvroAction, _ type: Int, _ bytes: Span<UInt8>, _ start: Int,
    _ output: inout ByteBlock
  ) -> Int {
    let end = reader.skip(type, of: layout, bytes, start)
    if end < 0 { return end }
    switch action {
    case .longToFloat: output.append(avro: Float(reader.value))
    case .longToDouble: output.append(avro: Double(reader.value))
    default: output.append(avro: Double(Float(bitPattern: bytes.halfWord(at: start))))
    }
    return end
  }

  private func union(
    _ branches: [Int?], _ type: Int, _ bytes: Span<UInt8>, _ start: Int,
    _ output: inout ByteBlock
  ) -> Int {
    let index = reader.index(below: branches.count, .badBranch, bytes, start)
    if index < 0 { return index }
    let branch = Int(reader.value)
    if let action = branches[branch] { return run(action, bytes, index, &output) }
    let inside = layout.child(branch, of: layout[type])
    let isUnknown = type == eventType && isUnknownEvent(inside)
    reader.note(fault(of: inside), isUnknown ? .event : .none, at: start)
    return reader.skip(inside, of: layout, bytes, index)
  }

  /// Whether a branch is no event of ours, and not one that does not resolve.
  private func isUnknownEvent(_ type: Int) -> Bool {
    let name = AvroName.unqualified(resolution.writer.name(of: type))
    return name != "null"
      && !EventKind.allCases.contains { "\($0.name)" == name && $0 != .sessionClosed }
  }

  /// What is wrong with a branch that the reader does not have.
  private func fault(of type: Int) -> Fault {
    let isClosing = AvroName.unqualified(resolution.writer.name(of: type)) == "SessionClosed"
    return passesOverClosings && isClosing ? .oldClosing : .unknownBranch
  }

  /// The items of an array or map, in blocks without sizes.
  private func items(
    _ action: Int, isMap: Bool, _ bytes: Span<UInt8>, _ start: Int, _ output: inout ByteBlock
  ) -> Int {
    let items = resolution.actions[action].type
    let emptyValues = isMap ? 0 : Int64(layout[items].emptyValues)
    var index = start
    while true {
      index = reader.itemCount(bytes, index, emptyValues: emptyValues)
      if index < 0 { return index }
      let count = reader.value
      output.append(avro: count)
      if count == 0 { return index }
      for _ in 0..<count {
        if isMap {
          let end = reader.string(bytes, index)
          if end < 0 { return end }
          output.append(bytes.extracting(index..<end))
          index = end
        }
        index = run(action, bytes, index, &output)
        if index < 0 { return index }
      }
    }
  }

  // MARK: Records

  /// Fields that come in the reader's order: what lies between them is walked over.
  private func inOrder(
    _ record: AvroRecordAction, _ type: Int, _ bytes: Span<UInt8>, _ start: Int,
    _ output: inout ByteBlock
  ) -> Int {
    let node = layout[type]
    var index = start
    var next = 0
    for source in record.sources {
      switch source {
      case .fallback(let encoded): append(encoded, at: index, &output)
      case .writer(let field, let action):
        index = skip(next..<field, of: node, bytes, index)
        if index >= 0 { index = run(action, bytes, index, &output) }
        if index < 0 { return index }
        next = field + 1
      }
    }
    return skip(next..<Int(node.size), of: node, bytes, index)
  }

  /// Fields in another order: first where each begins, then each.
  private func outOfOrder(
    _ record: AvroRecordAction, _ type: Int, _ bytes: Span<UInt8>, _ start: Int,
    _ output: inout ByteBlock
  ) -> Int {
    let node = layout[type]
    var starts: [Int] = []
    var index = start
    for field in 0..<Int(node.size) {
      starts.append(index)
      index = skip(field..<field + 1, of: node, bytes, index)
      if index < 0 { return index }
    }
    for source in record.sources {
      switch source {
      case .fallback(let encoded): append(encoded, at: index, &output)
      case .writer(let field, let action):
        let end = run(action, bytes, starts[field], &output)
        if end < 0 { return end }
      }
    }
    return index
  }

  /// A default. A few items may have so many that there is no memory for them.
  private func append(_ encoded: [UInt8], at place: Int, _ output: inout ByteBlock) {
    if output.count - begin + encoded.count <= greatestLength {
      output.append(encoded.span)
    } else {
      reader.note(.tooLong, at: place)
    }
  }

  private func skip(
    _ fields: Range<Int>, of node: AvroLayout.Node, _ bytes: Span<UInt8>, _ start: Int
  ) -> Int {
    var index = start
    for field in fields where index >= 0 {
      index = reader.skip(layout.child(field, of: node), of: layout, bytes, index)
    }
    return index
  }
}
