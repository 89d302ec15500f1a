// A selector compiled: instructions over slots, constants and a few registers.

/// A value while a selector is evaluated: what it is and where its text stands.
struct Operand: BitwiseCopyable, Sendable {
  enum Place: UInt8, BitwiseCopyable, Sendable {
    /// The record's bytes.
    case record
    /// Text of the record that its scanner made.
    case slots
    /// Text of the message that the record came in.
    case message
    /// The selector's own.
    case constant
    /// Text that an operation made.
    case made
  }

  /// `missing` where there is no value, as something went wrong.
  var kind: ValueKind
  /// Of a string: whether there are escapes of JSON in its text.
  var hasEscapes: Bool
  var place: Place
  var offset: UInt32
  var length: UInt32

  @inline(__always)
  init(
    _ kind: ValueKind, _ place: Place = .constant, offset: Int = 0, length: Int = 0,
    hasEscapes: Bool = false
  ) {
    self.kind = kind
    self.hasEscapes = hasEscapes
    self.place = place
    self.offset = UInt32(truncatingIfNeeded: offset)
    self.length = UInt32(truncatingIfNeeded: length)
  }

  /// A slot's value; its text stands in the record, or in `unescaped`.
  @inline(__always)
  init(_ value: SlotValue, unescaped: Place) {
    self.init(
      value.kind, value.text.isUnescaped ? unescaped : .record, offset: Int(value.text.offset),
      length: value.text.length, hasEscapes: value.hasEscapes)
  }

  static let fault = Operand(.missing)
  static let null = Operand(.null)

  @inline(__always)
  init(_ truth: Bool) { self.init(truth ? .true : .false) }

  @inline(__always)
  var range: Range<Int> { Int(offset)..<Int(offset) &+ Int(length) }

  /// What an `if` of jq's makes of it.
  @inline(__always)
  var isTrue: Bool { kind.rawValue >= ValueKind.true.rawValue }
}

/// Where an instruction finds what it works on.
struct OperandSource: BitwiseCopyable, Sendable {
  enum Place: UInt8, BitwiseCopyable, Sendable {
    case slot, messageSlot, register, constant
  }

  var place: Place
  /// The number of the slot's path in the program.
  var path: UInt16 = 0
  /// The number of the slot, the register or the constant.
  var index: Int32

  init(_ place: Place, _ index: Int, path: Int = 0) {
    self.place = place
    self.index = Int32(truncatingIfNeeded: index)
    self.path = UInt16(truncatingIfNeeded: path)
  }

  static let none = OperandSource(.constant, 0)

  var isSlot: Bool { place == .slot || place == .messageSlot }
}

/// One step of an evaluation.
struct Instruction: BitwiseCopyable, Sendable {
  enum Operation: UInt8, BitwiseCopyable, Sendable {
    // What says where to go on, at `target`.
    /// The value is `left`.
    case end
    /// There is no value.
    case endWithout
    /// `left` must be a value.
    case check
    /// `left` is the result.
    case move
    /// `left` is the result where it is true; goes to the target then.
    case takeTrue
    /// False is the result where `left` is not true; goes to the target then.
    case leaveFalse
    /// True is the result where `left` is true; goes to the target then.
    case leaveTrue

    // What gives a value.
    case truth
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    /// With the constant at `argument`.
    case member
    /// At the place `argument`.
    case element
    /// From `argument` to `second`.
    case slice
    case not, tostring, tonumber, downcase, upcase, length, type
    /// Of `left` with the constant `right`.
    case startsWith, endsWith, contains, removePrefix, removeSuffix
    /// Whether the slot `right` is there, where `left` is what may have it.
    case hasSlot
    /// Whether there is the member named by the constant at `argument`, or the element at `argument`.
    case hasMember, hasElement
    /// Whether it is one of the `second` constants from `argument` on.
    case isOneOf
    /// Whether the pattern at `argument` is found.
    case test
  }

  var operation: Operation
  var left = OperandSource.none
  var right = OperandSource.none
  /// The register for the result.
  var result: UInt16 = 0
  /// Where to go on: the number of an instruction.
  var target: UInt16 = 0
  /// Where to go on when something goes wrong: the number of an instruction, or `Instruction.out`.
  var faultTarget = Instruction.out
  var argument: Int32 = 0
  var second: Int32 = 0

  init(_ operation: Operation, _ left: OperandSource = .none) {
    self.operation = operation
    self.left = left
  }

  /// What goes wrong is the selector's own fault.
  static let out: UInt16 = .max
  /// Stands for an end of a slice that is left out.
  static let noBound: Int32 = .min
}

/// A path of constant steps: its slots from the root on, for what is said where one is not there.
struct SlotPath: Sendable {
  /// From slot 0 on; one more than there are steps.
  let slots: [Int]
  let steps: [PathStep]
  let isOfMessage: Bool
}

/// All that evaluating a selector needs; made once, never changed.
///
/// Sendable although its columns are not: nothing of it changes once it is made.
final class SelectorProgram: @unchecked Sendable {
  let instructions: Column<Instruction>
  /// The first is null.
  let constants: Column<Operand>
  /// What constants point into.
  let text: ByteBlock
  let paths: [SlotPath]
  let patterns: [Pattern]
  let registerCount: Int
  /// Where in the selector's text each instruction comes from.
  let ranges: [Range<Int>]

  init(
    instructions: [Instruction], ranges: [Range<Int>], constants: [Operand], text: [UInt8],
    paths: [SlotPath], patterns: [Pattern], registerCount: Int
  ) {
    self.instructions = Column(copying: instructions)
    self.ranges = ranges
    self.constants = Column(copying: constants)
    var block = ByteBlock(capacity: text.count)
    block.append(text.span)
    self.text = block
    self.paths = paths
    self.patterns = patterns
    self.registerCount = registerCount
  }
}

extension Column {
  fileprivate init(copying elements: [Element]) {
    self.init(capacity: elements.count)
    for element in elements { append(element) }
  }
}
