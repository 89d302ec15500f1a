// Why a record has no key, time or role, in words.

/// Why a record is not understood.
enum ShapeFault: BitwiseCopyable {
  /// A selector cannot be evaluated on it.
  case selector(SelectorFault)
  /// The selector of that number among the keys gives nothing, or null.
  case noKey(Int)
  /// It gives an array or an object.
  case unusableKey(Int, SlotValue)
  case noTime
  case time(TimeFault, SlotValue)
}

extension ShapeReader {
  /// What a fault of the record read last says, with the way out.
  ///
  /// - Parameters:
  ///   - bytes: what the slots' texts stand in.
  ///   - record: the value of the record itself.
  func text(of fault: ShapeFault, _ bytes: Span<UInt8>, record: SlotValue) -> String {
    switch fault {
    case .selector(let fault): return shape.selector(Int(fault.selector))?.text(of: fault) ?? ""
    case .noKey where shape.keys.isEmpty:
      return "no key: the message has none; --key SELECTOR names what the record has"
    case .noKey(let number):
      return ShapeReader.absence(
        of: "key", shape.keys[number], members(of: record, bytes),
        remedy: "--where '\(shape.keys[number].text) != null' leaves such records out")
    case .noTime:
      guard let time = shape.time else {
        return "no time: the message has none; --time SELECTOR names what the record has"
      }
      return ShapeReader.absence(
        of: "time", time, members(of: record, bytes),
        remedy: "--where '\(time.text) != null' leaves such records out")
    case .unusableKey(let number, let value):
      return "\(shape.keys[number].option) \(VisibleText.of(shape.keys[number].text)) is"
        + " \(value.kind == .array ? "an array" : "an object"), and a key is a string, a number or a"
        + " boolean\(inner(value, of: shape.keys[number], bytes))"
    case .time(let fault, let value):
      return withText(of: value, bytes) { text in
        "--time \(VisibleText.of(shape.time?.text ?? "")): "
          + shape.times.reason(for: fault, value.kind, text)
      }
    }
  }

  private static func absence(
    of part: String, _ selector: Selector, _ members: [String], remedy: String
  ) -> String {
    let known =
      members.isEmpty ? "the record is empty" : "the record has \(members.joined(separator: ", "))"
    return
      "no \(part): \(selector.option) \(VisibleText.of(selector.text)) is null; \(known); \(remedy)"
  }

  /// The names of the record's members, as selectors write them; of many the first.
  private func members(of record: SlotValue, _ bytes: Span<UInt8>) -> [String] {
    guard record.kind == .object, !record.text.isUnescaped else { return [] }
    return ShapeReader.memberNames(of: bytes.extracting(record.text.bounds), upTo: 12)
  }

  /// Where a value is an object of one member, which may be how Avro's JSON encoding writes what may be
  /// null: which selector gives what it holds.
  private func inner(_ value: SlotValue, of selector: Selector, _ bytes: Span<UInt8>) -> String {
    guard value.kind == .object else { return "" }
    let names = withText(of: value, bytes) { ShapeReader.memberNames(of: $0, upTo: 2) }
    guard let name = names.first, names.count == 1, selector.plainPath != nil else { return "" }
    return "; \(selector.option) \(selector.text)\(name) is what it holds"
  }

  static func memberNames(of object: Span<UInt8>, upTo count: Int) -> [String] {
    var members = JSONWalk.Elements(of: object)
    var names: [String] = []
    while let start = members.next(object) {
      if names.count == count { return names + ["..."] }
      let end = JSONWalk.skipString(object, start)
      names.append("." + name(object.extracting(start..<end)))
      let valueStart = JSONWalk.skipSpace(object, JSONWalk.skipSpace(object, end) + 1)
      members.index = JSONWalk.skipValue(object, valueStart)
    }
    return names
  }

  /// A name as a selector writes it, of the string that the record has.
  private static func name(_ quoted: Span<UInt8>) -> String {
    let name = quoted.extracting(1..<max(quoted.count - 1, 1))
    let isLetter = { (byte: UInt8) in byte | 0x20 &- UInt8(ascii: "a") < 26 || byte == 0x5F }
    var isPlain = name.count > 0 && isLetter(name[0])
    for index in 0..<name.count {
      isPlain = isPlain && (isLetter(name[index]) || name[index] &- UInt8(ascii: "0") < 10)
    }
    return VisibleText.of(String(decodingBytes: isPlain ? name : quoted))
  }
}
