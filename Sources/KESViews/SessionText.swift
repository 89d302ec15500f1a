// Sessions as a table for people.

package import KESCore

/// Writes a heading and a row a session in aligned columns. Rows leave as they come, so the widths
/// are fixed: what is wider pushes the rest of its row to the right, or is cut where a terminal's width
/// is all there is. On one that is too narrow for all columns some are shorter or left out.
package struct SessionTextEncoder: SessionRowEncoder {
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
  package init(
    style: TextStyle, columns: Int? = nil, characters: TerminalCharacters = .ascii
  ) {
    self.style = style
    let width = columns ?? .max
    narrow =
      width < Width.all ? NarrowSessionText(columns: width, style: style, characters) : nil
  }

  package func begin(_ output: inout ByteBlock) {
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

  package func encode(
    _ row: SessionRow, device: Span<UInt8>, session: Span<UInt8>, to output: inout ByteBlock
  ) {
    if let narrow { return narrow.encode(row, device: device, session: session, to: &output) }
    appendColumn(Width.device, &output) { VisibleText.append(device, to: &$0) }
    appendColumn(Width.session, &output) { VisibleText.append(session, to: &$0) }
    let part = TextStyle.part(of: row.status)
    style.begin(part, &output)
    appendColumn(Width.status, &output) { $0.append(row.status.text) }
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

/// Writes no line that is wider than the terminal. The end of a session is left out, as its start and its
/// duration tell it; where there is less room, so are first the year and the milliseconds, then the start,
/// the number of events, the duration, the session and the status. Names are cut.
struct NarrowSessionText: Sendable {
  private enum Start { case whole, short, none }

  private static let sessionWidth = 13
  private static let statusWidth = 10
  private static let durationWidth = 8
  private static let eventsWidth = 6
  private static let leastDevice = 8
  /// On terminals on which there is no room for it.
  private static let leastCutDevice = 2
  /// What stands behind a device's name, each column with a blank before it: session, status and
  /// duration; the number of events and `partial`; a start.
  private static let core = 3 + sessionWidth + statusWidth + durationWidth
  private static let counts = 1 + eventsWidth + " partial".utf8.count
  private static let shortStart = 1 + "11-14 22:13:20".utf8.count
  private static let wholeStart = 1 + "2023-11-14 22:13:20.000".utf8.count

  private let style: TextStyle
  private let ending: String
  private let start: Start
  private let hasCounts: Bool
  private let hasDuration: Bool
  private let hasSession: Bool
  private let hasStatus: Bool
  private let deviceWidth: Int

  init(columns: Int, style: TextStyle, _ characters: TerminalCharacters) {
    self.style = style
    ending = characters.ellipsis
    let room = columns - NarrowSessionText.core
    hasCounts = room >= NarrowSessionText.counts + NarrowSessionText.leastDevice
    let rest = hasCounts ? room - NarrowSessionText.counts : room
    let hasWhole = rest - NarrowSessionText.wholeStart >= 2 * NarrowSessionText.leastDevice
    let hasShort = rest - NarrowSessionText.shortStart >= NarrowSessionText.leastDevice
    start = !hasCounts ? .none : hasWhole ? .whole : hasShort ? .short : .none
    let startWidth =
      switch start {
      case .whole: NarrowSessionText.wholeStart
      case .short: NarrowSessionText.shortStart
      case .none: 0
      }
    let least = NarrowSessionText.leastCutDevice
    hasDuration = room >= least
    let withoutDuration = room + 1 + NarrowSessionText.durationWidth
    hasSession = hasDuration || withoutDuration >= least
    let withoutSession = withoutDuration + 1 + NarrowSessionText.sessionWidth
    hasStatus = hasSession || withoutSession >= least
    deviceWidth =
      if hasDuration { rest - startWidth } else if hasSession { withoutDuration } else if hasStatus
      {
        withoutSession
      } else {
        columns
      }
  }

  func begin(_ output: inout ByteBlock) {
    style.begin(.heading, &output)
    appendNames("DEVICE", "SESSION", &output)
    appendStatus("STATUS", &output)
    appendFigures("START", "DURATION", "EVENTS", &output)
    style.end(.heading, &output)
    output.append(UInt8(ascii: "\n"))
  }

  func encode(
    _ row: SessionRow, device: Span<UInt8>, session: Span<UInt8>, to output: inout ByteBlock
  ) {
    appendNames(
      TerminalText.shown(device, isUTF8: true), TerminalText.shown(session, isUTF8: true), &output)
    let part = TextStyle.part(of: row.status)
    style.begin(part, &output)
    appendStatus("\(row.status.text)", &output)
    style.end(part, &output)
    appendFigures(
      start == .short ? ShortText.time(row.start) : TimelineCaption.time(row.start),
      ShortText.duration(row.duration),
      ShortText.number(UInt64(max(0, row.events))), &output)
    if hasCounts && row.isPartial { output.append(" partial") }
    output.append(UInt8(ascii: "\n"))
  }

  private func appendNames(_ device: String, _ session: String, _ output: inout ByteBlock) {
    append(device, deviceWidth, &output)
    if hasSession { append(" " + session, 1 + NarrowSessionText.sessionWidth, &output) }
    if hasStatus { output.append(UInt8(ascii: " ")) }
  }

  private func appendStatus(_ status: String, _ output: inout ByteBlock) {
    if hasStatus { append(status, NarrowSessionText.statusWidth, &output) }
  }

  private func appendFigures(
    _ start: String, _ duration: String, _ events: String, _ output: inout ByteBlock
  ) {
    switch self.start {
    case .whole: append(" " + start, NarrowSessionText.wholeStart, &output)
    case .short: append(" " + start, NarrowSessionText.shortStart, &output)
    case .none: break
    }
    if hasDuration {
      append(duration, 1 + NarrowSessionText.durationWidth, &output, isNumber: true)
    }
    if hasCounts { append(events, 1 + NarrowSessionText.eventsWidth, &output, isNumber: true) }
  }

  /// A text in its column: at the left, a number at the right.
  private func append(
    _ text: String, _ width: Int, _ output: inout ByteBlock, isNumber: Bool = false
  ) {
    let fitted = TerminalText.fitted(text, columns: width, ending: ending)
    output.append(text: TerminalText.padded(fitted, columns: width, isNumber: isNumber))
  }
}

/// What is left out is rounded down.
enum ShortText {
  /// In at most 8 columns, up to a hundred thousand years: `6.000s`, `2m05s`, `1h02m`, `3d01h`.
  static func duration(_ milliseconds: UInt64) -> String {
    let seconds = milliseconds / 1000
    switch seconds {
    case ..<60: return "\(seconds).\(padded(milliseconds % 1000, 3))s"
    case ..<3600: return "\(seconds / 60)m\(padded(seconds % 60, 2))s"
    case ..<86_400: return "\(seconds / 3600)h\(padded(seconds / 60 % 60, 2))m"
    case ..<86_400_000: return "\(seconds / 86_400)d\(padded(seconds / 3600 % 24, 2))h"
    default: return "\(seconds / 86_400)d"
    }
  }

  /// In at most 6 columns: `999999`, `1234k`, `1234M`.
  static func number(_ value: UInt64) -> String {
    if value < 1_000_000 { return "\(value)" }
    var (rest, letters) = (value / 1000, "kMGTP"[...])
    while rest >= 100_000, letters.count > 1 {
      rest /= 1000
      letters.removeFirst()
    }
    return "\(rest)\(letters.prefix(1))"
  }

  /// In at most 14 columns where the year has four digits: `11-14 22:13:20`, without it and the fraction.
  static func time(_ time: EventTime) -> String {
    let text = TimelineCaption.time(time)
    // Where the year is not of four digits it is a bare number.
    return text.contains(" ") ? String(text.dropFirst(5).dropLast(4)) : text
  }

  private static func padded(_ value: UInt64, _ width: Int) -> String {
    let digits = "\(value)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
