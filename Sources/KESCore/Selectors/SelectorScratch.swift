// What evaluating selectors needs besides the record: registers, and room for text that they make.

/// Room for evaluations, used for record after record; one a thread.
public struct SelectorScratch: ~Copyable {
  /// What is known of the message that the record came in: the slots of
  /// `SelectorCompiler.wantedOfMessage`, all of whose text stands in their own block.
  public var message: RecordSlots
  /// What a selector's value points into where it `isUnescaped`.
  public private(set) var text = ByteBlock(capacity: 0)

  var registers = Column<Operand>(capacity: 8)
  /// What went wrong, where an operand is none.
  var fault = SelectorFault.none
  /// Text that is worked on, where it stood in `text` itself.
  private var copy = ByteBlock(capacity: 0)
  /// Nil while they are in use.
  var tables: JSONTables? = JSONTables()
  var matcher = PatternMatcher()

  /// - Parameter messageSlots: how many slots `wantedOfMessage` has.
  public init(messageSlots: Int = 1) { message = RecordSlots(count: messageSlots) }

  /// Forgets the text that selectors have made, for the next record.
  @inline(__always)
  public mutating func forgetAll() { text.truncate(to: 0) }

  /// Lends the text of a selector's value: a string's as it stands, with escapes where it
  /// `hasEscapes`. Valid until `body` returns.
  /// - Parameter bytes: the record's, as when the selector was evaluated.
  @inline(__always)
  public func withText<Result: ~Copyable, Problem: Error>(
    of value: SlotValue, _ bytes: Span<UInt8>,
    _ body: (Span<UInt8>) throws(Problem) -> Result
  ) throws(Problem) -> Result {
    value.text.isUnescaped
      ? try text.withBytes(Int(value.text.offset), value.text.length, body)
      : try body(bytes.extracting(value.text.bounds))
  }

  /// The same value with its text unescaped.
  public mutating func unescaped(_ value: SlotValue, _ bytes: Span<UInt8>) -> SlotValue {
    guard value.kind == .string && value.hasEscapes else { return value }
    let operand = Operand(value, unescaped: .made)
    let start = text.count
    if operand.place == .made {
      lendCopy(operand) { JSONText.unescape($0, to: &$1) }
    } else {
      JSONText.unescape(bytes.extracting(operand.range), to: &text)
    }
    let range = TextRange(offset: start, length: text.count - start, isUnescaped: true)
    return SlotValue(.string, text: range)
  }

  /// Sees to it that there are so many registers.
  @inline(__always)
  mutating func prepare(registers count: Int) {
    while registers.count < count { registers.append(.null) }
  }

  mutating func takeTables() -> JSONTables { tables.take() ?? JSONTables() }

  /// The operand of text that `write` makes.
  @inline(__always)
  mutating func made(_ kind: ValueKind, _ write: (inout ByteBlock) -> Void) -> Operand {
    let start = text.count
    write(&text)
    return Operand(kind, .made, offset: start, length: text.count - start)
  }

  // MARK: Text of operands

  /// Lends the text of an operand, and the block for text that is made of it.
  mutating func withText(
    _ operand: Operand, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ program: SelectorProgram, _ body: (Span<UInt8>, inout ByteBlock) -> Void
  ) {
    switch operand.place {
    case .record: body(bytes.extracting(operand.range), &text)
    case .constant: lend(program.text, operand.range, &text, body)
    case .slots: lend(slots.text, operand.range, &text, body)
    case .message: lend(message.text, operand.range, &text, body)
    case .made: lendCopy(operand, body)
    }
  }

  private mutating func lendCopy(
    _ operand: Operand, _ body: (Span<UInt8>, inout ByteBlock) -> Void
  ) {
    copy.truncate(to: 0)
    copy.append(text, Int(operand.offset), Int(operand.length))
    lend(copy, 0..<copy.count, &text, body)
  }

  /// Lends the text of an operand, to be read alone.
  @inline(__always)
  func withText<Result>(
    _ operand: Operand, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ program: SelectorProgram, _ body: (Span<UInt8>) -> Result
  ) -> Result {
    let (offset, length) = (Int(operand.offset), Int(operand.length))
    return switch operand.place {
    case .record: body(bytes.extracting(operand.range))
    case .constant: program.text.withBytes(offset, length, body)
    case .slots: slots.text.withBytes(offset, length, body)
    case .message: message.text.withBytes(offset, length, body)
    case .made: text.withBytes(offset, length, body)
    }
  }
}

/// Lends a part of one block with another.
private func lend(
  _ source: borrowing ByteBlock, _ range: Range<Int>, _ target: inout ByteBlock,
  _ body: (Span<UInt8>, inout ByteBlock) -> Void
) {
  source.withBytes(range.lowerBound, range.count) { body($0, &target) }
}
