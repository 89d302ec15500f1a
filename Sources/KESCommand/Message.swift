// One line on the standard error.

internal import Glibc

/// Writes messages as `kes-segment: what is wrong`.
public struct Messages: Sendable {
  public let tool: String
  public var isQuiet = false
  let figures = RunningFigures()

  public init(tool: String) { self.tool = tool }

  /// Says what went wrong. Not silenced by `--quiet`.
  public func error(_ text: String) { write("\(tool): \(withoutControls(text))\n") }

  /// Says what the user may want to know.
  public func note(_ text: String) { if !isQuiet { write("\(tool): \(withoutControls(text))\n") } }

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

/// `text` with U+FFFD for every control character: names and data may hold anything, which must not
/// reach a terminal, nor make one message two lines.
func withoutControls(_ text: String) -> String {
  var line = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
    line.append(isControl ? "\u{FFFD}" : scalar)
  }
  return String(line)
}
