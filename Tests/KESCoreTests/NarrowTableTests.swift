// Tables on terminals that are too narrow for all of them.

import Testing

@testable import KESCore
@testable import KESViews

private let day: Int64 = 86_400_000

private func table(_ columns: Int?, _ rows: [(SessionRow, String, String)]) -> [String] {
  let encoder = SessionTextEncoder(
    style: TextStyle(isColored: false), columns: columns, characters: .unicode)
  var output = ByteBlock()
  encoder.begin(&output)
  for (row, device, session) in rows {
    withUTF8Bytes(of: device) { device in
      withUTF8Bytes(of: session) {
        encoder.encode(row, device: device, session: $0, to: &output)
      }
    }
  }
  return output.withBytes { String(decodingBytes: $0) }.split(separator: "\n").map(String.init)
}

private func row(
  _ status: SessionStatus?, _ start: Int64, _ end: Int64, events: Int64, isPartial: Bool = false
) -> SessionRow {
  SessionRow(
    status: status, start: EventTime(milliseconds: start), end: EventTime(milliseconds: end),
    events: events, isPartial: isPartial)
}

private let rows = [
  (row(.completed, 1000, 7000, events: 6), "device-3", "0k3f9x2abq8mh"),
  (
    row(.superseded, 1_700_000_000_123, 1_700_007_200_456, events: 1_234_567, isPartial: true),
    "a-device-with-a-long-name-温度-温度-温度", "an-id-that-others-made"
  ),
  (row(nil, .min, .max, events: .max), "", "s"),
  (row(.timeout, day, 400 * day, events: 0), "device-4", "s"),
]

@Suite struct NarrowTableTests {
  @Test func sessionsFitIntoEightyColumns() {
    #expect(
      table(80, Array(rows.prefix(2))) == [
        "DEVICE           SESSION       STATUS     START          DURATION EVENTS",
        "device-3         0k3f9x2abq8mh completed  01-01 00:00:01   6.000s      6",
        "a-device-with-a… an-id-that-o… superseded 11-14 22:13:20    2h00m  1234k partial",
      ])
  }

  @Test func moreIsShownWhereThereIsRoom() {
    #expect(
      table(100, Array(rows.prefix(1)))[1]
        == "device-3                    0k3f9x2abq8mh completed  1970-01-01 00:00:01.000   6.000s      6"
    )
    #expect(table(126, rows) == table(nil, rows))
    #expect(table(125, rows) != table(nil, rows))
  }

  @Test(arguments: 8...125) func noLineIsWider(columns: Int) {
    let lines = table(columns, rows)
    for line in lines { #expect(TerminalText.width(line) <= columns, "\(line)") }
    #expect(lines.count == rows.count + 1)
    let names = Set(lines[0].split(separator: " ").map(String.init))
    #expect(names.contains("DEVICE") || columns < 42)
    #expect(names.contains("DURATION") == (columns >= 36))
    #expect(names.contains("SESSION") == (columns >= 27))
    #expect(names.contains("STATUS") == (columns >= 13))
  }

  @Test func whatSaysLeastGoesFirst() {
    #expect(
      table(30, Array(rows.prefix(2))) == [
        "DEVI… SESSION       STATUS    ",
        "devi… 0k3f9x2abq8mh completed ",
        "a-de… an-id-that-o… superseded",
      ])
  }

  @Test(
    arguments: [
      (0, "0.000s"), (59_999, "59.999s"), (60_000, "1m00s"), (3_599_999, "59m59s"),
      (3_600_000, "1h00m"), (86_399_999, "23h59m"), (86_400_000, "1d00h"),
      (86_399_999_999, "999d23h"), (86_400_000_000, "1000d"), (.max, "213503982334d"),
    ] as [(UInt64, String)])
  func durationsAreShort(milliseconds: UInt64, text: String) {
    #expect(ShortText.duration(milliseconds) == text)
  }

  @Test(
    arguments: [
      (0, "0"), (999_999, "999999"), (1_000_000, "1000k"), (99_999_999, "99999k"),
      (100_000_000, "100M"), (.max, "18446P"),
    ] as [(UInt64, String)])
  func numbersAreShort(value: UInt64, text: String) {
    #expect(ShortText.number(value) == text)
  }

  @Test(arguments: [
    20, 24, 29, 30, 37, 38, 40, 45, 46, 50, 53, 54, 61, 62, 69, 70, 77, 78, 80, 100, 101,
  ])
  func figuresFit(columns: Int) {
    var summary = EventSummary()
    // A hundred thousand years are too long for any column.
    for (row, _, _) in rows where row.status != nil { summary.add(row) }
    let lines = figures(summary, columns)
    for line in lines { #expect(TerminalText.width(line) <= columns, "\(columns): \(line)") }
    let head = lines.first { $0.hasPrefix("SESSIONS") }?.split(separator: " ").map(String.init)
    #expect(head?.first == "SESSIONS" && head?.last == "MAX")
    #expect(head?.contains("P50") == (columns >= 38) && head?.contains("COUNT") == (columns >= 30))
    #expect((head?.count == 8) == (columns >= 78))
    #expect(lines.contains { $0.hasPrefix("superseded") && $0.contains("2h00m") })
  }

  @Test func figuresAreWholeWhereThereIsRoom() {
    var summary = EventSummary()
    for (row, _, _) in rows { summary.add(row) }
    #expect(figures(summary, 102) == figures(summary, nil))
    #expect(figures(summary, nil).contains { $0.contains("2h00m00.333s") })
  }

  private func figures(_ summary: borrowing EventSummary, _ columns: Int?) -> [String] {
    var output = ByteBlock()
    SummaryTextEncoder(style: TextStyle(isColored: false), columns: columns)
      .encode(summary, to: &output)
    return output.withBytes { String(decodingBytes: $0) }.split(separator: "\n").map(String.init)
  }
}
