// One record in JSON of any shape: checked as a whole, and what is wanted of it put into slots.

/// Walks over a record once, and fills the slots of `WantedPaths`.
///
/// A record is an object; its members come in any order and spelling, and of those that come twice the
/// last counts. All of it is checked, with the faults and offsets of `JSONScanner`. No recursion: what is
/// open stands in a column.
struct JSONSlotScanner: ~Copyable {
  /// What is done with a member at the top that a record is to get from us.
  enum TakenMembers { case refused, takenOut }

  var scanner = JSONScanner()
  private let wanted: JSONWantedPaths
  private let takenMembers: TakenMembers
  private var levels = Column<Level>(capacity: 32)
  private var name = ByteBlock()

  // What else was found in the record.

  /// The offset of the brace that ends it.
  private(set) var closingBrace = 0
  /// Whether no member stays in it.
  private(set) var isEmpty = false
  /// Whether it is a closing.
  private(set) var isClosing = false
  /// Of a record refused for a member that it has already (`.fieldTaken`): which of the names.
  private(set) var takenName = 0
  /// The places of members that are taken out, in their order, each with its comma.
  private(set) var cuts: [Range<Int>] = []

  /// An object or array that is open.
  struct Level: BitwiseCopyable {
    var isObject: Bool
    /// Its slot, or `JSONWantedPaths.none`.
    var slot: Int
    /// Where its bracket stands.
    var start: Int
    /// Of an array: the index of the element at hand, and the place of the wanted element that comes next.
    var index = 0
    var place = 0
  }

  /// - Parameters:
  ///   - taken: names of members at the top that a record must not have already.
  init(_ wanted: WantedPaths, taken: [String] = [], takenMembers: TakenMembers = .refused) {
    self.wanted = JSONWantedPaths(wanted, taken: taken)
    self.takenMembers = takenMembers
  }

  /// Scans the record at `start`, behind which a line feed must stand; returns the place of that, or
  /// `JSONScanner.failed` with the fault in `scanner`.
  ///
  /// The values' texts are offsets in `bytes`. After a fault the slots hold anything.
  mutating func scan(
    _ bytes: Span<UInt8>, _ start: Int, into slots: inout RecordSlots
  ) -> Int {
    slots.forgetAll()
    isClosing = false
    if !cuts.isEmpty { cuts.removeAll(keepingCapacity: true) }
    let open = scanner.skipSpace(bytes, start)
    guard bytes[open] == UInt8(ascii: "{") else { return scanner.fail(.expectedObject, at: open) }
    let end = members(bytes, open, into: &slots)
    if end < 0 { return JSONScanner.failed }
    closingBrace = end &- 1
    let lineFeed = scanner.skipSpace(bytes, end)
    guard bytes[lineFeed] == UInt8(ascii: "\n") else {
      return scanner.fail(.trailingBytes, at: lineFeed)
    }
    return lineFeed
  }

  private mutating func members(
    _ bytes: Span<UInt8>, _ open: Int, into slots: inout RecordSlots
  ) -> Int {
    var level = Level(isObject: true, slot: 0, start: open)
    levels.removeAll()
    var index = scanner.skipSpace(bytes, open &+ 1)
    isEmpty = bytes[index] == UInt8(ascii: "}")
    var quote = -1
    var isOpening = true
    while true {
      if !isOpening || bytes[index] != (level.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
        isOpening = false
        // Before a member or an element.
        var slot = JSONWantedPaths.none
        if level.isObject {
          guard bytes[index] == UInt8(ascii: "\"") else {
            return scanner.fail(.expectedKey, at: index)
          }
          let keyStart = index
          index = scanner.string(bytes, index)
          if index < 0 { return JSONScanner.failed }
          if level.slot >= 0 {
            let member = member(bytes, keyStart &+ 1, index &- 1, of: level.slot)
            slot = Int(member.slot)
            if member.isClosing { isClosing = true }
            if member.taken >= 0 {
              takenName = Int(member.taken)
              quote = keyStart
            }
          }
          index = scanner.skipSpace(bytes, index)
          guard bytes[index] == UInt8(ascii: ":") else {
            return scanner.fail(.expectedColon, at: index)
          }
          index = scanner.skipSpace(bytes, index &+ 1)
        } else if level.slot >= 0 {
          if let found = wanted.element(level.index, of: level.slot, at: level.place) {
            slot = found
            level.place &+= 1
          }
          level.index &+= 1
        }
        if slot >= 0, slots[slot].kind != .missing {
          wanted.forEachSlot(below: slot) { slots[$0] = .missing }
        }
        // The value.
        let byte = bytes[index]
        if byte == UInt8(ascii: "\"") {
          let start = index
          index = scanner.string(bytes, index)
          if index < 0 { return JSONScanner.failed }
          if slot >= 0 {
            slots[slot] = SlotValue(
              .string, text: TextRange(offset: start &+ 1, length: index &- start &- 2),
              hasEscapes: scanner.stringHasEscapes)
          }
        } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
          if levels.count == JSONScanner.greatestDepth {
            return scanner.fail(.tooDeep, at: index)
          }
          levels.append(level)
          level = Level(isObject: byte == UInt8(ascii: "{"), slot: slot, start: index)
          if !level.isObject && slot >= 0 { level.place = wanted.firstElement(of: slot) }
          index = scanner.skipSpace(bytes, index &+ 1)
          isOpening = true
          continue
        } else {
          let start = index
          index =
            byte == UInt8(ascii: "-") || JSONScanner.isDigit(byte)
            ? scanner.number(bytes, index) : scanner.literal(bytes, index)
          if index < 0 { return JSONScanner.failed }
          if slot >= 0 {
            slots[slot] = SlotValue(
              JSONSlotScanner.kind(byte), text: TextRange(offset: start, length: index &- start))
          }
        }
      }
      isOpening = false
      // Behind a value: close what ends here, or go to the next member.
      while true {
        if quote >= 0 && levels.count == 0 {
          if !take(bytes, quote, index) { return JSONScanner.failed }
          quote = -1
        }
        index = scanner.skipSpace(bytes, index)
        let byte = bytes[index]
        if byte == UInt8(ascii: ",") {
          index = scanner.skipSpace(bytes, index &+ 1)
          break
        }
        guard byte == (level.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
          return scanner.fail(.expectedComma, at: index)
        }
        index &+= 1
        if level.slot >= 0 {
          slots[level.slot] = SlotValue(
            level.isObject ? .object : .array,
            text: TextRange(offset: level.start, length: index &- level.start))
        }
        guard let outer = levels.popLast() else { return index }
        level = outer
      }
    }
  }

  /// What the literal or number is that begins with `byte`.
  @inline(__always)
  private static func kind(_ byte: UInt8) -> ValueKind {
    switch byte {
    case UInt8(ascii: "n"): .null
    case UInt8(ascii: "f"): .false
    case UInt8(ascii: "t"): .true
    default: .number
    }
  }

  // MARK: Names

  @inline(__always)
  private mutating func member(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, of slot: Int
  ) -> JSONWantedPaths.Member {
    scanner.stringHasEscapes
      ? escapedMember(bytes, start, end, of: slot)
      : wanted.member(of: slot, named: bytes.extracting(start..<end))
  }

  @inline(never)
  private mutating func escapedMember(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, of slot: Int
  ) -> JSONWantedPaths.Member {
    name.truncate(to: 0)
    JSONText.unescape(bytes.extracting(start..<end), to: &name)
    return name.withBytes { wanted.member(of: slot, named: $0) }
  }

  // MARK: Members that are ours

  /// The member from `quote` to `end` at the top has a name that is taken: it goes, or the record is
  /// refused.
  @inline(never)
  private mutating func take(_ bytes: Span<UInt8>, _ quote: Int, _ end: Int) -> Bool {
    if takenMembers == .refused {
      _ = scanner.fail(.fieldTaken, at: quote)
      return false
    }
    let behind = scanner.skipSpace(bytes, end)
    let isLast = bytes[behind] == UInt8(ascii: "}")
    var before = quote &- 1
    while bytes[before] <= UInt8(ascii: " ") { before &-= 1 }
    // What stands before it stays, unless it is the brace or went with the comma between the two.
    if bytes[before] == UInt8(ascii: ",") && cuts.last?.upperBound != quote {
      cuts.append(before..<end)
    } else if isLast {
      cuts.append(quote..<end)
      isEmpty = true
    } else if bytes[behind] == UInt8(ascii: ",") {
      cuts.append(quote..<scanner.skipSpace(bytes, behind &+ 1))
    }
    return true
  }
}
