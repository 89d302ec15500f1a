// Events of any schema as JSON-lines have them.

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
