// The loop that runs a selector's instructions.

extension SelectorProgram {
  /// The value of the record, for those who want its text, too.
  func result(
    _ number: Int, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: inout SelectorScratch
  ) -> SelectorResult {
    switch run(bytes, slots, &scratch) {
    case .value(let operand): return .value(slotValue(operand, bytes, slots, &scratch))
    case .nothing: return .nothing
    case .fault: return .fault(scratch.fault.of(selector: number))
    }
  }

  /// Whether the selector holds.
  func truth(
    _ number: Int, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: inout SelectorScratch
  ) -> SelectorTruth {
    switch run(bytes, slots, &scratch) {
    case .value(let operand): return operand.isTrue ? .holds : .fails
    case .nothing: return .fails
    case .fault: return .fault(scratch.fault.of(selector: number))
    }
  }

  private enum Outcome {
    case value(Operand)
    case nothing
    /// It stands in the scratch.
    case fault
  }

  private func run(
    _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots, _ scratch: inout SelectorScratch
  ) -> Outcome {
    scratch.prepare(registers: registerCount)
    var next = 0
    while true {
      let number = next
      let instruction = instructions[number]
      next = number &+ 1
      var result: Operand
      switch instruction.operation {
      case .end:
        result = fetch(instruction.left, slots, &scratch)
        if result.kind != .missing { return .value(result) }
      case .endWithout: return .nothing
      case .check:
        result = fetch(instruction.left, slots, &scratch)
        if result.kind != .missing { continue }
      case .move:
        result = fetch(instruction.left, slots, &scratch)
      case .truth:
        result = fetch(instruction.left, slots, &scratch)
        if result.kind != .missing { result = Operand(result.isTrue) }
      case .takeTrue, .leaveTrue, .leaveFalse:
        result = fetch(instruction.left, slots, &scratch)
        if result.kind != .missing {
          let isLeft = result.isTrue != (instruction.operation == .leaveFalse)
          if !isLeft { continue }
          if instruction.operation != .takeTrue { result = Operand(result.isTrue) }
          next = Int(instruction.target)
        }
      case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
        result = compare(instruction, bytes, slots, &scratch)
      default:
        result = apply(instruction, bytes, slots, &scratch)
      }
      if result.kind == .missing {
        if instruction.faultTarget == Instruction.out {
          scratch.fault.instruction = UInt16(truncatingIfNeeded: number)
          return .fault
        }
        next = Int(instruction.faultTarget)
      } else {
        scratch.registers[Int(instruction.result)] = result
      }
    }
  }

  // MARK: Operands

  /// The operand; `missing`, with the fault in the scratch, where its path cannot be gone.
  @inline(__always)
  func fetch(
    _ source: OperandSource, _ slots: borrowing RecordSlots, _ scratch: inout SelectorScratch
  ) -> Operand {
    switch source.place {
    case .slot:
      let value = slots[Int(source.index)]
      return value.kind == .missing
        ? resolve(source, slots, &scratch) : Operand(value, unescaped: .slots)
    case .messageSlot:
      let value = scratch.message[Int(source.index)]
      return value.kind == .missing
        ? resolve(source, slots, &scratch) : Operand(value, unescaped: .message)
    case .register: return scratch.registers[Int(source.index)]
    case .constant: return constants[Int(source.index)]
    }
  }

  /// What a path comes to at whose end there is nothing: null, if all steps can be taken.
  @inline(never)
  private func resolve(
    _ source: OperandSource, _ slots: borrowing RecordSlots, _ scratch: inout SelectorScratch
  ) -> Operand {
    let path = paths[Int(source.path)]
    var step = path.steps.count
    var kind = ValueKind.missing
    while step > 0 && kind == .missing {
      step -= 1
      let slot = path.slots[step]
      kind = path.isOfMessage ? scratch.message[slot].kind : slots[slot].kind
    }
    if step == path.steps.count { return .null }
    switch (kind, path.steps[step]) {
    case (.missing, _), (.null, _), (.object, .member), (.array, .element): return .null
    case (_, .member):
      scratch.fault = SelectorFault(.noMembers, kind, step: step, path: Int(source.path))
    case (_, .element):
      scratch.fault = SelectorFault(.noElements, kind, step: step, path: Int(source.path))
    }
    return .fault
  }

  /// The value for others: its text in the record, or in the scratch.
  @inline(__always)
  private func slotValue(
    _ operand: Operand, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: inout SelectorScratch
  ) -> SlotValue {
    if operand.place == .record {
      let range = TextRange(offset: Int(operand.offset), length: Int(operand.length))
      return SlotValue(operand.kind, text: range, hasEscapes: operand.hasEscapes)
    }
    return madeValue(operand, bytes, slots, &scratch)
  }

  @inline(never)
  private func madeValue(
    _ operand: Operand, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: inout SelectorScratch
  ) -> SlotValue {
    let operand = operand.kind == .number ? finite(operand, &scratch) : operand
    if operand.kind.rawValue < ValueKind.number.rawValue { return SlotValue(operand.kind) }
    let made =
      operand.place == .made
      ? operand : make(operand, operand.kind, bytes, slots, &scratch) { $1.append($0) }
    let range = TextRange(offset: Int(made.offset), length: Int(made.length), isUnescaped: true)
    return SlotValue(operand.kind, text: range, hasEscapes: operand.hasEscapes)
  }

  /// Appends to the text that is made, from that of `operand`; the operand of what was appended.
  @inline(__always)
  func make(
    _ operand: Operand, _ kind: ValueKind, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: inout SelectorScratch, _ body: (Span<UInt8>, inout ByteBlock) -> Void
  ) -> Operand {
    let start = scratch.text.count
    scratch.withText(operand, bytes, slots, self, body)
    return Operand(kind, .made, offset: start, length: scratch.text.count - start)
  }

  /// A string's operand whose text has no escapes.
  @inline(__always)
  func plain(
    _ operand: Operand, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: inout SelectorScratch
  ) -> Operand {
    if !operand.hasEscapes { return operand }
    return make(operand, .string, bytes, slots, &scratch) { JSONText.unescape($0, to: &$1) }
  }
}
