// What a terminal shows of what was written to it.

/// As much of ECMA-48 and of xterm's private modes as the tools use.
struct TerminalScreen {
  private typealias Page = (cells: [[Character]], row: Int, column: Int)

  private let columns: Int
  private let rows: Int
  private var page: Page
  private var pageBelow: Page?
  /// Bytes of a character or a sequence that has not come to its end.
  private var pending: [UInt8] = []

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    page = TerminalScreen.blank(columns, rows)
  }

  private static func blank(_ columns: Int, _ rows: Int) -> Page {
    let line = [Character](repeating: " ", count: columns)
    return ([[Character]](repeating: line, count: rows), 0, 0)
  }

  var isAlternate: Bool { pageBelow != nil }

  var lines: [String] {
    let all = page.cells.map { cells in
      String(cells[..<((cells.lastIndex { $0 != " " }).map { $0 + 1 } ?? 0)])
    }
    return Array(all[..<((all.lastIndex { !$0.isEmpty }).map { $0 + 1 } ?? 0)])
  }

  mutating func write(_ bytes: [UInt8]) {
    for byte in bytes {
      pending.append(byte)
      if pending[0] == 0x1B {
        let isStart = pending.count < 3 && (byte == 0x1B || byte == UInt8(ascii: "["))
        if isStart || !(0x40...0x7E).contains(byte) { continue }
        obey(String(decoding: pending.dropFirst(2), as: UTF8.self))
      } else if let text = String(validating: pending, as: UTF8.self) {
        put(Character(text))
      } else {
        continue
      }
      pending = []
    }
  }

  private mutating func put(_ character: Character) {
    switch character {
    case "\r": page.column = 0
    case "\n", "\r\n": lineFeed()
    default:
      if page.column == columns {
        page.column = 0
        lineFeed()
      }
      page.cells[page.row][page.column] = character
      page.column += 1
    }
  }

  private mutating func lineFeed() {
    if page.row < rows - 1 { return page.row += 1 }
    page.cells.removeFirst()
    page.cells.append([Character](repeating: " ", count: columns))
  }

  /// Obeys the control sequence whose parameters and final byte are `text`.
  private mutating func obey(_ text: String) {
    let number = Int(text.dropLast())
    switch text.last {
    case "A": page.row = max(0, page.row - (number ?? 1))
    case "H": (page.row, page.column) = (0, 0)
    case "K": erase(page.row, from: page.column)
    case "J":
      erase(page.row, from: page.column)
      for row in page.row..<rows where row > page.row { erase(row, from: 0) }
    case "h" where text == "?1049h":
      pageBelow = page
      page = TerminalScreen.blank(columns, rows)
    case "l" where text == "?1049l":
      page = pageBelow ?? page
      pageBelow = nil
    default: break
    }
  }

  private mutating func erase(_ row: Int, from column: Int) {
    for place in min(column, columns)..<columns { page.cells[row][place] = " " }
  }
}
