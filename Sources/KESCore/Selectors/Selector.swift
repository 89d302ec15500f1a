// A selector: an expression in a subset of jq's language, compiled, to be evaluated on records.

/// A compiled selector (docs/cli.md, "Selectors"). Evaluating it builds no value and, once its scratch
/// has grown, allocates nothing.
public struct Selector: Sendable {
  /// As the user wrote it.
  public let text: String
  /// The option that it was given to.
  public let option: String
  /// Its number among those of its compiler, from 0.
  public let number: Int
  let program: SelectorProgram
  /// Its steps, where it is nothing but a path of members of the record, `.a.b`.
  public let plainPath: [PathStep]?
  /// Whether it asks for something of the message that a record came in.
  public let usesMessage: Bool
}

/// What a selector gives.
public enum SelectorResult: BitwiseCopyable, Sendable {
  /// A value; its text stands in the record's bytes, or in the scratch's `text` where it
  /// `isUnescaped`.
  case value(SlotValue)
  /// There is none, and that is no error.
  case nothing
  case fault(SelectorFault)

  /// Whether something holds: nothing, null and false do not.
  @inline(__always)
  var truth: SelectorTruth {
    switch self {
    case .value(let value): value.kind.rawValue >= ValueKind.true.rawValue ? .holds : .fails
    case .nothing: .fails
    case .fault(let fault): .fault(fault)
    }
  }
}

/// Whether a selector holds.
public enum SelectorTruth: BitwiseCopyable, Sendable {
  case holds, fails
  case fault(SelectorFault)
}

extension Selector {
  /// Evaluates it on a record.
  ///
  /// - Parameters:
  ///   - bytes: what the slots' texts point into.
  ///   - slots: the slots of `SelectorCompiler.wanted`, filled from the record.
  ///   - scratch: forgotten for every record (`forgetAll`); the value may point into it.
  @inline(__always)
  public func evaluate(
    bytes: Span<UInt8>, slots: borrowing RecordSlots, scratch: inout SelectorScratch
  ) -> SelectorResult {
    program.result(number, bytes, slots, &scratch)
  }

  /// Whether it holds: whether its value is neither null nor false. Parameters as of `evaluate`.
  @inline(__always)
  public func holds(
    bytes: Span<UInt8>, slots: borrowing RecordSlots, scratch: inout SelectorScratch
  ) -> SelectorTruth {
    program.truth(number, bytes, slots, &scratch)
  }
}
