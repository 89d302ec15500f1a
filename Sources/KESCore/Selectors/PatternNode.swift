// What a regular expression says, as a tree.

/// A part of a pattern of `test`.
indirect enum PatternNode: Sendable {
  /// A code point; without its case, where the flag `i` holds here.
  case character(UInt32, isCaseless: Bool)
  /// `.`; also a line feed, where the flag `s` holds here.
  case any(withLineFeed: Bool)
  case set(PatternSet)
  case anchor(PatternAnchor)
  /// `\R`.
  case lineEnd
  /// `\X`.
  case grapheme
  /// Back to a group, by its number.
  case reference(Int)
  case group(Kind, PatternNode)
  case sequence([PatternNode])
  case choice([PatternNode])
  case repetition(PatternNode, PatternRepetition)

  enum Kind: String, Sendable {
    case plain = "(?:"
    /// Groups have numbers; a name stands for its number.
    case capture = "("
    case atomic = "(?>"
    case lookahead = "(?="
    case negativeLookahead = "(?!"
    case lookbehind = "(?<="
    case negativeLookbehind = "(?<!"
  }
}

/// What takes no character.
enum PatternAnchor: Sendable {
  /// `^`, `\A`.
  case start
  /// `$`, `\Z`: the end, or before a line feed that ends the text.
  case endOrLineFeed
  /// `\z`.
  case end
  case wordBoundary, noWordBoundary
  /// `\G`: where the search began.
  case searchStart
}

struct PatternRepetition: Sendable {
  enum Manner: String, Sendable {
    case greedy = ""
    case lazy = "?"
    case possessive = "+"
  }

  let least: Int
  /// nil without a bound.
  let most: Int?
  let manner: Manner
}

/// One of a set of characters: `[…]`, and `\d` and the like by themselves.
struct PatternSet: Sendable {
  enum Item: Sendable {
    case range(ClosedRange<UInt32>)
    case named(PatternClass, isNegated: Bool)
  }

  var items: [Item] = []
  var isNegated = false
  /// Whether the flag `i` holds for it. It does not for what stands outside of brackets.
  var isCaseless = false
  /// Whether jq takes also two characters for one of the set, `ss` for `ß`, so that it must be repeated
  /// without a bound to mean the same.
  var mayTakeTwo = false
}

/// Characters that have a name.
enum PatternClass: Hashable, Sendable {
  case digit, space, word
  case alpha, alnum, upper, lower, blank, cntrl, xdigit, ascii
  /// A general category of Unicode.
  case category(String)
  case script(String)
}
