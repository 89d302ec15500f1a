// Ways through a container's text: to a member, to an element, to all of them one by one.

/// Walks over JSON that has passed a scanner, so that nothing is checked again. White space may hold
/// line feeds; nothing recurses.
enum JSONWalk {
  @inline(__always)
  static func skipSpace(_ text: Span<UInt8>, _ start: Int) -> Int {
    var index = start
    while index < text.count && text[index] <= 0x20 { index &+= 1 }
    return index
  }

  /// Behind the string whose opening quote stands at `start`.
  static func skipString(_ text: Span<UInt8>, _ start: Int) -> Int {
    var index = start &+ 1
    while index < text.count {
      if text[index] == UInt8(ascii: "\"") { return index &+ 1 }
      index &+= text[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return text.count
  }

  /// Behind the value at `start`.
  static func skipValue(_ text: Span<UInt8>, _ start: Int) -> Int {
    var index = start
    var depth = 0
    while index < text.count {
      switch text[index] {
      case UInt8(ascii: "\""):
        index = skipString(text, index)
        if depth == 0 { return index }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        // What ends the container around a number or a word is not a part of it.
        if depth <= 0 { return depth == 0 ? index + 1 : index }
      case UInt8(ascii: ","):
        if depth == 0 { return index }
      case 0...0x20:
        if depth == 0 { return index }
      default: break
      }
      index += 1
    }
    return index
  }

  /// The value at `start`: what it is, and where its text stands in `text`.
  static func value(_ text: Span<UInt8>, _ start: Int) -> Found {
    let end = skipValue(text, start)
    switch text[start] {
    case UInt8(ascii: "\""):
      let inside = start + 1..<end - 1
      let hasEscapes = text.extracting(inside).firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil
      return Found(kind: .string, hasEscapes: hasEscapes, place: inside)
    case UInt8(ascii: "{"): return Found(kind: .object, place: start..<end)
    case UInt8(ascii: "["): return Found(kind: .array, place: start..<end)
    case UInt8(ascii: "n"): return Found(kind: .null, place: start..<end)
    case UInt8(ascii: "t"): return Found(kind: .true, place: start..<end)
    case UInt8(ascii: "f"): return Found(kind: .false, place: start..<end)
    default: return Found(kind: .number, place: start..<end)
    }
  }

  struct Found {
    var kind: ValueKind
    var hasEscapes = false
    /// Of a string what stands between its quotes.
    var place: Range<Int>
  }

  /// The last member of the object `text` that has the name, which is unescaped; nil without one.
  static func member(_ name: Span<UInt8>, of text: Span<UInt8>) -> Found? {
    var members = Elements(of: text)
    var found = -1
    while let start = members.next(text) {
      let end = skipString(text, start)
      let isSame = hasName(text.extracting(start + 1..<end - 1), name)
      let valueStart = skipSpace(text, skipSpace(text, end) + 1)
      if isSame { found = valueStart }
      members.index = skipValue(text, valueStart)
    }
    return found < 0 ? nil : value(text, found)
  }

  /// Whether a name as it is written is `name`.
  private static func hasName(_ written: Span<UInt8>, _ name: Span<UInt8>) -> Bool {
    if written.count < name.count { return false }
    return written.hasSameBytes(as: name)
      ? !written.contains(UInt8(ascii: "\\")) : SelectorText.equals(written, unescaped: name)
  }

  /// How many elements the array `text` has.
  static func elementCount(of text: Span<UInt8>) -> Int {
    var elements = Elements(of: text)
    var count = 0
    while let start = elements.next(text) {
      elements.index = skipValue(text, start)
      count += 1
    }
    return count
  }

  /// The element at `number`, from the end where that is negative; nil without one.
  static func element(_ number: Int, of text: Span<UInt8>) -> Found? {
    var left = number < 0 ? number + elementCount(of: text) : number
    if left < 0 { return nil }
    var elements = Elements(of: text)
    while let start = elements.next(text) {
      if left == 0 { return value(text, start) }
      elements.index = skipValue(text, start)
      left -= 1
    }
    return nil
  }

  /// Where the elements of a slice stand, with what is between them; empty without any.
  static func slice(_ text: Span<UInt8>, _ slice: Slice) -> Range<Int> {
    let numbers = slice.range(of: elementCount(of: text))
    if numbers.isEmpty { return 0..<0 }
    var elements = Elements(of: text)
    var number = 0
    var first = 0
    while let start = elements.next(text) {
      if number == numbers.lowerBound { first = start }
      elements.index = skipValue(text, start)
      number += 1
      if number == numbers.upperBound { return first..<elements.index }
    }
    return 0..<0
  }

  /// The places of a container's elements, or of the names of its members, one by one.
  struct Elements: BitwiseCopyable {
    /// Behind the element before; whoever asks for the next one sees to that.
    var index: Int
    private var isFirst = true

    /// Of a container's text.
    init(of text: Span<UInt8>) { index = 1 }

    /// Of the container that begins at `start`.
    init(at start: Int) { index = start + 1 }

    /// Where the next one begins; nil at the container's end, behind which `index` then is.
    mutating func next(_ text: Span<UInt8>) -> Int? {
      index = skipSpace(text, index)
      if text[index] == UInt8(ascii: ",") {
        index = skipSpace(text, index + 1)
      } else if !isFirst || text[index] == UInt8(ascii: "}") || text[index] == UInt8(ascii: "]") {
        index += 1
        return nil
      }
      isFirst = false
      return index
    }
  }
}

extension Span where Element == UInt8 {
  /// Whether `byte` is among them.
  func contains(_ byte: UInt8) -> Bool { firstIndex(of: byte, from: 0) != nil }
}
