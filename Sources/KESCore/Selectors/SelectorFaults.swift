// What can go wrong when a selector is evaluated on a record: a small code, and its text for people.

/// Why a selector has no value for a record. Made a text only where somebody reads it.
public struct SelectorFault: BitwiseCopyable, Hashable, Sendable {
  public enum Code: UInt8, BitwiseCopyable, Hashable, Sendable {
    /// A step to a member of what is no object, to an element of what is no array, a slice of neither.
    case noMembers, noElements, noSlice
    /// A function of strings was asked of something else.
    case noString
    /// `tonumber` of what is no number.
    case noNumber
    /// `length` of a boolean.
    case noLength
    /// `has("NAME")` of what is no object, `has(NUMBER)` of what is no array.
    case hasNoNames, hasNoPlaces
    /// Two arrays or two objects were to be compared.
    case comparesContainers
    /// Finding out whether a pattern is there would have taken too long.
    case matchLimit
    /// A container too deep to be written.
    case tooDeep
  }

  public let code: Code
  /// What the value at fault is.
  public let kind: ValueKind
  /// The number of the selector (`Selector.number`).
  public private(set) var selector: UInt16 = 0
  /// Which instruction it was, and where in which path.
  var instruction: UInt16 = 0
  private var step: UInt16 = 0
  private var path: UInt16 = SelectorFault.noPath

  private static let noPath = UInt16.max
  static let none = SelectorFault(.noMembers, .missing)

  init(_ code: Code, _ kind: ValueKind) {
    self.code = code
    self.kind = kind
  }

  /// The step numbered `step`, from 0, of the program's path numbered `path` cannot be taken.
  init(_ code: Code, _ kind: ValueKind, step: Int, path: Int) {
    self.init(code, kind)
    self.step = UInt16(truncatingIfNeeded: step)
    self.path = UInt16(truncatingIfNeeded: path)
  }

  func of(selector: Int) -> SelectorFault {
    var fault = self
    fault.selector = UInt16(truncatingIfNeeded: selector)
    return fault
  }
}

extension SelectorFault {
  /// The path that could not be gone, with the step at which that was.
  fileprivate func path(in program: SelectorProgram) -> (path: SlotPath, step: Int)? {
    path == SelectorFault.noPath ? nil : (program.paths[Int(path)], Int(step))
  }
}

extension Selector {
  /// What a fault of this selector says: the option with the selector, what went wrong, and the way out.
  public func text(of fault: SelectorFault) -> String {
    let what = SelectorFaultText(selector: self, fault: fault)
    return "\(option) \(VisibleText.of(text)): \(what.reason); \(what.remedy)"
  }
}

/// Words a fault.
private struct SelectorFaultText {
  let selector: Selector
  let fault: SelectorFault

  /// The part of the selector that went wrong, in bytes of its text.
  private var part: String {
    let bytes = Array(selector.text.utf8)
    return String(
      decoding: bytes[selector.program.ranges[Int(fault.instruction)]], as: UTF8.self)
  }

  /// What the value at fault is, with its article.
  private var kind: String {
    switch fault.kind {
    case .missing, .null: "null"
    case .array: "an array"
    case .object: "an object"
    default: "a \(fault.kind.typeName)"
    }
  }

  /// The value at fault and the step that it does not allow.
  private var place: (before: String, step: String) {
    guard let (path, step) = fault.path(in: selector.program) else {
      return ("what \(VisibleText.of(part)) is asked of", VisibleText.of(part))
    }
    let root = path.isOfMessage ? "$message" : ""
    let before = root + path.steps[..<step].map(written).joined()
    return (before.isEmpty ? "the record" : before, written(path.steps[step]))
  }

  private func written(_ step: PathStep) -> String {
    switch step {
    case .element(let number): return "[\(number)]"
    case .member(let name):
      let text = String(decoding: name, as: UTF8.self)
      let isPlain =
        name.allSatisfy { $0 | 0x20 &- UInt8(ascii: "a") < 26 || $0 == UInt8(ascii: "_") }
      return isPlain && !name.isEmpty ? ".\(text)" : ".\"\(VisibleText.of(text))\""
    }
  }

  var reason: String {
    switch fault.code {
    case .noMembers: "\(place.before) is \(kind), which has no members, so no \(place.step)"
    case .noElements: "\(place.before) is \(kind), which has no elements, so no \(place.step)"
    case .noSlice: "\(VisibleText.of(part)) of \(kind), which cannot be sliced"
    case .noString: "\(VisibleText.of(part)) of \(kind): it is for strings alone"
    case .noNumber:
      fault.kind == .string
        ? "tonumber of a string that is no number" : "tonumber of \(kind): it is for strings"
    case .noLength: "length of a boolean, which has none"
    case .hasNoNames: "\(VisibleText.of(part)) of \(kind): only objects have members"
    case .hasNoPlaces: "\(VisibleText.of(part)) of \(kind): only arrays have elements"
    case .comparesContainers:
      "two \(fault.kind == .array ? "arrays" : "objects") are compared, which jq can and kes cannot"
    case .matchLimit: "looking for the pattern took too many steps"
    case .tooDeep: "tostring of what nests more than \(JSONTables.greatestDepth) deep"
    }
  }

  var remedy: String {
    switch fault.code {
    case .noMembers, .noElements, .noSlice:
      "with \"?\" behind it that is no error and gives nothing, (…)? // VALUE another value; "
        + "--where '… | type == \"object\"' passes such records over"
    case .noString where fault.kind == .null:
      "(… // \"\") | … takes \"\" where there is nothing; --where 'has(\"NAME\")' passes such records "
        + "over"
    case .noString:
      "tostring makes a string of any value; with \"?\" behind it that is no error and gives nothing"
    case .noNumber, .noLength, .hasNoNames, .hasNoPlaces, .tooDeep:
      "with \"?\" behind it that is no error and gives nothing, (…)? // VALUE another value"
    case .comparesContainers: "compare members of them"
    case .matchLimit: "repeat less in the pattern: no (…*)*, and +? or [^…]* instead of .*"
    }
  }
}
