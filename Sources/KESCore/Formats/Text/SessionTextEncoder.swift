// Sessions as a table for people.

/// Writes a heading and a row a session in aligned columns. Rows leave as they come, so the widths
/// are fixed: what is wider pushes the rest of its row to the right, or is cut where a terminal's width
/// is all there is. On one that is too narrow for all columns some are shorter or left out.
public struct SessionTextEncoder: SessionRowEncoder {
  /// How wide a column is, and the gap between two.
  private enum Width {
    static let device = 16
    static let session = 13
    static let status = 10
    static let time = 24
    static let duration = 11
    static let events = 7
    static let gap = 2
    /// Of all columns, with `partial`.
    static let all = 126
  }

  private let style: TextStyle
  private let narrow: NarrowSessionText?

  /// - Parameter columns: how wide lines may be; nil for as wide as they are.
  public init(
    style: TextStyle, columns: Int? = nil, characters: TerminalCharacters = .ascii
  ) {
    self.style = style
    let width = columns ?? .max
    narrow =
      width < Width.all ? NarrowSessionText(columns: width, style: style, characters) : nil
  }

  public func begin(_ output: inout ByteBlock) {
    if let narrow { return narrow.begin(&output) }
    style.begin(.heading, &output)
    appendColumn(Width.device, &output) { $0.append("DEVICE") }
    appendColumn(Width.session, &output) { $0.append("SESSION") }
    appendColumn(Width.status, &output) { $0.append("STATUS") }
    appendColumn(Width.time, &output) { $0.append("START") }
    appendColumn(Width.time, &output) { $0.append("END") }
    appendNumber(Width.duration, &output) { $0.append("DURATION") }
    output.append(spaces: Width.gap)
    appendNumber(Width.events, &output) { $0.append("EVENTS") }
    style.end(.heading, &output)
    output.append(UInt8(ascii: "\n"))
  }

  public func encode(
    _ row: SessionRow, device: Span<UInt8>, session: Span<UInt8>, to output: inout ByteBlock
  ) {
    if let narrow { return narrow.encode(row, device: device, session: session, to: &output) }
    appendColumn(Width.device, &output) { VisibleText.append(device, to: &$0) }
    appendColumn(Width.session, &output) { VisibleText.append(session, to: &$0) }
    let part = TextStyle.part(of: row.status)
    style.begin(part, &output)
    appendColumn(Width.status, &output) { $0.append(row.statusText) }
    style.end(part, &output)
    appendColumn(Width.time, &output) {
      $0.append(internetTime: row.start.milliseconds)
    }
    appendColumn(Width.time, &output) {
      $0.append(internetTime: row.end.milliseconds)
    }
    appendNumber(Width.duration, &output) { $0.append(duration: row.duration) }
    output.append(spaces: Width.gap)
    appendNumber(Width.events, &output) { $0.append(decimal: row.events) }
    if row.isPartial { output.append("  partial") }
    output.append(UInt8(ascii: "\n"))
  }

  /// A value at the left of its column, and the gap to the next.
  private func appendColumn(
    _ width: Int, _ output: inout ByteBlock, _ write: (inout ByteBlock) -> Void
  ) {
    let start = output.count
    write(&output)
    let used = output.withBytes(start, output.count - start) { TerminalText.width($0) }
    output.append(spaces: max(0, width - used) + Width.gap)
  }

  /// A value at the right of its column.
  private func appendNumber(
    _ width: Int, _ output: inout ByteBlock, _ write: (inout ByteBlock) -> Void
  ) {
    var number = ByteBlock(capacity: 32)
    write(&number)
    output.append(spaces: max(0, width - number.count))
    output.append(number, 0, number.count)
  }
}

extension ByteBlock {
  fileprivate mutating func append(spaces count: Int) {
    for _ in 0..<count { append(UInt8(ascii: " ")) }
  }
}
