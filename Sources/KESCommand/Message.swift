// What a tool says on stderr: errors, notes, what librdkafka says, and what a beginner is told.

internal import Glibc
internal import KESCore

/// Writes messages as `kes-segment: what is wrong`. Names and data in them may hold anything, which must
/// not reach a terminal, nor make one message two lines: see `VisibleText`.
public struct Messages: Sendable {
  public let tool: String
  public var isQuiet = false
  let figures = RunningFigures()

  public init(tool: String) { self.tool = tool }

  /// Says what went wrong. Not silenced by `--quiet`.
  public func error(_ text: String) { write("\(tool): \(VisibleText.of(text))\n") }

  /// Says what the user may want to know.
  public func note(_ text: String) { if !isQuiet { write("\(tool): \(VisibleText.of(text))\n") } }

  /// Writes `text` as it is.
  public func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
      }
      if written <= 0 { return }
      rest = rest.dropFirst(written)
    }
  }
}

/// Shows notices: errors and warnings, or all with `--verbose`.
struct NoticePrinter: Sendable {
  /// syslog(3): a warning.
  private static let usualLevel: Int32 = 4

  let messages: Messages
  let isVerbose: Bool

  func show(_ notice: KafkaNotice) {
    if isVerbose || notice.level <= NoticePrinter.usualLevel { messages.note(notice.description) }
  }
}

/// Words for who types a tool's name to see what happens.
enum FirstContact {
  /// A few lines; the first says what is missing.
  static func text(tool: String, example: String) -> String {
    """
    \(tool): nothing to read: name a file, or pipe events in (- reads what you type)
    usage: \(tool) [OPTION]... [FILE]...
    example: \(example)
    \(tool) --help tells the rest

    """
  }
}
