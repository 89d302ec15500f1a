// What a selector says, as a tree: what the parser makes and the compiler takes.

/// An expression with the place where it stands in the selector's text, in bytes.
struct SelectorExpression: Sendable {
  /// Chains of one operator are one node, so that the tree is as deep as its parentheses.
  indirect enum Form: Sendable {
    case term(Base, [Step])
    case comparison(ComparisonOperator, SelectorExpression, SelectorExpression)
    case and([SelectorExpression])
    case or([SelectorExpression])
    case alternative([SelectorExpression])
    case pipe([SelectorExpression])
  }

  let form: Form
  let range: Range<Int>

  /// What a term begins with.
  enum Base: Sendable {
    /// `.`: the record, or what a pipe hands on.
    case current
    /// `$message`.
    case message
    case literal(SelectorLiteral)
    case call(SelectorCall)
    /// In parentheses.
    case group(SelectorExpression)
  }

  /// What follows it, one behind the other.
  struct Step: Sendable {
    enum Kind: Sendable {
      case member([UInt8])
      case element(Int)
      case slice(Slice)
      /// A `?` that is behind no step into a value: no error of all that comes before it counts.
      case attempt
    }

    let kind: Kind
    /// Whether a `?` stands behind it: that it cannot be taken is no error. It is one still where a
    /// step before it cannot (jq's `INDEX_OPT`).
    var isOptional = false
    let range: Range<Int>
  }
}

enum ComparisonOperator: String, Sendable, CaseIterable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
}

enum SelectorLiteral: Sendable {
  case null, `true`, `false`
  /// As jq writes it.
  case number([UInt8])
  case string([UInt8])
}

/// A function with what stands in its parentheses.
enum SelectorCall: Sendable {
  case not, tostring, tonumber, downcase, upcase, length, type
  case startsWith([UInt8])
  case endsWith([UInt8])
  case contains([UInt8])
  case removePrefix([UInt8])
  case removeSuffix([UInt8])
  case hasMember([UInt8])
  case hasElement(Int)
  case isOneOf([SelectorLiteral])
  case test(Pattern)
}
