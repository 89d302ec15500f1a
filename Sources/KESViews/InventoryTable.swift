// What a state knows, as a table for people.

internal import KESCore

/// Writes a row an entry. On a terminal that is too narrow for all of it the time is shorter, and where
/// there is less room the line is left out, then the time, and long names of files lose their beginning.
struct InventoryTable {
  private enum Time { case whole, short, none }

  private static let kindWidth = 9
  private static let positionWidth = 11
  private static let lineWidth = 10
  private static let timeWidth = 24
  private static let shortTimeWidth = "11-14 22:13:20".utf8.count
  private static let gap = 2
  /// What a name has before anything else goes.
  private static let leastName = 16

  private let entries: [StateInventory.Entry]
  private let ending: String
  private let time: Time
  private let hasLine: Bool
  private let positionWidth: Int
  /// Nil for as wide as names are.
  private let nameWidth: Int?

  /// - Parameter columns: how wide lines may be; nil for as wide as they are.
  init(_ entries: [StateInventory.Entry], _ columns: Int?, _ characters: TerminalCharacters) {
    self.entries = entries
    ending = characters.ellipsis
    func rest(_ widths: Int...) -> Int {
      widths.reduce(columns ?? .max) { $0 - $1 - InventoryTable.gap }
    }
    let (kind, line) = (InventoryTable.kindWidth, InventoryTable.lineWidth)
    let short = InventoryTable.shortTimeWidth
    let all = rest(kind, InventoryTable.positionWidth, line, InventoryTable.timeWidth)
    let names = entries.map { TerminalText.width(InventoryTable.name(of: $0)) }
    if columns == nil || all >= names.max() ?? 0 {
      (time, hasLine, positionWidth) = (.whole, true, InventoryTable.positionWidth)
      nameWidth = nil
      return
    }
    let least = InventoryTable.leastName
    let usual = rest(kind, InventoryTable.positionWidth)
    positionWidth = usual >= least ? InventoryTable.positionWidth : "POSITION".utf8.count
    let room = rest(kind, positionWidth)
    time = room - short - InventoryTable.gap >= least ? .short : .none
    let left = time == .short ? room - short - InventoryTable.gap : room
    hasLine = time == .short && left - line - InventoryTable.gap >= least
    nameWidth = max(1, hasLine ? left - line - InventoryTable.gap : left)
  }

  func write(to output: inout ByteBlock) {
    appendRow("KIND", "POSITION", "LINE", "TIME", "NAME", &output)
    for entry in entries {
      appendRow(
        entry.kind, number(entry.position), number(entry.line), text(entry.time), name(entry),
        &output)
    }
  }

  private static func name(of entry: StateInventory.Entry) -> String {
    entry.name.isEmpty ? "(gone from its path)" : VisibleText.of(entry.name)
  }

  /// Of files the end of the path says most.
  private func name(_ entry: StateInventory.Entry) -> String {
    let name = InventoryTable.name(of: entry)
    guard let nameWidth else { return name }
    return entry.name.hasPrefix("/")
      ? TerminalText.fittedEnd(name, columns: nameWidth, beginning: ending)
      : TerminalText.fitted(name, columns: nameWidth, ending: ending)
  }

  private func number(_ value: Int64?) -> String {
    guard let value else { return "" }
    let text = "\(value)"
    return text.utf8.count > positionWidth && nameWidth != nil
      ? ShortText.number(UInt64(max(0, value))) : text
  }

  private func text(_ time: EventTime?) -> String {
    guard let time else { return "" }
    return self.time == .short ? ShortText.time(time) : time.internetText
  }

  private func appendRow(
    _ kind: String, _ position: String, _ line: String, _ time: String, _ name: String,
    _ output: inout ByteBlock
  ) {
    append(kind, InventoryTable.kindWidth, &output)
    append(position, positionWidth, isNumber: true, &output)
    if hasLine { append(line, InventoryTable.lineWidth, isNumber: true, &output) }
    switch self.time {
    case .whole: append(time, InventoryTable.timeWidth, &output)
    case .short: append(time, InventoryTable.shortTimeWidth, &output)
    case .none: break
    }
    output.append(text: "\(name)\n")
  }

  /// A text in its column, a number at the right, and the gap to the next.
  private func append(
    _ text: String, _ width: Int, isNumber: Bool = false, _ output: inout ByteBlock
  ) {
    let gap = String(repeating: " ", count: InventoryTable.gap)
    output.append(text: TerminalText.padded(text, columns: width, isNumber: isNumber) + gap)
  }
}
