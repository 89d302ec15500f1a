// The few colours of text on a terminal.

/// Escape sequences (ECMA-48, SGR), or nothing.
public struct TextStyle: Sendable {
  private let isColored: Bool

  public init(isColored: Bool) { self.isColored = isColored }

  /// What a run of text is.
  enum Part: Equatable {
    case plain, name, heading, good, warning
    /// A session by why it closed; nil where it is open.
    case status(SessionStatus?)
  }

  @inline(__always)
  func begin(_ part: Part, _ output: inout ByteBlock) {
    if isColored { output.append(TextStyle.sequence(part)) }
  }

  @inline(__always)
  func end(_ part: Part, _ output: inout ByteBlock) {
    if isColored && part != .plain { output.append("\u{1B}[0m") }
  }

  private static func sequence(_ part: Part) -> StaticString {
    switch part {
    case .plain: ""
    case .name: "\u{1B}[2m"
    case .heading: "\u{1B}[1m"
    case .good: "\u{1B}[32m"
    case .warning: "\u{1B}[33m"
    case .status(let status): sequence(status)
    }
  }

  /// A colour a status, where several are told apart at a glance.
  private static func sequence(_ status: SessionStatus?) -> StaticString {
    switch status {
    case .completed: "\u{1B}[32m"
    case .timeout: "\u{1B}[33m"
    case .superseded: "\u{1B}[35m"
    case .limit: "\u{1B}[31m"
    case .flushed: "\u{1B}[36m"
    case .purged: "\u{1B}[90m"
    case nil: "\u{1B}[34m"
    }
  }

  /// Sessions that ended as they should are good; those that lost something are worth a look.
  @inline(__always)
  static func part(of status: SessionStatus?) -> Part {
    switch status {
    case nil, .flushed, .purged: .plain
    case .completed: .good
    case .timeout, .superseded, .limit: .warning
    }
  }
}
