// A drawing of several lines that is replaced in place on a terminal.

/// Puts each drawing where the one before stood (ECMA-48: CUU, EL, ED). Lines must not be wider than
/// the terminal, nor more than it has rows.
public struct TerminalFrame: Sendable {
  private var lineCount = 0

  public init() {}

  /// Appends what replaces the drawing before by `drawing`, whose lines end with line feeds.
  public mutating func draw(_ drawing: borrowing ByteBlock, to output: inout ByteBlock) {
    if lineCount > 0 { output.append(text: "\r\u{1B}[\(lineCount)A") }
    lineCount = 0
    var start = 0
    drawing.withBytes { bytes in
      while let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start) {
        output.append(bytes.extracting(start..<end))
        output.append("\u{1B}[K\n")
        start = end + 1
        lineCount += 1
      }
    }
    // What a longer drawing left below.
    output.append("\u{1B}[J")
  }
}
