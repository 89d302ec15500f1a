// Instructions as they are written, with places in them that are not known yet.

/// A program that grows.
struct SelectorCode {
  /// A place in the program that may come later.
  struct Label: Equatable {
    fileprivate let number: Int
    /// Behind the program: what goes wrong is the selector's fault.
    static let out = Label(number: -1)
  }

  private struct Written {
    var instruction: Instruction
    let fault: Label
    let target: Label?
    let range: Range<Int>
  }

  private var written: [Written] = []
  private var places: [Int] = []
  private var constants = [Operand.null]
  private var text: [UInt8] = []
  private var paths: [SlotPath] = []
  private var patterns: [Pattern] = []
  private var registerCount = 0

  mutating func makeLabel() -> Label {
    places.append(-1)
    return Label(number: places.count - 1)
  }

  /// The label is here.
  mutating func place(_ label: Label) { places[label.number] = written.count }

  mutating func append(
    _ instruction: Instruction, _ fault: Label, _ range: Range<Int>, target: Label? = nil
  ) {
    written.append(Written(instruction: instruction, fault: fault, target: target, range: range))
  }

  /// Sees to it that there is the register.
  mutating func use(_ register: Int) -> UInt16 {
    registerCount = max(registerCount, register + 1)
    return UInt16(truncatingIfNeeded: register)
  }

  mutating func constant(_ literal: SelectorLiteral) -> OperandSource {
    if case .null = literal { return OperandSource(.constant, 0) }
    return OperandSource(.constant, constants([literal]).lowerBound)
  }

  /// The constants of some literals, one behind the other.
  mutating func constants(_ literals: [SelectorLiteral]) -> Range<Int> {
    let start = constants.count
    for literal in literals {
      switch literal {
      case .null: constants.append(.null)
      case .true: constants.append(Operand(true))
      case .false: constants.append(Operand(false))
      case .number(let digits): appendConstant(.number, digits)
      case .string(let text): appendConstant(.string, text)
      }
    }
    return start..<constants.count
  }

  private mutating func appendConstant(_ kind: ValueKind, _ bytes: [UInt8]) {
    constants.append(Operand(kind, .constant, offset: text.count, length: bytes.count))
    text += bytes
  }

  mutating func pattern(_ pattern: Pattern) -> Int32 {
    patterns.append(pattern)
    return Int32(patterns.count - 1)
  }

  /// The number of the path.
  mutating func path(_ path: SlotPath) -> Int {
    let known = paths.firstIndex {
      $0.isOfMessage == path.isOfMessage && $0.slots.last == path.slots.last
    }
    if let known { return known }
    paths.append(path)
    return paths.count - 1
  }

  /// nil where numbers do not fit.
  func program() -> SelectorProgram? {
    let most = Int(Instruction.out)
    guard written.count < most, paths.count < most, registerCount < most else { return nil }
    return SelectorProgram(
      instructions: written.map(resolved), ranges: written.map(\.range), constants: constants,
      text: text, paths: paths, patterns: patterns, registerCount: registerCount)
  }

  private func resolved(_ written: Written) -> Instruction {
    var instruction = written.instruction
    instruction.faultTarget = place(of: written.fault)
    instruction.target = written.target.map(place(of:)) ?? 0
    return instruction
  }

  private func place(of label: Label) -> UInt16 {
    label == .out ? Instruction.out : UInt16(truncatingIfNeeded: places[label.number])
  }
}
