// Terms to instructions: ways into values, and functions.

extension SelectorWriter {
  /// A term: what it begins with, and its steps.
  mutating func write(
    _ base: SelectorExpression.Base, _ steps: [SelectorExpression.Step], _ range: Range<Int>,
    on current: Value, exits: Exits, register: Int
  ) -> Value {
    // A `?` that stands for all before it turns errors of the steps up to there into nothing.
    let attempt = steps.lastIndex { if case .attempt = $0.kind { true } else { false } } ?? -1
    let attempted = Exits(fault: exits.nothing, nothing: exits.nothing)
    if attempt >= 0 { check(current, range, exits.fault) }
    var value = write(
      base, range, on: current, exits: attempt >= 0 ? attempted : exits, register: register)
    for (index, step) in steps.enumerated() {
      var fault = index <= attempt ? exits.nothing : exits.fault
      if case .attempt = step.kind {
        check(value, step.range, exits.nothing)
        continue
      }
      if step.isOptional {
        // Only the step itself is optional.
        if fault != exits.nothing { check(value, step.range, fault) }
        fault = exits.nothing
      }
      value = write(step, of: value, fault, register: register)
      if step.isOptional { check(value, step.range, fault) }
    }
    return value
  }

  private mutating func write(
    _ base: SelectorExpression.Base, _ range: Range<Int>, on current: Value, exits: Exits,
    register: Int
  ) -> Value {
    switch base {
    case .current: return current
    case .message:
      usesMessage = true
      return .path([], isOfMessage: true)
    case .literal(let literal): return .source(code.constant(literal))
    case .group(let inside): return write(inside, on: current, exits: exits, register: register)
    case .call(let call): return write(call, range, on: current, exits.fault, register: register)
    }
  }

  /// One step into a value that is no path, or away from one that is.
  private mutating func write(
    _ step: SelectorExpression.Step, of value: Value, _ fault: SelectorCode.Label, register: Int
  ) -> Value {
    if case .path(let path, let isOfMessage) = value, let next = step.pathStep {
      return .path(path + [next], isOfMessage: isOfMessage)
    }
    var instruction: Instruction
    switch step.kind {
    case .member(let name):
      instruction = Instruction(.member)
      instruction.argument = code.constant(.string(name)).index
    case .element(let number):
      instruction = Instruction(.element)
      instruction.argument = Int32(number)
    case .slice(let slice):
      instruction = Instruction(.slice)
      instruction.argument = slice.start ?? Instruction.noBound
      instruction.second = slice.end ?? Instruction.noBound
    case .attempt: return value
    }
    instruction.left = source(of: value)
    instruction.result = code.use(register)
    code.append(instruction, fault, step.range)
    return .source(OperandSource(.register, register))
  }

  // MARK: Functions

  private mutating func write(
    _ call: SelectorCall, _ range: Range<Int>, on current: Value, _ fault: SelectorCode.Label,
    register: Int
  ) -> Value {
    var instruction = self.instruction(of: call, on: current)
    instruction.left = source(of: current)
    instruction.result = code.use(register)
    code.append(instruction, fault, range)
    return .source(OperandSource(.register, register))
  }

  private mutating func instruction(of call: SelectorCall, on current: Value) -> Instruction {
    switch call {
    case .not: return Instruction(.not)
    case .tostring: return Instruction(.tostring)
    case .tonumber: return Instruction(.tonumber)
    case .downcase: return Instruction(.downcase)
    case .upcase: return Instruction(.upcase)
    case .length: return Instruction(.length)
    case .type: return Instruction(.type)
    case .startsWith(let text): return instruction(.startsWith, text)
    case .endsWith(let text): return instruction(.endsWith, text)
    case .contains(let text): return instruction(.contains, text)
    case .removePrefix(let text): return instruction(.removePrefix, text)
    case .removeSuffix(let text): return instruction(.removeSuffix, text)
    case .hasMember(let name): return has(.member(name), of: current)
    case .hasElement(let number): return has(.element(number), of: current)
    case .isOneOf(let values):
      let constants = code.constants(values)
      var instruction = Instruction(.isOneOf)
      instruction.argument = Int32(constants.lowerBound)
      instruction.second = Int32(constants.count)
      return instruction
    case .test(let pattern):
      var instruction = Instruction(.test)
      instruction.argument = code.pattern(pattern)
      return instruction
    }
  }

  private mutating func instruction(
    _ operation: Instruction.Operation, _ text: [UInt8]
  ) -> Instruction {
    var instruction = Instruction(operation)
    instruction.right = code.constant(.string(text))
    return instruction
  }

  /// Of a path, whether there is something one step below is what a slot can tell.
  private mutating func has(_ step: PathStep, of value: Value) -> Instruction {
    var instruction: Instruction
    var isElementFromEnd = false
    switch step {
    case .member(let name):
      instruction = Instruction(.hasMember)
      instruction.argument = code.constant(.string(name)).index
    case .element(let number):
      instruction = Instruction(.hasElement)
      instruction.argument = Int32(number)
      isElementFromEnd = number < 0
    }
    if case .path(let path, let isOfMessage) = value, !isElementFromEnd {
      instruction.right = source(of: .path(path + [step], isOfMessage: isOfMessage))
      // Tells a member from an element.
      instruction.second = instruction.operation == .hasMember ? 1 : 0
      instruction.operation = .hasSlot
    }
    return instruction
  }
}
