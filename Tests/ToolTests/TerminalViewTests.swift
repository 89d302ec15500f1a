// Tables, figures and the progress bar fit the terminal.

import Foundation
import TestSupport
import Testing

private let unicode = ["LC_ALL": "C.UTF-8", "NO_COLOR": "1"]

private let sessions = """
  {"device":"device-3","timestamp":7000,"event":{"SessionClosed":{"status":"completed","start":1000,"end":7000,"events":6,"partial":false}},"session":"0k3f9x2abq8mh"}
  {"device":"a-device-with-a-long-name","timestamp":7300000,"event":{"SessionClosed":{"status":"superseded","start":1000,"end":7201000,"events":12,"partial":true}},"session":"another-s-identifier"}

  """

@Suite(.threadsOfTheirOwn) struct TerminalViewTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write(sessions, to: "sessions")
  }

  /// What a terminal so wide shows of a shell command whose standard output it is.
  private func shown(_ command: String, columns: Int) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(columns: columns, rows: 60)
    let finished = try RunningProgram(
      path: "/bin/bash", ["-c", command], input: .empty, environment: unicode,
      directory: directory, standardOutput: terminal.programEnd
    ).finish()
    try terminal.finish()
    #expect(finished.status == 0 && finished.errors == "", "\(finished.errors)")
    return terminal
  }

  // MARK: Tables

  @Test func sessionsFitIntoEightyColumns() throws {
    let wanted = [
      "DEVICE           SESSION       STATUS     START          DURATION EVENTS",
      "device-3         0k3f9x2abq8mh completed  01-01 00:00:01   6.000s      6",
      "a-device-with-a… another-s-id… superseded 01-01 00:00:01    2h00m     12 partial",
    ]
    #expect(try shown("kes-read --sessions sessions", columns: 80).lines == wanted)
  }

  @Test func figuresFitIntoEightyColumns() throws {
    let lines = try shown("kes-read --stats-only sessions", columns: 80).lines
    #expect(
      lines.contains(
        "SESSIONS                 COUNT PARTIAL     MIN     P50     P90     P99     MAX"))
    #expect(
      lines.contains(
        "superseded                   1       1   2h00m   2h00m   2h00m   2h00m   2h00m"))
    // None was broken into two.
    #expect(
      lines.allSatisfy { $0.isEmpty || $0.first?.isWhitespace == false || $0.hasPrefix("  ") })
  }

  /// A wide terminal, a file, a pipe and a named output show the same as ever.
  @Test(arguments: ["--sessions", "--stats-only"])
  func elsewhereNothingIsLeftOut(view: String) throws {
    let piped = try Program.shell(
      "kes-read \(view) sessions; kes-read \(view) sessions --output file; cat file",
      environment: unicode.merging(["COLUMNS": "40"]) { $1 }, directory: directory)
    let lines = piped.lines
    #expect(lines.count > 4 && lines.prefix(lines.count / 2) == lines.suffix(lines.count / 2))
    #expect(lines.contains { $0.count > 100 })
    let wide = try shown("kes-read \(view) sessions", columns: 200).lines
    #expect(wide.filter { !$0.isEmpty } == Array(lines.prefix(lines.count / 2)))
    let named = try shown("kes-read \(view) sessions --output file; cat file > other", columns: 40)
    #expect(named.lines.isEmpty)
    #expect(try directory.text("other") == directory.text("file"))
    #expect(
      try directory.text("file").split(separator: "\n").map(String.init)
        == Array(lines.prefix(lines.count / 2)))
  }

  @Test func theOpenSessionsOfAStateFit() throws {
    try directory.write(EventLines.woke("a", 1000), to: "in")
    let lines = try shown("kes-segment --state s in > /dev/null; kes-read --state s", columns: 80)
      .lines
    #expect(lines.count == 2 && lines[1].hasPrefix("a       ") && lines[1].count <= 80)
    #expect(lines[1].contains(" open       01-01 00:00:01   0.000s      1"))
  }

  @Test(arguments: [20, 30, 40, 50, 60, 80], ["--sessions", "--stats-only"])
  func noLineIsWiderThanTheTerminal(columns: Int, view: String) throws {
    let lines = try shown(
      "kes-read \(view) sessions > plain; kes-read \(view) sessions", columns: columns
    )
    .transcript.split(whereSeparator: \.isNewline)
    #expect(lines.allSatisfy { $0.count <= columns }, "\(lines)")
    #expect(try directory.text("plain").split(separator: "\n").count == lines.count)
  }

  @Test(arguments: [30, 40, 60, 70, 80])
  func whatAStateKnowsFits(columns: Int) throws {
    let name = "a-file-with-a-rather-long-name-of-events.jsonl"
    try directory.write(EventLines.woke("a", 1_700_000_000_000), to: name)
    let terminal = try shown(
      "kes-segment --state s \(name) > /dev/null; kes-read --state s --inputs > plain;"
        + " kes-read --state s --inputs", columns: columns)
    let lines = terminal.transcript.split(whereSeparator: \.isNewline)
    #expect(lines.count == 4 && lines.allSatisfy { $0.count <= columns }, "\(lines)")
    #expect(lines[0].contains("POSITION") && lines[0].contains("NAME"))
    #expect(
      lines[0].contains("TIME") == (columns >= 60) && lines[0].contains("LINE") == (columns >= 70))
    // The end of a path says most.
    #expect(
      lines[3].hasPrefix("input ")
        && lines[3].hasSuffix(columns == 30 ? "ts.jsonl" : "of-events.jsonl"))
    #expect(lines[3].contains("…"))
    let plain = try directory.text("plain").split(separator: "\n")
    #expect(plain[2].contains("2023-11-14T22:13:20.000Z") && plain[3].hasSuffix("/\(name)"))
    let wide = try shown("kes-read --state s --inputs", columns: 200).lines
    #expect(wide == plain.map(String.init))
  }

  // MARK: The progress bar

  private static let file = "a/directory/and/a-file-with-a-rather-long-name-of-events.jsonl"

  /// A run of about a second.
  private func slowly(_ redirection: String, columns: Int, options: String = "") throws
    -> PseudoTerminal
  {
    let events = (0..<4).map { EventLines.woke("温度", Int64($0) * 300) }.joined()
    try FileManager.default.createDirectory(
      atPath: directory.path("a/directory/and"), withIntermediateDirectories: true)
    try directory.write(events, to: Self.file)
    return try shown(
      "exec kes-produce --replay \(options) \(Self.file) \(redirection)", columns: columns)
  }

  @Test(arguments: [6, 12, 25, 40, 60, 80, 120])
  func theBarIsNoWiderThanTheTerminal(columns: Int) throws {
    let terminal = try slowly("2>&1 > out", columns: columns)
    let drawn = terminal.transcript.components(separatedBy: "\r\u{1B}[K").filter { !$0.isEmpty }
    #expect(!drawn.isEmpty && drawn.allSatisfy { $0.contains("%") })
    #expect(drawn.allSatisfy { $0.count < columns }, "\(drawn)")
    #expect(!terminal.transcript.contains("\n"))
    if columns > 60 {
      #expect(drawn.allSatisfy { $0.contains("a-file-with") && $0.contains("] ") })
    }
    if columns > 40 {
      #expect(drawn.allSatisfy { $0.contains(" records/s  ") && $0.contains(" left") })
    }
    // In the end it is gone.
    #expect(terminal.lines.isEmpty)
  }

  @Test func thereIsNoneAmongRecordsOnATerminal() throws {
    let terminal = try slowly("2>&1", columns: 120)
    #expect(terminal.lines.count == 4 && terminal.lines.allSatisfy { $0.hasPrefix("{\"device\"") })
    #expect(!terminal.transcript.contains("records/s"))
  }

  @Test func thereIsOneWhereItIsAskedFor() throws {
    #expect(
      try slowly("2>&1", columns: 120, options: "--progress").transcript.contains("records/s"))
  }

  // MARK: Figures of a run

  @Test func linesOfFiguresSayWhen() throws {
    let before = Int(Date().timeIntervalSince1970 * 1000)
    let finished = try Program.run("kes-read", ["--stats", "sessions"], directory: directory)
    let line = try #require(finished.errors.split(separator: "\n").last)
    let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Int]
    let time = try #require(parsed?["time"])
    #expect((before...Int(Date().timeIntervalSince1970 * 1000)).contains(time))
  }
}
