// Shell patterns on bytes.

/// A pattern as the shell's: `*` for any run of characters, `?` for one, `[a-c]` and `[!a-c]` for
/// one of a set or out of it, `\` before a character that stands for itself.
///
/// POSIX.1-2017, Shell and Utilities, section 2.13, for text that is no path: `/` and a leading dot
/// are characters like others. Classes such as `[:alpha:]` are not known (our choice): they depend
/// on the locale. A `[` without its `]`, and a `\` at the end, stand for themselves.
public struct Glob: Sendable {
  private enum Part: Sendable {
    case character(UInt32)
    case anyCharacter
    case anyRun
    case set(ranges: [ClosedRange<UInt32>], isNegated: Bool)
  }

  private let parts: [Part]

  public init(_ pattern: String) {
    var parts: [Part] = []
    var rest = pattern.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "*": parts.append(.anyRun)
      case "?": parts.append(.anyCharacter)
      case "[": parts.append(Glob.set(&rest) ?? .character(scalar.value))
      case "\\": parts.append(.character((rest.popFirst() ?? scalar).value))
      default: parts.append(.character(scalar.value))
      }
    }
    self.parts = parts
  }

  /// The set behind a `[`, taken from `rest`; nil, with nothing taken, where it has no `]`.
  private static func set(_ rest: inout Substring.UnicodeScalarView) -> Part? {
    var inside = rest
    let isNegated = inside.first == "!" || inside.first == "^"
    if isNegated { inside.removeFirst() }
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while let scalar = inside.popFirst() {
      // A `]` right at the beginning is one of the set.
      if scalar == "]" && !isFirst {
        rest = inside
        return .set(ranges: ranges, isNegated: isNegated)
      }
      isFirst = false
      guard let low = literal(scalar, &inside) else { return nil }
      guard inside.first == "-", let next = inside.dropFirst().first, next != "]" else {
        ranges.append(low...low)
        continue
      }
      inside.removeFirst(2)
      guard let high = literal(next, &inside) else { return nil }
      // A range that goes backwards is empty.
      if low <= high { ranges.append(low...high) }
    }
    return nil
  }

  /// The character that `scalar` and, where it is a `\`, the one behind it stand for.
  private static func literal(
    _ scalar: Unicode.Scalar, _ rest: inout Substring.UnicodeScalarView
  ) -> UInt32? {
    scalar == "\\" ? rest.popFirst()?.value : scalar.value
  }

  /// Whether all of `text`, in UTF-8, is what the pattern says. Cost: at most the product of their
  /// lengths. Allocates nothing.
  public func matches(_ text: Span<UInt8>) -> Bool {
    var (part, index) = (0, 0)
    // Where the last run began: it takes one character more whenever what follows fails.
    var (runPart, runIndex) = (-1, 0)
    while true {
      if part < parts.count, case .anyRun = parts[part] {
        part += 1
        (runPart, runIndex) = (part, index)
        continue
      }
      if index == text.count && part == parts.count { return true }
      if index < text.count && part < parts.count {
        let (scalar, next) = Glob.scalar(text, index)
        if accepts(parts[part], scalar) {
          (part, index) = (part + 1, next)
          continue
        }
      }
      if runPart < 0 || runIndex >= text.count { return false }
      runIndex = Glob.scalar(text, runIndex).next
      (part, index) = (runPart, runIndex)
    }
  }

  private func accepts(_ part: Part, _ scalar: UInt32) -> Bool {
    switch part {
    case .character(let value): value == scalar
    case .anyCharacter, .anyRun: true
    case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
    }
  }

  /// The character at `index` and the index behind it; a byte that is not UTF-8 stands for itself.
  private static func scalar(_ text: Span<UInt8>, _ index: Int) -> (value: UInt32, next: Int) {
    let first = text[index]
    let length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    if length == 1 || text.count - index < length { return (UInt32(first), index + 1) }
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for offset in 1..<length { value = value << 6 | UInt32(text[index + offset] & 0x3F) }
    return (value, index + length)
  }
}
