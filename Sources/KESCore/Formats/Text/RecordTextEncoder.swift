// How records are understood, as a table for people.

/// Writes a heading and a row a record: its position, key, time and role, as the segmenter sees them.
public struct RecordTextEncoder: RecordEncoder {
  private enum Width {
    static let position = 10
    static let key = 24
    static let time = 26
  }

  private let style: TextStyle

  public init(style: TextStyle) { self.style = style }

  public mutating func begin(_ output: inout ByteBlock) {
    style.begin(.heading, &output)
    append("POSITION", Width.position, &output)
    append("KEY", Width.key, &output)
    append("TIME", Width.time, &output)
    output.append("ROLE")
    style.end(.heading, &output)
    output.append(UInt8(ascii: "\n"))
  }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    for index in 0..<batch.records.count {
      let record = batch.records[index]
      append("\(record.position)", Width.position, &output)
      let key = batch.withText(record.key) { TerminalText.shown($0, isUTF8: true) }
      append(key, Width.key, &output)
      var time = ByteBlock(capacity: 32)
      time.append(internetTime: record.time.milliseconds)
      append(time.withBytes { String(decodingBytes: $0) }, Width.time, &output)
      output.append(RecordTextEncoder.name(of: record.role))
      output.append(UInt8(ascii: "\n"))
    }
  }

  /// A value at the left of its column; what is wider pushes the rest to the right.
  private func append(_ text: String, _ width: Int, _ output: inout ByteBlock) {
    let gap = max(1, width - TerminalText.width(text))
    output.append(text: text + String(repeating: " ", count: gap))
  }

  private static func name(of role: Role) -> StaticString {
    switch role {
    case .start: "start"
    case .data: "data"
    case .end: "end"
    case .closed: "closed"
    }
  }
}
