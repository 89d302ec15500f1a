// The table of sessions on a terminal that is too narrow for all of it.

/// Writes no line that is wider than the terminal. The end of a session is left out, as its start and its
/// duration tell it; where there is less room, so are first the year and the milliseconds, then the start,
/// and then the number of events. Names are cut.
struct NarrowSessionText: Sendable {
  private enum Start { case whole, short, none }

  private static let sessionWidth = 13
  private static let statusWidth = 10
  private static let durationWidth = 8
  private static let eventsWidth = 6
  private static let leastDevice = 8
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
  private let deviceWidth: Int

  init(columns: Int, style: TextStyle, _ characters: TerminalCharacters) {
    self.style = style
    ending = TimelineGlyphs.of(characters).ellipsis
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
    deviceWidth = max(2, rest - startWidth)
  }

  func begin(_ output: inout ByteBlock) {
    style.begin(.heading, &output)
    appendNames("DEVICE", "SESSION", &output)
    append("STATUS", NarrowSessionText.statusWidth, &output)
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
    append("\(row.statusText)", NarrowSessionText.statusWidth, &output)
    style.end(part, &output)
    appendFigures(
      startText(row.start), ShortText.duration(row.duration),
      ShortText.number(UInt64(max(0, row.events))), &output)
    if hasCounts && row.isPartial { output.append(" partial") }
    output.append(UInt8(ascii: "\n"))
  }

  /// `2023-11-14 22:13:20.000`, or `11-14 22:13:20`.
  private func startText(_ time: EventTime) -> String {
    let text = TimelineCaption.time(time)
    // Where the year is not of four digits it is a bare number.
    return start == .short && text.contains(" ") ? String(text.dropFirst(5).dropLast(4)) : text
  }

  private func appendNames(_ device: String, _ session: String, _ output: inout ByteBlock) {
    append(device, deviceWidth, &output)
    output.append(UInt8(ascii: " "))
    append(session, NarrowSessionText.sessionWidth, &output)
    output.append(UInt8(ascii: " "))
  }

  private func appendFigures(
    _ start: String, _ duration: String, _ events: String, _ output: inout ByteBlock
  ) {
    switch self.start {
    case .whole: append(" " + start, NarrowSessionText.wholeStart, &output)
    case .short: append(" " + start, NarrowSessionText.shortStart, &output)
    case .none: break
    }
    append(duration, 1 + NarrowSessionText.durationWidth, &output, isNumber: true)
    if hasCounts { append(events, 1 + NarrowSessionText.eventsWidth, &output, isNumber: true) }
  }

  /// A text in its column: at the left, a number at the right.
  private func append(
    _ text: String, _ width: Int, _ output: inout ByteBlock, isNumber: Bool = false
  ) {
    let fitted = TerminalText.fitted(text, columns: width, ending: ending)
    let blanks = String(repeating: " ", count: max(0, width - TerminalText.width(fitted)))
    output.append(text: isNumber ? blanks + fitted : fitted + blanks)
  }
}
