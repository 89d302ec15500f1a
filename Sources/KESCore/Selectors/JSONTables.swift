// Containers as jq writes them: of members that come twice the last value, at the place of the first.

/// Writes containers as jq's `tostring` does, and counts members. Keeps its tables for the next one;
/// nothing recurses.
struct JSONTables: ~Copyable {
  /// How deep jq writes values; what is deeper it leaves out.
  static let greatestDepth = 256

  /// So that nobody can choose names that meet in one bucket.
  private static let seed = UInt64.random(in: 0 ... .max)

  struct Member: BitwiseCopyable {
    let hash: UInt64
    /// Where the name begins, with its quote.
    let name: Int
    var value: Int
  }

  /// A container that is being written.
  struct Level: BitwiseCopyable {
    let isObject: Bool
    /// Of an object: its members, and the next of them; of an array, the walk over it.
    let start: Int
    let end: Int
    var next: Int
    var elements: JSONWalk.Elements
  }

  private var members = Column<Member>(capacity: 1)
  private var buckets = Column<Int32>(capacity: 1)
  private var levels = Column<Level>(capacity: 1)
  private var name = ByteBlock(capacity: 0)

  /// How many members with different names the object `text` has.
  mutating func memberCount(of text: Span<UInt8>) -> Int {
    members.removeAll()
    _ = collect(text, 0)
    return members.count
  }

  /// Appends the container `text`; false where it is too deep.
  mutating func append(_ text: Span<UInt8>, to output: inout ByteBlock) -> Bool {
    members.removeAll()
    levels.removeAll()
    open(text, 0, &output)
    while !levels.isEmpty {
      guard let start = nextValue(text, &output) else {
        close(&output)
        continue
      }
      if levels.count > JSONTables.greatestDepth { return false }
      let found = JSONWalk.value(text, start)
      switch found.kind {
      case .array, .object: open(text, start, &output)
      case .string: append(string: text.extracting(found.place), found.hasEscapes, &output)
      case .number: output.appendJqNumber(text.extracting(found.place))
      default: output.append(text.extracting(found.place))
      }
    }
    return true
  }

  private mutating func open(_ text: Span<UInt8>, _ start: Int, _ output: inout ByteBlock) {
    let isObject = text[start] == UInt8(ascii: "{")
    output.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
    let first = isObject ? collect(text, start) : members.count
    levels.append(
      Level(
        isObject: isObject, start: first, end: members.count, next: first,
        elements: JSONWalk.Elements(at: start)))
  }

  private mutating func close(_ output: inout ByteBlock) {
    guard let level = levels.popLast() else { return }
    output.append(level.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    members.truncate(to: level.start)
  }

  /// Where the next value of the innermost container begins, with what stands before it written.
  private mutating func nextValue(_ text: Span<UInt8>, _ output: inout ByteBlock) -> Int? {
    let top = levels.count - 1
    var level = levels[top]
    defer { levels[top] = level }
    let isFirst = level.next == level.start
    if level.isObject {
      if level.next == level.end { return nil }
      let member = members[level.next]
      level.next += 1
      if !isFirst { output.append(UInt8(ascii: ",")) }
      let end = JSONWalk.skipString(text, member.name)
      append(string: text.extracting(member.name + 1..<end - 1), true, &output)
      output.append(UInt8(ascii: ":"))
      return member.value
    }
    guard let start = level.elements.next(text) else { return nil }
    level.elements.index = JSONWalk.skipValue(text, start)
    level.next += 1
    if !isFirst { output.append(UInt8(ascii: ",")) }
    return start
  }

  /// Puts the members of the object at `start` behind those that are there; the number of the first.
  private mutating func collect(_ text: Span<UInt8>, _ start: Int) -> Int {
    let first = members.count
    buckets.removeAll()
    for _ in 0..<16 { buckets.append(-1) }
    var walk = JSONWalk.Elements(at: start)
    while let name = walk.next(text) {
      let end = JSONWalk.skipString(text, name)
      let value = JSONWalk.skipSpace(text, JSONWalk.skipSpace(text, end) + 1)
      note(Member(hash: hash(text, name, end), name: name, value: value), text, from: first)
      walk.index = JSONWalk.skipValue(text, value)
    }
    return first
  }

  private mutating func note(_ member: Member, _ text: Span<UInt8>, from first: Int) {
    if (members.count - first) * 2 >= buckets.count { rebuild(from: first) }
    var bucket = Int(truncatingIfNeeded: member.hash) & (buckets.count - 1)
    while buckets[bucket] >= 0 {
      let known = Int(buckets[bucket])
      if members[known].hash == member.hash && hasSameName(text, members[known].name, member.name) {
        members[known].value = member.value
        return
      }
      bucket = (bucket + 1) & (buckets.count - 1)
    }
    buckets[bucket] = Int32(truncatingIfNeeded: members.count)
    members.append(member)
  }

  private mutating func rebuild(from first: Int) {
    let count = buckets.count * 2
    buckets.removeAll()
    for _ in 0..<count { buckets.append(-1) }
    for number in first..<members.count {
      var bucket = Int(truncatingIfNeeded: members[number].hash) & (count - 1)
      while buckets[bucket] >= 0 { bucket = (bucket + 1) & (count - 1) }
      buckets[bucket] = Int32(truncatingIfNeeded: number)
    }
  }

  private mutating func hash(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
    let written = text.extracting(start + 1..<end - 1)
    guard written.contains(UInt8(ascii: "\\")) else {
      return Hash.of(written, seed: JSONTables.seed)
    }
    unescape(written)
    return name.withBytes { Hash.of($0, seed: JSONTables.seed) }
  }

  private mutating func unescape(_ written: Span<UInt8>) {
    name.truncate(to: 0)
    JSONText.unescape(written, to: &name)
  }

  private mutating func hasSameName(_ text: Span<UInt8>, _ first: Int, _ second: Int) -> Bool {
    let one = text.extracting(first + 1..<JSONWalk.skipString(text, first) - 1)
    unescape(text.extracting(second + 1..<JSONWalk.skipString(text, second) - 1))
    return name.withBytes { SelectorText.equals(one, unescaped: $0) }
  }

  private mutating func append(
    string written: Span<UInt8>, _ hasEscapes: Bool, _ output: inout ByteBlock
  ) {
    unescape(written)
    name.withBytes { output.appendJqString($0) }
  }
}

extension ByteBlock {
  /// Appends a number of JSON as jq writes it, also one that is not finite.
  mutating func appendJqNumber(_ text: Span<UInt8>) {
    DecimalNumber.appendCanonical(text, to: &self)
  }

  /// Appends a string as jq writes it, which escapes DEL, too.
  mutating func appendJqString(_ text: Span<UInt8>) {
    var start = 0
    append(UInt8(ascii: "\""))
    for index in 0..<text.count {
      let byte = text[index]
      if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != 0x7F {
        continue
      }
      append(text.extracting(start..<index))
      JSONText.appendEscape(byte, to: &self)
      start = index + 1
    }
    append(text.extracting(start..<text.count))
    append(UInt8(ascii: "\""))
  }
}
