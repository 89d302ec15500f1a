// Timelines on a terminal.

import Testing

@testable import KESCore
@testable import KESViews

private let stream = [
  sessionLine("a", 0, "DeviceWokeUp", session: "1"),
  sessionLine("a", 10_000, "DeviceWokeUp", session: "1"),
  sessionLine("a", 20_000, "AllDataSent", session: "1"),
  closingLine("a", 0, 20_000, "completed", session: "1", events: 3),
  sessionLine("温度", 30_000, "AllDataSent", session: "2"),
  closingLine("温度", 25_000, 40_000, "timeout", session: "2", isPartial: true),
  closingLine("b", 5_000, 9_000, "superseded", session: "3"),
  closingLine("b", 12_000, 12_001, "flushed", session: "4", events: 2),
  closingLine("b", 20_000, 30_000, "limit", session: "5", events: 1),
  closingLine("b", 31_000, 34_000, "purged", session: "6", events: 1),
  sessionLine("b", 36_000, "DeviceWokeUp", session: "7"),
  sessionLine("b", 40_000, "DeviceWokeUp", session: "7"),
]

private func encoder(
  _ characters: TerminalCharacters, columns: Int = 46, rows: Int? = nil, isColored: Bool = false
) -> TimelineTextEncoder {
  TimelineTextEncoder(style: TextStyle(isColored: isColored), characters: characters) {
    ChartArea(columns: columns, rows: rows)
  }
}

@Suite struct TimelineTextTests {
  @Test func drawsARowADevice() {
    #expect(
      drawing(timeline(stream), by: encoder(.unicode, columns: 46)) == [
        "1970-01-01 00:00:00.000 – 00:00:40.000 UTC",
        "3 devices · 7 sessions · 13 events",
        "b         ┣━━━»  ■       ┣━━━━━━━━━┃┣━━╌ ┣━━━▶",
        "a    ┣━━━━━━━━━┷━━━━━━━━━┫",
        "温度                          ━━━━━┷━━━━━━━━━╳",
        "    └┬─────────┬─────────┬─────────┬─────────┬",
        "     00:00:00  00:00:10  00:00:20  00:00:30",
        "┣ start   ┷ event   ■ several in a column",
        "━┫ completed 1   ━╳ timeout 1",
        "━» superseded 1   ━┃ limit 1   ━╸ flushed 1",
        "━╌ purged 1   ━▶ open 1",
      ])
  }

  @Test func drawsInASCII() {
    let lines = drawing(timeline(stream), by: encoder(.ascii, columns: 80))
    #expect(lines.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
    #expect(lines[4].hasPrefix("??"))
    #expect(
      lines.suffix(3) == [
        "[ start   + event   # several in a column",
        "-] completed 1   -x timeout 1   -% superseded 1   -| limit 1   -~ flushed 1",
        "-= purged 1   -> open 1",
      ])
  }

  @Test(arguments: [20, 33, 46, 80, 200], [1, 4, 7, 8, 9, 40])
  func staysWithinItsArea(columns: Int, rows: Int) {
    for characters in [TerminalCharacters.unicode, .ascii] {
      let lines = drawing(
        timeline(stream), by: encoder(characters, columns: columns, rows: rows))
      #expect(lines.count <= rows)
      for line in lines { #expect(TerminalText.width(line) <= columns, "\(line)") }
    }
  }

  @Test func putsTheRestIntoOneRow() {
    let lines = drawing(timeline(stream), by: encoder(.ascii, columns: 50, rows: 8))
    #expect(lines[2].hasPrefix("b        "))
    #expect(lines[3].hasPrefix("2 others "))
    #expect(lines[3].contains("@"))
  }

  @Test func explainsEveryMarkThatIsThere() {
    let outside = [#"{"device":"c","timestamp":5,"event":{"DeviceWokeUp":{}}}"#]
    for characters in [TerminalCharacters.unicode, .ascii] {
      let lines = drawing(timeline(stream + outside), by: encoder(characters, columns: 80))
      let glyphs = TimelineGlyphs.of(characters)
      #expect(lines.contains { $0.hasSuffix("   \(glyphs.outside) event of no session") })
      let end = lines.firstIndex { $0.contains(glyphs.corner + glyphs.tick) } ?? 0
      let marks = Set(lines[2..<end].joined().filter { !$0.isLetter && $0 != " " && $0 != "?" })
      let legend = lines[(end + 2)...].joined()
      #expect(marks.count > 9 && marks.allSatisfy { legend.contains($0) }, "\(marks)")
      // A screen that is high enough has all of it, and as many rows less.
      let screen = drawing(
        timeline(stream + outside), by: encoder(characters, columns: 46, rows: 23))
      #expect(screen.suffix(4).joined().contains("completed 1") && screen.count <= 23)
    }
    let crowded = drawing(timeline(stream + outside), by: encoder(.ascii, columns: 80, rows: 9))
    #expect(
      crowded.last?.hasPrefix("-] completed") == true || crowded.last?.hasPrefix("-=") == true)
    let some = drawing(timeline(stream), by: encoder(.unicode, columns: 80, rows: 14))
    #expect(!some.joined().contains("no session"))
  }

  @Test func showsTheSessionsOfAStatus() {
    var window = TimelineWindow()
    window.statuses = [.timeout, nil]
    let encoder = TimelineTextEncoder(
      style: TextStyle(isColored: false), characters: .ascii, window: window
    ) { ChartArea(columns: 60, rows: nil) }
    let outside = [#"{"device":"c","timestamp":5,"event":{"DeviceWokeUp":{}}}"#]
    let lines = drawing(timeline(stream + outside), by: encoder)
    #expect(lines[0] == "1970-01-01 00:00:25.000 to 00:00:40.000 UTC")
    #expect(lines[1] == "2 devices, 2 sessions, 4 events")
    #expect(lines.last == "-x timeout 1   -> open 1")
  }

  @Test func coloursEachStatus() {
    let lines = drawing(timeline(stream), by: encoder(.ascii, isColored: true))
    #expect(lines[2].contains("\u{1B}[35m[---%\u{1B}[0m"))
    #expect(lines[3].contains("\u{1B}[32m["))
  }

  @Test func saysWhatIsNotThere() {
    #expect(drawing(timeline([]), by: encoder(.ascii)) == ["nothing to show"])
    let events = timeline([#"{"device":"a","timestamp":5,"event":{"DeviceWokeUp":{}}}"#])
    #expect(drawing(events, by: encoder(.ascii)).last == TimelineCaption.noSessions)
    let cut = timeline(stream, limits: TimelineLimits(sessions: 1, events: 9), batchSize: 1)
    let last = drawing(cut, by: encoder(.ascii, columns: 90)).last
    #expect(last?.contains("earlier sessions") == true)
  }

  @Test func aFrameTakesThePlaceOfTheOneBefore() {
    var frame = TerminalFrame()
    var output = ByteBlock()
    for text in ["one\ntwo\n", "three\n"] {
      var drawing = ByteBlock()
      drawing.append(text: text)
      frame.draw(drawing, to: &output)
    }
    #expect(
      output.withBytes { String(decodingBytes: $0) }
        == "one\u{1B}[K\ntwo\u{1B}[K\n\u{1B}[J\r\u{1B}[2Athree\u{1B}[K\n\u{1B}[J")
  }
}
