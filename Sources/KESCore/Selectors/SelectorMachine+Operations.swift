// What single instructions do with values.

extension SelectorProgram {
  // MARK: Comparisons

  /// The right side is looked at first, as in jq.
  @inline(__always)
  func compare(
    _ instruction: Instruction, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: inout SelectorScratch
  ) -> Operand {
    let right = fetch(instruction.right, slots, &scratch)
    if right.kind == .missing { return .fault }
    let left = fetch(instruction.left, slots, &scratch)
    if left.kind == .missing { return .fault }
    guard left.kind == right.kind else {
      return truth(instruction.operation, Int(left.kind.rawValue) - Int(right.kind.rawValue))
    }
    // What streams are asked most: whether a string is a certain one.
    let isPlainText =
      left.kind == .string && left.place == .record && right.place == .constant
      && !left.hasEscapes
    if isPlainText && instruction.operation == .equal {
      return text.withBytes(Int(right.offset), Int(right.length)) {
        Operand(bytes.extracting(left.range).hasSameBytes(as: $0))
      }
    }
    let order = order(left, right, instruction, bytes, slots, &scratch)
    return order.map { truth(instruction.operation, $0) } ?? .fault
  }

  @inline(__always)
  private func truth(_ operation: Instruction.Operation, _ order: Int) -> Operand {
    switch operation {
    case .equal: Operand(order == 0)
    case .notEqual: Operand(order != 0)
    case .less: Operand(order < 0)
    case .lessOrEqual: Operand(order <= 0)
    case .greater: Operand(order > 0)
    default: Operand(order >= 0)
    }
  }

  /// The order of two values of one kind; nil where kes compares none of it.
  private func order(
    _ left: Operand, _ right: Operand, _ instruction: Instruction, _ bytes: Span<UInt8>,
    _ slots: borrowing RecordSlots, _ scratch: inout SelectorScratch
  ) -> Int? {
    switch left.kind {
    case .number:
      if let order = orderOfWholes(left, right, bytes) { return order }
      return withTexts(left, right, bytes, slots, scratch) { DecimalNumber.order($0, $1) }
    case .string:
      let left = plain(left, bytes, slots, &scratch)
      let right = plain(right, bytes, slots, &scratch)
      return withTexts(left, right, bytes, slots, scratch) { left, right in
        left.hasSameBytes(as: right) ? 0 : left.isOrdered(before: right) ? -1 : 1
      }
    case .array, .object:
      scratch.fault = SelectorFault(.comparesContainers, left.kind)
      return nil
    case .missing, .null, .false, .true: return 0
    }
  }

  /// The order where the right number is a small whole constant, and the left one small and whole, too.
  @inline(__always)
  private func orderOfWholes(_ left: Operand, _ right: Operand, _ bytes: Span<UInt8>) -> Int? {
    guard right.place == .constant, left.place == .record,
      let first = DecimalNumber.whole(bytes.extracting(left.range)),
      let second = text.withBytes(
        Int(right.offset), Int(right.length), { DecimalNumber.whole($0) })
    else { return nil }
    return first < second ? -1 : first == second ? 0 : 1
  }

  func withTexts<Result>(
    _ left: Operand, _ right: Operand, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: borrowing SelectorScratch, _ body: (Span<UInt8>, Span<UInt8>) -> Result
  ) -> Result {
    scratch.withText(left, bytes, slots, self) { first in
      scratch.withText(right, bytes, slots, self) { second in body(first, second) }
    }
  }

  // MARK: All others

  /// The result of an instruction that gives a value; a fault, told in the scratch, where it cannot.
  @inline(__always)
  func apply(
    _ instruction: Instruction, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: inout SelectorScratch
  ) -> Operand {
    let value = fetch(instruction.left, slots, &scratch)
    if value.kind == .missing { return .fault }
    switch instruction.operation {
    case .test, .startsWith, .endsWith, .contains, .removePrefix, .removeSuffix, .downcase, .upcase:
      guard value.kind == .string else {
        scratch.fault = SelectorFault(.noString, value.kind)
        return .fault
      }
      let text = plain(value, bytes, slots, &scratch)
      return applyToText(instruction, text, bytes, slots, &scratch)
    case .not: return Operand(!value.isTrue)
    case .type: return constant(typeName(value.kind), &scratch)
    case .member, .element, .slice:
      return step(instruction, value, bytes, slots, &scratch)
    case .hasSlot, .hasMember, .hasElement:
      return has(instruction, value, bytes, slots, &scratch)
    case .isOneOf: return isOneOf(instruction, value, bytes, slots, &scratch)
    case .tostring: return toString(value, bytes, slots, &scratch)
    case .tonumber: return toNumber(value, bytes, slots, &scratch)
    case .length: return length(value, bytes, slots, &scratch)
    default: return value
    }
  }

  private func applyToText(
    _ instruction: Instruction, _ value: Operand, _ bytes: Span<UInt8>,
    _ slots: borrowing RecordSlots, _ scratch: inout SelectorScratch
  ) -> Operand {
    switch instruction.operation {
    case .test:
      return test(patterns[Int(instruction.argument)], value, bytes, slots, &scratch)
    case .downcase, .upcase:
      let isUpper = instruction.operation == .upcase
      return make(value, .string, bytes, slots, &scratch) {
        SelectorText.append($0, upper: isUpper, to: &$1)
      }
    default: break
    }
    let part = constants[Int(instruction.right.index)]
    let operation = instruction.operation
    let isFound = withTexts(value, part, bytes, slots, scratch) { text, part in
      switch operation {
      case .startsWith, .removePrefix: SelectorText.hasPrefix(text, part)
      case .endsWith, .removeSuffix: SelectorText.hasSuffix(text, part)
      default: SelectorText.contains(text, part)
      }
    }
    guard operation == .removePrefix || operation == .removeSuffix else { return Operand(isFound) }
    if !isFound { return value }
    var rest = value
    rest.length -= part.length
    if operation == .removePrefix { rest.offset += part.length }
    return rest
  }

  private func test(
    _ pattern: Pattern, _ value: Operand, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: inout SelectorScratch
  ) -> Operand {
    let found = scratch.withText(value, bytes, slots, self) {
      pattern.isFound(in: $0, scratch.matcher)
    }
    if let found { return Operand(found) }
    scratch.fault = SelectorFault(.matchLimit, .string)
    return .fault
  }

  private func isOneOf(
    _ instruction: Instruction, _ value: Operand, _ bytes: Span<UInt8>,
    _ slots: borrowing RecordSlots, _ scratch: inout SelectorScratch
  ) -> Operand {
    let first = Int(instruction.argument)
    for index in first..<first + Int(instruction.second) where constants[index].kind == value.kind {
      let order = order(value, constants[index], instruction, bytes, slots, &scratch)
      if order == 0 { return Operand(true) }
    }
    return Operand(false)
  }

  // MARK: Conversions

  private func toString(
    _ value: Operand, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: inout SelectorScratch
  ) -> Operand {
    switch value.kind {
    case .string: return value
    case .missing, .null: return constant("null", &scratch)
    case .false: return constant("false", &scratch)
    case .true: return constant("true", &scratch)
    case .number:
      let number = finite(value, &scratch)
      if number.kind == .null { return constant("null", &scratch) }
      // The greatest number stands for one without end, and jq writes it as a double.
      if number.offset != value.offset || number.place != value.place {
        return Operand(
          .string, .made, offset: Int(number.offset), length: Int(number.length))
      }
      return make(number, .string, bytes, slots, &scratch) {
        $1.appendJqNumber($0)
      }
    case .array, .object:
      var tables = scratch.takeTables()
      var isDone = true
      let made = make(value, .string, bytes, slots, &scratch) {
        isDone = tables.append($0, to: &$1)
      }
      scratch.tables = consume tables
      if isDone { return made }
      scratch.fault = SelectorFault(.tooDeep, value.kind)
      return .fault
    }
  }

  private func toNumber(
    _ value: Operand, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: inout SelectorScratch
  ) -> Operand {
    if value.kind == .number { return value }
    guard value.kind == .string else {
      scratch.fault = SelectorFault(.noNumber, value.kind)
      return .fault
    }
    let text = plain(value, bytes, slots, &scratch)
    guard scratch.withText(text, bytes, slots, self, { DecimalNumber.isNumber($0) }) else {
      scratch.fault = SelectorFault(.noNumber, .string)
      return .fault
    }
    return make(text, .number, bytes, slots, &scratch) {
      DecimalNumber.appendCanonical($0, to: &$1)
    }
  }

  /// A number as JSON has it: what is none is null, as in jq, and one without end its greatest number.
  func finite(_ value: Operand, _ scratch: inout SelectorScratch) -> Operand {
    guard value.place == .made else { return value }
    let form = scratch.text.withBytes(Int(value.offset), Int(value.length)) {
      let number = DecimalNumber($0)
      return (number.form, number.isNegative)
    }
    switch form {
    case (.finite, _): return value
    case (.notANumber, _): return .null
    case (.infinite, let isNegative):
      let greatest: StaticString = "-1.7976931348623157e+308"
      var number = constant(greatest, &scratch)
      number.kind = .number
      if isNegative { return number }
      number.offset += 1
      number.length -= 1
      return number
    }
  }

  private func length(
    _ value: Operand, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: inout SelectorScratch
  ) -> Operand {
    let count: Int
    switch value.kind {
    case .missing, .null: count = 0
    case .false, .true:
      scratch.fault = SelectorFault(.noLength, value.kind)
      return .fault
    case .number:
      return make(value, .number, bytes, slots, &scratch) {
        DecimalNumber.appendMagnitude($0, to: &$1)
      }
    case .string:
      let text = plain(value, bytes, slots, &scratch)
      count = scratch.withText(text, bytes, slots, self) { SelectorText.length($0) }
    case .array:
      count = scratch.withText(value, bytes, slots, self) { JSONWalk.elementCount(of: $0) }
    case .object:
      var tables = scratch.takeTables()
      count = scratch.withText(value, bytes, slots, self) { tables.memberCount(of: $0) }
      scratch.tables = consume tables
    }
    return scratch.made(.number) { $0.append(decimal: Int64(count)) }
  }

  /// A string's operand for one of kes's own.
  private func constant(_ text: StaticString, _ scratch: inout SelectorScratch) -> Operand {
    scratch.made(.string) { $0.append(text) }
  }

  private func typeName(_ kind: ValueKind) -> StaticString { kind.typeName }
}

extension ValueKind {
  /// As jq's `type` names it.
  var typeName: StaticString {
    switch self {
    case .missing, .null: "null"
    case .false, .true: "boolean"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}
