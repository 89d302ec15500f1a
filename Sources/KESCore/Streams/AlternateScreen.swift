// The terminal's second screen, which leaves the first as it was.

/// Enters and leaves it (xterm's private modes 1049 and 25), each once, whoever comes first to leave.
/// Meanwhile the key `q` may be pressed on it.
public final class AlternateScreen {
  public private(set) var isEntered = false
  private let wantsKeys: Bool
  /// Whether `q` would be noticed.
  private(set) var hasKeys = false

  /// - Parameter wantsKeys: whether what is typed is for the screen alone.
  public init(wantsKeys: Bool = false) { self.wantsKeys = wantsKeys }

  /// Whether `q` was pressed since the last call.
  func takeQuit() -> Bool { hasKeys && Signals.takeQuit() }

  /// Appends what shows an empty screen without a cursor.
  func enter(_ output: inout ByteBlock) {
    isEntered = true
    hasKeys = wantsKeys && Signals.takeKeys()
    output.append("\u{1B}[?1049h\u{1B}[?25l")
  }

  /// Appends a drawing that replaces what the screen showed: no more lines, and none wider, than it
  /// has room for. The last ends without a line feed, which would move the others up.
  func draw(_ lines: [String], to output: inout ByteBlock) {
    output.append("\u{1B}[H")
    output.append(text: lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n"))
    output.append("\u{1B}[J")
  }

  /// Appends what brings back the first screen and the cursor; nothing where that was done.
  public func leave(_ output: inout ByteBlock) {
    if !isEntered { return }
    isEntered = false
    if hasKeys { Signals.leaveKeys() }
    hasKeys = false
    output.append("\u{1B}[?25h\u{1B}[?1049l")
  }
}
