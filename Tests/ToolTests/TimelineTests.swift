// kes-read --timeline, --svg and --html as a whole.

import Foundation
import TestSupport
import Testing

private let unicode = ["LC_ALL": "C.UTF-8", "NO_COLOR": ""]

private let stream = """
  {"device":"a","timestamp":0,"event":{"DeviceWokeUp":{}},"session":"s1"}
  {"device":"a","timestamp":20000,"event":{"AllDataSent":{}},"session":"s1"}
  {"device":"b","timestamp":30000,"event":{"DeviceWokeUp":{}},"session":"s2"}
  {"device":"b","timestamp":40000,"event":{"DataReceived":{"name":"wind","value":1}},"session":"s2"}

  """

@Suite(.threadsOfTheirOwn) struct TimelineTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func read(_ arguments: [String], environment: [String: String] = [:]) throws -> Finished {
    try Program.run(
      "kes-read", arguments, input: .text(stream), environment: environment, directory: directory)
  }

  @Test func drawsAsWideAsColumnsSays() throws {
    let finished = try read(["--timeline"], environment: ["LC_ALL": "C", "COLUMNS": "43"])
    #expect(finished.status == 0 && finished.errors == "")
    #expect(
      finished.text == """
        1970-01-01 00:00:00.000 to 00:00:40.000 UTC
        2 devices, 2 sessions, 4 events
        a [-------------------]
        b                               [--------->
         ++---------+---------+---------+---------+
          00:00:00  00:00:10  00:00:20  00:00:30
        [ start
        -] completed 1   -> open 1

        """)
  }

  @Test(arguments: [["COLUMNS": ""], ["COLUMNS": "0"], ["COLUMNS": "wide"]])
  func isEightyColumnsWideWhereNothingSaysOtherwise(environment: [String: String]) throws {
    let lines = try read(["--timeline"], environment: environment.merging(unicode) { $1 }).lines
    #expect(lines.map(\.count).max() == 80)
  }

  @Test(arguments: [("C.UTF-8", true), ("en_US.utf8", true), ("C", false), ("de_DE", false)])
  func usesTheCharactersOfTheLocale(locale: String, isUnicode: Bool) throws {
    let environment = ["LC_ALL": "", "LC_CTYPE": locale, "LANG": "C.UTF-8"]
    #expect(try read(["--timeline"], environment: environment).text.contains("┣") == isUnicode)
  }

  @Test func drawsPicturesBesideTheChart() throws {
    let finished = try read(["--timeline", "--svg", "a.svg", "--html", "a.html"])
    #expect(finished.status == 0 && finished.lines.count == 8)
    #expect(try directory.text("a.svg").hasSuffix("</svg>\n"))
    #expect(try directory.text("a.html").hasSuffix("</html>\n"))
    let quiet = try read(["--svg", "b.svg"])
    #expect(quiet.text == "" && quiet.status == 0)
    #expect(try directory.text("b.svg") == directory.text("a.svg"))
  }

  @Test func picturesAreWellFormedWhateverNamesAre() throws {
    let name = #"<b>&\"']]>--\u0000\u0007\ufffe\ud83d\ude00"#
    try directory.write(stream.replacing("\"a\"", with: "\"\(name)\""), to: "events")
    let finished = try Program.shell(
      """
      kes-read --svg a.svg --html a.html events
      python3 -c 'import xml.dom.minidom as m; print(m.parse("a.svg").documentElement.tagName)'
      grep -c '<b>' a.html
      grep -cE '(src|href|url)[=(]' a.html
      """, directory: directory)
    #expect(finished.text == "svg\n0\n0\n" && finished.errors == "")
  }

  @Test func thePictureInTheDocumentationIsWhatIsDrawn() throws {
    let finished = try Program.shell(
      """
      kes-produce --devices 5 --rate 2 --full-speed --events 120 --loss 0.1 --seed 46 \
        --start-time 1700000000000 | kes-segment --emit all | kes-read --svg sessions.svg
      """, directory: directory)
    #expect(finished.status == 0)
    let documentation = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("docs")
    let picture = try Data(contentsOf: documentation.appendingPathComponent("sessions.svg"))
    #expect(try directory.read("sessions.svg") == picture)
  }

  @Test func drawsWhatCameBeforeABadRecord() throws {
    try directory.write(stream + "bad\n", to: "events")
    let finished = try Program.run(
      "kes-read", ["--timeline", "--svg", "a.svg", "events"], directory: directory)
    #expect(finished.status == 65 && finished.errors.contains("events:5: "))
    #expect(finished.text.contains("2 sessions"))
    #expect(try directory.text("a.svg").contains("2 sessions"))
  }

  @Test(
    arguments: [
      ["--timeline", "--sessions"], ["--svg", "x", "--stats-only"], ["--timeline", "--state", "x"],
      ["--timeline", "--format", "json"], ["--rows", "5"], ["--timeline", "--rows", "0"],
      ["--timeline", "--last", "0s"], ["--svg", "x", "--html", "./x"], ["--svg", "x", "x"],
    ])
  func refusesWhatDoesNotGoTogether(arguments: [String]) throws {
    try directory.write("", to: "x")
    let finished = try read(arguments)
    #expect(finished.status == 64 && finished.text == "" && finished.errors != "")
  }

  @Test func isRedrawnInPlaceOnATerminal() throws {
    let terminal = try PseudoTerminal(columns: 50, rows: 12)
    try directory.write("", to: "events")
    let reader = try RunningProgram(
      path: Program.path("kes-read"), ["--timeline", "--follow", "events"], input: .empty,
      environment: unicode, directory: directory, standardOutput: terminal.programEnd)
    for line in stream.split(separator: "\n") {
      let count = terminal.transcript.ranges(of: "UTC").count
      let file = try FileHandle(forWritingTo: directory.url.appendingPathComponent("events"))
      try file.seekToEnd()
      try file.write(contentsOf: Data((line + "\n").utf8))
      #expect(reader.waits { terminal.transcript.ranges(of: "UTC").count > count })
    }
    #expect(reader.waits { terminal.lines.contains { $0.hasPrefix("b ") && $0.hasSuffix("▶") } })
    reader.send(SIGINT)
    #expect(try reader.finish().signal == SIGINT)
    try terminal.finish()
    // What is seen is one chart.
    #expect(terminal.lines.filter { $0.contains("UTC") }.count == 1)
    #expect(terminal.lines.count == 8)
    #expect(terminal.lines.last == "━┫ completed 1   ━▶ open 1")
    #expect(terminal.transcript.contains("\u{1B}[32m┣"))
  }

  @Test func hasTheRowsThatWereAskedFor() throws {
    try directory.write(
      (0..<60).map { EventLines.woke("device-\($0)", Int64($0)) }.joined(), to: "events")
    func rows(_ options: String) throws -> Int {
      let finished = try Program.shell(
        "kes-segment events | kes-read --timeline \(options)", directory: directory)
      return finished.lines.count { $0.hasPrefix("device-") || $0.contains(" others ") }
    }
    #expect(try rows("") == 40)
    #expect(try rows("--rows 7") == 7)
    #expect(try rows("--rows 60") == 60)
    let terminal = try PseudoTerminal(columns: 40, rows: 100)
    let finished = try RunningProgram(
      path: "/bin/bash",
      ["-c", "kes-segment events > s; stty rows 9 <&1; kes-read --timeline --rows 30 s"],
      input: .empty, environment: [:], directory: directory, standardOutput: terminal.programEnd
    ).finish()
    try terminal.finish()
    #expect(finished.status == 0)
    #expect(terminal.lines.count { $0.hasPrefix("device-") } == 29)
  }

  @Test func fitsOntoASmallTerminal() throws {
    let terminal = try PseudoTerminal(columns: 40, rows: 9)
    try directory.write(
      (0..<50).map { EventLines.woke("device-\($0)", Int64($0)) }.joined(), to: "events")
    let finished = try RunningProgram(
      path: "/bin/bash", ["-c", "kes-segment events | kes-read --timeline"], input: .empty,
      environment: unicode, directory: directory, standardOutput: terminal.programEnd
    ).finish()
    #expect(finished.status == 0)
    try terminal.finish()
    #expect(terminal.lines.contains { $0.hasPrefix("49 others ") })
    #expect(terminal.lines.first?.hasPrefix("1970-01-01") == true)
  }
}
