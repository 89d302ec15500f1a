// From a selector's tree to instructions; constant paths become slots.

/// Compiles selectors against one trie of paths, so that one scan of a record serves all of them.
public struct SelectorCompiler {
  /// What is to be found of each record.
  public private(set) var wanted = WantedPaths()
  /// What is to be known of the message that it came in (`$message` is slot 0).
  public private(set) var wantedOfMessage = WantedPaths()
  /// What is read as jq reads it, and may not have been meant so; for people.
  public private(set) var warnings: [String] = []
  private var count = 0

  public init() {}

  /// Compiles `text`.
  ///
  /// Throws a usage failure where it is no selector; its text shows the place.
  /// - Parameter option: the option's name, for messages.
  public mutating func add(_ text: String, as option: String) throws(Failure) -> Selector {
    let source = SelectorSource(text, option: option)
    let (expression, warnings) = try SelectorParser.parse(source)
    self.warnings += warnings
    var writer = SelectorWriter(wanted: wanted, wantedOfMessage: wantedOfMessage)
    let program = writer.program(of: expression)
    guard let program else {
      throw Failure.usage("\(option): the selector is too long: it has too many operations")
    }
    wanted = writer.wanted
    wantedOfMessage = writer.wantedOfMessage
    defer { count += 1 }
    return Selector(
      text: text, option: option, number: count, program: program,
      plainPath: expression.plainPath, usesMessage: writer.usesMessage)
  }
}

extension SelectorExpression {
  /// The steps, where there is nothing but members of the record, one in the other.
  fileprivate var plainPath: [PathStep]? {
    guard let steps = memberSteps, !steps.isEmpty else { return nil }
    return steps
  }

  private var memberSteps: [PathStep]? {
    switch form {
    case .pipe(let items):
      var all: [PathStep] = []
      for item in items {
        guard let steps = item.memberSteps else { return nil }
        all += steps
      }
      return all
    case .term(let base, let steps):
      var all: [PathStep] = []
      switch base {
      case .current: break
      case .group(let inside):
        guard let steps = inside.memberSteps else { return nil }
        all = steps
      default: return nil
      }
      for step in steps {
        guard case .member(let name) = step.kind, !step.isOptional else { return nil }
        all.append(.member(name))
      }
      return all
    default: return nil
    }
  }
}

/// Writes one selector's program.
struct SelectorWriter {
  private(set) var wanted: WantedPaths
  private(set) var wantedOfMessage: WantedPaths
  var usesMessage = false
  var code = SelectorCode()

  init(wanted: WantedPaths, wantedOfMessage: WantedPaths) {
    self.wanted = wanted
    self.wantedOfMessage = wantedOfMessage
  }

  /// What an expression is evaluated on, or comes to.
  enum Value {
    /// A constant path, of which nobody has asked yet whether it can be gone.
    case path([PathStep], isOfMessage: Bool)
    case source(OperandSource)
  }

  /// Where evaluation goes on where there is no value.
  struct Exits {
    /// After an error.
    var fault: SelectorCode.Label
    /// Where there is nothing.
    var nothing: SelectorCode.Label
  }

  /// nil where it would have too many instructions.
  mutating func program(of expression: SelectorExpression) -> SelectorProgram? {
    let without = code.makeLabel()
    let exits = Exits(fault: .out, nothing: without)
    let value = write(
      expression, on: .path([], isOfMessage: false), exits: exits, register: 0)
    code.append(Instruction(.end, source(of: value)), exits.fault, expression.range)
    code.place(without)
    code.append(Instruction(.endWithout), .out, expression.range)
    return code.program()
  }

  /// Writes what evaluates `expression` on `current`, with registers from `register` on to itself.
  mutating func write(
    _ expression: SelectorExpression, on current: Value, exits: Exits, register: Int
  ) -> Value {
    switch expression.form {
    case .term(let base, let steps):
      return write(base, steps, expression.range, on: current, exits: exits, register: register)
    case .comparison(let comparison, let left, let right):
      return write(
        comparison, left, right, expression.range, on: current, exits: exits, register: register)
    case .and(let items):
      return write(
        items, leaving: .leaveFalse, on: current, exits: exits, register: register)
    case .or(let items):
      return write(items, leaving: .leaveTrue, on: current, exits: exits, register: register)
    case .alternative(let items):
      return writeAlternative(items, on: current, exits: exits, register: register)
    case .pipe(let items):
      return writePipe(items, on: current, exits: exits, register: register)
    }
  }

  // MARK: Operators

  private mutating func write(
    _ items: [SelectorExpression], leaving operation: Instruction.Operation, on current: Value,
    exits: Exits, register: Int
  ) -> Value {
    let end = code.makeLabel()
    for (index, item) in items.enumerated() {
      let value = write(item, on: current, exits: exits, register: register)
      let isLast = index == items.count - 1
      var instruction = Instruction(isLast ? .truth : operation, source(of: value))
      instruction.result = code.use(register)
      code.append(instruction, exits.fault, item.range, target: isLast ? nil : end)
    }
    code.place(end)
    return .source(OperandSource(.register, register))
  }

  private mutating func writeAlternative(
    _ items: [SelectorExpression], on current: Value, exits: Exits, register: Int
  ) -> Value {
    let end = code.makeLabel()
    for (index, item) in items.enumerated() {
      let isLast = index == items.count - 1
      let next = isLast ? exits.nothing : code.makeLabel()
      let value = write(
        item, on: current, exits: Exits(fault: exits.fault, nothing: next), register: register)
      var instruction = Instruction(isLast ? .move : .takeTrue, source(of: value))
      instruction.result = code.use(register)
      code.append(instruction, exits.fault, item.range, target: isLast ? nil : end)
      if !isLast { code.place(next) }
    }
    code.place(end)
    return .source(OperandSource(.register, register))
  }

  private mutating func writePipe(
    _ items: [SelectorExpression], on current: Value, exits: Exits, register: Int
  ) -> Value {
    var value = current
    var register = register
    for (index, item) in items.enumerated() {
      value = write(item, on: value, exits: exits, register: register)
      if index == items.count - 1 { break }
      register = free(behind: value, register)
      // What comes next need not ask for the value, and an error in it is one still.
      if !items[index + 1].asksFirst { check(value, item.range, exits.fault) }
    }
    return value
  }

  /// The right side comes first, as in jq: which of an error and of nothing counts is the one there.
  private mutating func write(
    _ comparison: ComparisonOperator, _ left: SelectorExpression, _ right: SelectorExpression,
    _ range: Range<Int>, on current: Value, exits: Exits, register: Int
  ) -> Value {
    let second = write(right, on: current, exits: exits, register: register)
    if !left.isSimple { check(second, right.range, exits.fault) }
    let first = write(
      left, on: current, exits: exits, register: free(behind: second, register))
    var instruction = Instruction(comparison.operation, source(of: first))
    instruction.right = source(of: second)
    instruction.result = code.use(register)
    code.append(instruction, exits.fault, range)
    return .source(OperandSource(.register, register))
  }

  /// The first register that may be written to while `value` is still needed.
  private func free(behind value: Value, _ register: Int) -> Int {
    guard case .source(let source) = value, source.place == .register else { return register }
    return max(register, Int(source.index) + 1)
  }

  /// Makes sure that a path can be gone here, and not later.
  mutating func check(_ value: Value, _ range: Range<Int>, _ fault: SelectorCode.Label) {
    guard case .path(let steps, _) = value, !steps.isEmpty else { return }
    code.append(Instruction(.check, source(of: value)), fault, range)
  }

  /// Where an instruction finds the value.
  mutating func source(of value: Value) -> OperandSource {
    switch value {
    case .source(let source): return source
    case .path(let steps, let isOfMessage):
      var slots: [Int] = []
      for count in 0...steps.count {
        let path = Array(steps[..<count])
        slots.append(isOfMessage ? wantedOfMessage.slot(of: path) : wanted.slot(of: path))
      }
      let path = code.path(SlotPath(slots: slots, steps: steps, isOfMessage: isOfMessage))
      return OperandSource(isOfMessage ? .messageSlot : .slot, slots[steps.count], path: path)
    }
  }
}

extension ComparisonOperator {
  fileprivate var operation: Instruction.Operation {
    switch self {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    }
  }
}

extension SelectorExpression {
  /// Whether evaluating it begins with its input, or with a way into it.
  fileprivate var asksFirst: Bool {
    switch form {
    case .term(.current, _), .term(.call, _): true
    case .term(.group(let inside), _): inside.asksFirst
    case .term: false
    case .comparison(_, _, let right): right.asksFirst
    case .and(let items), .or(let items), .alternative(let items), .pipe(let items):
      items[0].asksFirst
    }
  }

  /// Whether it gives a value or an error without any instruction of its own.
  fileprivate var isSimple: Bool {
    switch form {
    case .term(.literal, let steps): steps.isEmpty
    case .term(.current, let steps), .term(.message, let steps):
      steps.allSatisfy { !$0.isOptional && $0.isConstantPath }
    default: false
    }
  }
}

extension SelectorExpression.Step {
  /// Whether it can be part of a slot's path.
  var isConstantPath: Bool { pathStep != nil }

  var pathStep: PathStep? {
    switch kind {
    case .member(let name): .member(name)
    case .element(let number): number >= 0 ? .element(number) : nil
    case .slice, .attempt: nil
    }
  }
}
