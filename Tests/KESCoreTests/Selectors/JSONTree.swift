// JSON read the plain way, by recursion: what fills slots in tests, and what values are compared by.

@testable import KESCore

/// A value of JSON with the place of its text. Reads what is known to be JSON.
indirect enum JSONTree: Equatable {
  case null
  case boolean(Bool)
  /// Without its sign, its point, its exponent and the zeros at both ends: digits and the exponent of
  /// ten behind the last of them.
  case number(isNegative: Bool, digits: String, exponent: String)
  case string([UInt8])
  case array([JSONTree])
  /// In the order in which the names came first, each with its last value.
  case object([Member])

  struct Member: Equatable {
    let name: [UInt8]
    var value: JSONTree
  }

  init(_ text: String) {
    var reader = JSONTreeReader(bytes: Array(text.utf8))
    self = reader.value().tree
  }

  /// Equal numbers have equal text: `1`, `1.0` and `10e-1`.
  static func number(_ text: String) -> JSONTree {
    let isNegative = text.hasPrefix("-")
    let parts = text.lowercased().drop { $0 == "-" || $0 == "+" }.split(separator: "e")
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
    var digits = Substring(mantissa[0] + fraction).drop { $0 == "0" }
    var exponent = (parts.count > 1 ? Int128(parts[1]) ?? 0 : 0) - Int128(fraction.count)
    while digits.last == "0" {
      digits.removeLast()
      exponent += 1
    }
    if digits.isEmpty { return .number(isNegative: false, digits: "0", exponent: "0") }
    return .number(isNegative: isNegative, digits: String(digits), exponent: "\(exponent)")
  }
}

/// A value with where its text stands; of a string what is between its quotes.
struct PlacedJSON {
  let tree: JSONTree
  let range: Range<Int>
  var hasEscapes = false
  /// Of an object, each with its last value; of an array.
  var members: [(name: [UInt8], value: PlacedJSON)] = []
  var elements: [PlacedJSON] = []

  var kind: ValueKind {
    switch tree {
    case .null: .null
    case .boolean(let truth): truth ? .true : .false
    case .number: .number
    case .string: .string
    case .array: .array
    case .object: .object
    }
  }

  func fill(_ slots: inout RecordSlots, _ wanted: WantedPaths, slot: Int = 0) {
    let text = TextRange(offset: range.lowerBound, length: range.count)
    slots[slot] = SlotValue(kind, text: text, hasEscapes: hasEscapes)
    for child in wanted.children(of: slot) {
      switch wanted.step(to: child) {
      case .member(let name):
        members.last { $0.name == name }?.value.fill(&slots, wanted, slot: child)
      case .element(let number) where number < elements.count:
        elements[number].fill(&slots, wanted, slot: child)
      default: break
      }
    }
  }
}

struct JSONTreeReader {
  let bytes: [UInt8]
  var index = 0

  private mutating func skipSpace() {
    while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
  }

  mutating func value() -> PlacedJSON {
    skipSpace()
    let start = index
    switch bytes[index] {
    case UInt8(ascii: "{"): return object()
    case UInt8(ascii: "["): return array()
    case UInt8(ascii: "\""):
      let text = string()
      let inside = start + 1..<index - 1
      return PlacedJSON(
        tree: .string(text), range: inside, hasEscapes: bytes[inside].contains(UInt8(ascii: "\\")))
    default:
      while index < bytes.count, !",]} \n\t\r".utf8.contains(bytes[index]) { index += 1 }
      let word = String(decoding: bytes[start..<index], as: UTF8.self)
      let tree: JSONTree =
        switch word {
        case "null": .null
        case "true": .boolean(true)
        case "false": .boolean(false)
        default: .number(word)
        }
      return PlacedJSON(tree: tree, range: start..<index)
    }
  }

  private mutating func array() -> PlacedJSON {
    let start = index
    var elements: [PlacedJSON] = []
    index += 1
    while true {
      skipSpace()
      if bytes[index] == UInt8(ascii: "]") { break }
      if bytes[index] == UInt8(ascii: ",") { index += 1 }
      elements.append(value())
    }
    index += 1
    return PlacedJSON(
      tree: .array(elements.map(\.tree)), range: start..<index, elements: elements)
  }

  private mutating func object() -> PlacedJSON {
    let start = index
    var members: [(name: [UInt8], value: PlacedJSON)] = []
    index += 1
    while true {
      skipSpace()
      if bytes[index] == UInt8(ascii: "}") { break }
      if bytes[index] == UInt8(ascii: ",") { index += 1 }
      skipSpace()
      let name = string()
      skipSpace()
      index += 1
      let value = value()
      if let known = members.firstIndex(where: { $0.name == name }) {
        members[known].value = value
      } else {
        members.append((name, value))
      }
    }
    index += 1
    return PlacedJSON(
      tree: .object(members.map { JSONTree.Member(name: $0.name, value: $0.value.tree) }),
      range: start..<index, members: members)
  }

  private mutating func string() -> [UInt8] {
    var units: [UInt16] = []
    var text: [UInt8] = []
    func unfinished() -> [UInt8] { Array(String(decoding: units, as: UTF16.self).utf8) }
    index += 1
    while bytes[index] != UInt8(ascii: "\"") {
      guard bytes[index] == UInt8(ascii: "\\") else {
        text += unfinished() + [bytes[index]]
        units = []
        index += 1
        continue
      }
      let letter = bytes[index + 1]
      index += 2
      if letter == UInt8(ascii: "u") {
        let digits = String(decoding: bytes[index..<index + 4], as: UTF8.self)
        units.append(UInt16(digits, radix: 16) ?? 0xFFFD)
        index += 4
      } else {
        let known: [UInt8: UInt8] = [0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9]
        text += unfinished() + [known[letter] ?? letter]
        units = []
      }
    }
    index += 1
    return text + unfinished()
  }
}
