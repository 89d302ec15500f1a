// Ways into values that no slot holds, by walking over their text.

extension SelectorProgram {
  /// A member, an element or a slice of a value.
  func step(
    _ instruction: Instruction, _ value: Operand, _ bytes: Span<UInt8>,
    _ slots: borrowing RecordSlots, _ scratch: inout SelectorScratch
  ) -> Operand {
    switch (instruction.operation, value.kind) {
    case (_, .null): return .null
    case (.member, .object):
      let name = constants[Int(instruction.argument)]
      return inside(value, bytes, slots, scratch) { text in
        scratch.withText(name, bytes, slots, self) { JSONWalk.member($0, of: text) }
      }
    case (.element, .array):
      let number = Int(instruction.argument)
      return inside(value, bytes, slots, scratch) { JSONWalk.element(number, of: $0) }
    case (.slice, .array), (.slice, .string):
      return slice(instruction, value, bytes, slots, &scratch)
    case (.member, _): scratch.fault = SelectorFault(.noMembers, value.kind)
    case (.element, _): scratch.fault = SelectorFault(.noElements, value.kind)
    default: scratch.fault = SelectorFault(.noSlice, value.kind)
    }
    return .fault
  }

  /// What a walk over the value's text finds, where it stands there; null without it.
  private func inside(
    _ value: Operand, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots,
    _ scratch: borrowing SelectorScratch, _ find: (Span<UInt8>) -> JSONWalk.Found?
  ) -> Operand {
    guard let found = scratch.withText(value, bytes, slots, self, find) else { return .null }
    return Operand(
      found.kind, value.place, offset: Int(value.offset) + found.place.lowerBound,
      length: found.place.count, hasEscapes: found.hasEscapes)
  }

  private func slice(
    _ instruction: Instruction, _ value: Operand, _ bytes: Span<UInt8>,
    _ slots: borrowing RecordSlots, _ scratch: inout SelectorScratch
  ) -> Operand {
    let none = Instruction.noBound
    let slice = Slice(
      start: instruction.argument == none ? nil : instruction.argument,
      end: instruction.second == none ? nil : instruction.second)
    if value.kind == .array {
      return make(value, .array, bytes, slots, &scratch) {
        $1.append(UInt8(ascii: "["))
        $1.append($0.extracting(JSONWalk.slice($0, slice)))
        $1.append(UInt8(ascii: "]"))
      }
    }
    var part = plain(value, bytes, slots, &scratch)
    let range = scratch.withText(part, bytes, slots, self) { SelectorText.slice($0, slice) }
    part.offset += UInt32(range.lowerBound)
    part.length = UInt32(range.count)
    return part
  }

  /// Whether a value has a member or an element.
  func has(
    _ instruction: Instruction, _ value: Operand, _ bytes: Span<UInt8>,
    _ slots: borrowing RecordSlots, _ scratch: inout SelectorScratch
  ) -> Operand {
    let isOfMember =
      instruction.operation == .hasMember
      || (instruction.operation == .hasSlot && instruction.second == 1)
    switch value.kind {
    case .null: return Operand(false)
    case .object where isOfMember, .array where !isOfMember: break
    default:
      scratch.fault = SelectorFault(isOfMember ? .hasNoNames : .hasNoPlaces, value.kind)
      return .fault
    }
    switch instruction.operation {
    case .hasSlot:
      let slot = Int(instruction.right.index)
      let isOfMessage = instruction.right.place == .messageSlot
      let kind = isOfMessage ? scratch.message[slot].kind : slots[slot].kind
      return Operand(kind != .missing)
    case .hasMember:
      let name = constants[Int(instruction.argument)]
      let found = withTexts(value, name, bytes, slots, scratch) {
        JSONWalk.member($1, of: $0)
      }
      return Operand(found != nil)
    default:
      // jq counts from the end nowhere but in `.[…]`.
      if instruction.argument < 0 { return Operand(false) }
      let number = Int(instruction.argument)
      let found = scratch.withText(value, bytes, slots, self) { JSONWalk.element(number, of: $0) }
      return Operand(found != nil)
    }
  }
}
