// kes-read as a whole: real processes, files and pipes.

import Foundation
import TestSupport
import Testing

/// Session events of two devices with every kind of line.
private let sessionEvents = """
  {"device":"a","timestamp":1000,"event":{"DeviceWokeUp":{}},"session":"s1"}
  {"device":"b","timestamp":1100,"event":{"DataReceived":{"name":"wind","value":2.5}},"session":"s2"}
  {"device":"a","timestamp":1200,"event":{"DataReceived":{"name":"a,b","value":0.1}},"session":"s1"}
  {"device":"a","timestamp":1300,"event":{"AllDataSent":{}},"session":"s1"}
  {"device":"a","timestamp":1300,"event":{"AllDataSent":{}},"duplicate":true,"session":"s1"}
  {"device":"a","timestamp":1300,"event":{"SessionClosed":{"status":"completed","start":1000,"end":1300,"events":3,"partial":false}},"session":"s1"}
  {"device":"a","timestamp":9000,"event":{"DeviceWokeUp":{}},"session":"s3"}
  {"device":"b","timestamp":5100,"event":{"SessionClosed":{"status":"timeout","start":1100,"end":1100,"events":1,"partial":true}},"session":"s2"}

  """

private func event(_ device: String, _ time: Int) -> String {
  #"{"device":"\#(device)","timestamp":\#(time),"event":{"DeviceWokeUp":{}}}"# + "\n"
}

/// Runs kes-read on session events.
private func read(
  _ arguments: String..., input: String = sessionEvents, environment: [String: String] = [:]
) throws -> Finished {
  try Program.run("kes-read", arguments, input: .text(input), environment: environment)
}

@Suite(.threadsOfTheirOwn) struct ReadTests {
  // MARK: Formats

  @Test func showsEventsAsText() throws {
    let finished = try read()
    #expect(finished.status == 0)
    #expect(finished.errors == "")
    #expect(
      finished.text == """
        [a/s1] DeviceWokeUp()
        [b/s2] DataReceived(wind,2.500)
        [a/s1] DataReceived(a,b,0.100)
        [a/s1] AllDataSent()
        [a/s1] AllDataSent() duplicate
        [a/s1] SessionClosed(completed, 3 events, 0.300 s)
        [a/s3] DeviceWokeUp()
        [b/s2] SessionClosed(timeout, 1 event, 0.000 s, partial)

        """)
  }

  @Test func passesJSONThrough() throws {
    #expect(try read("--format", "json").text == sessionEvents)
  }

  @Test func writesCSV() throws {
    #expect(
      try read("--format", "csv").text == """
        device,timestamp,event,name,value,session,duplicate,status,start,end,events,partial
        a,1000,DeviceWokeUp,,,s1,false,,,,,
        b,1100,DataReceived,wind,2.5,s2,false,,,,,
        a,1200,DataReceived,"a,b",0.1,s1,false,,,,,
        a,1300,AllDataSent,,,s1,false,,,,,
        a,1300,AllDataSent,,,s1,true,,,,,
        a,1300,SessionClosed,,,s1,false,completed,1000,1300,3,false
        a,9000,DeviceWokeUp,,,s3,false,,,,,
        b,5100,SessionClosed,,,s2,false,timeout,1100,1100,1,true

        """)
  }

  @Test func readsEventsWithoutSessions() throws {
    #expect(
      try read(input: event("a", 1) + event("b", 2)).text
        == "[a] DeviceWokeUp()\n[b] DeviceWokeUp()\n")
  }

  @Test func coloursOnlyWhereAskedToOrOnATerminal() throws {
    #expect(try !read().text.contains("\u{1B}"))
    #expect(try !read("--color", "never").text.contains("\u{1B}"))
    #expect(
      try read("--color", "always", environment: ["NO_COLOR": "1"]).text.contains("\u{1B}[32m"))
    #expect(try !read("--color", "always", "--format", "csv").text.contains("\u{1B}"))
  }

  @Test(
    arguments: [
      ("text", ""), ("json", ""),
      (
        "csv",
        "device,timestamp,event,name,value,session,duplicate,status,start,end,events,partial\n"
      ),
    ])
  func showsNothingOfNothing(format: String, shown: String) throws {
    let finished = try read("--format", format, input: "")
    #expect(finished.status == 0)
    #expect(finished.text == shown)
  }

  // MARK: Filters

  @Test(
    arguments: [
      (["--device", "b"], 2), (["--device", "[a-b]"], 8), (["--device", "c*"], 0),
      (["--session", "s1"], 5), (["--session", "s"], 0), (["--since", "1300"], 5),
      (["--until", "1300"], 3), (["--since", "1100", "--until", "1300"], 2),
      (["--since", "1970-01-01T00:00:09Z"], 1), (["-c", "3"], 3), (["-c", "100"], 8),
      (["--device", "b", "-c", "1"], 1), (["--device", "a", "--session", "s2"], 0),
    ])
  func filters(arguments: [String], lines: Int) throws {
    let finished = try Program.run("kes-read", arguments, input: .text(sessionEvents))
    #expect(finished.status == 0)
    #expect(finished.lines.count == lines)
  }

  @Test func countsInTheLedgerWhatItLeavesOut() throws {
    let finished = try read(
      "--stats", "--on-error", "skip", "--device", "b", input: "x\n" + sessionEvents)
    #expect(finished.status == 1)
    #expect(finished.errors.contains(#""records":9,"#))
    #expect(finished.errors.contains(#""assigned":2,"#))
    #expect(finished.errors.contains(#""rejected":1,"filtered":6,"#))
  }

  @Test func doesNotReadBehindTheLastRecordAskedFor() throws {
    let finished = try read("--stats", "--device", "a", "-c", "2", input: sessionEvents + "x\n")
    #expect(finished.status == 0)
    #expect(finished.lines.count == 2)
    #expect(finished.errors.contains(#""records":3,"#))
    #expect(
      finished.errors.contains(#""assigned":2,"late":0,"duplicate":0,"rejected":0,"filtered":1,"#))
  }

  @Test func endsWhileItsInputGoesOn() throws {
    let pipe = try PrivatePipe()
    let reader = try start(["-c", "2"], reading: pipe)
    try pipe.write(sessionEvents)
    let finished = try reader.finish()
    #expect(finished.status == 0)
    #expect(finished.lines.count == 2)
    try pipe.close()
  }

  // MARK: Sessions

  @Test func showsSessionsAsATable() throws {
    #expect(
      try read("--sessions").text == """
        DEVICE            SESSION        STATUS      START                     END                          DURATION   EVENTS
        a                 s1             completed   1970-01-01T00:00:01.000Z  1970-01-01T00:00:01.300Z       0.300s        3
        b                 s2             timeout     1970-01-01T00:00:01.100Z  1970-01-01T00:00:01.100Z       0.000s        1  partial
        a                 s3             open        1970-01-01T00:00:09.000Z  1970-01-01T00:00:09.000Z       0.000s        1

        """)
  }

  @Test func showsSessionsAsJSON() throws {
    #expect(
      try read("--sessions", "--format", "json").text == """
        {"device":"a","session":"s1","status":"completed","start":1000,"end":1300,"duration":300,"events":3,"partial":false}
        {"device":"b","session":"s2","status":"timeout","start":1100,"end":1100,"duration":0,"events":1,"partial":true}
        {"device":"a","session":"s3","status":"open","start":9000,"end":9000,"duration":0,"events":1,"partial":false}

        """)
  }

  @Test func showsSessionsAsCSV() throws {
    #expect(
      try read("--sessions", "--format", "csv", "--device", "b").text == """
        device,session,status,start,end,duration,events,partial
        b,s2,timeout,1100,1100,0,1,true

        """)
  }

  @Test func findsTheSessionsThatTheSegmenterMade() throws {
    let finished = try Program.shell(
      "kes-segment --emit all --flush < events | tee sessions | kes-read --sessions --format csv",
      directory: directory(["events": event("a", 1) + event("a", 2) + event("b", 3)]))
    #expect(finished.lines.count == 4)
    #expect(finished.lines[1].hasPrefix("a,"))
    #expect(finished.lines[1].hasSuffix(",superseded,1,1,0,1,false"))
    #expect(finished.lines[3].hasSuffix(",flushed,3,3,0,1,false"))
  }

  @Test(arguments: ["--sessions", "--stats-only"])
  func countsASessionOnceThatWasWrittenTwice(view: String) throws {
    // As by a run that began again after a crash, with its output in a pipe.
    let directory = try directory(["events": EventLines.random(count: 3000, devices: 40, seed: 3)])
    let finished = try Program.shell(
      """
      kes-segment --emit all --flush events > once
      show() { kes-read \(view) --format csv "$@" | grep -E '^(device-|sessions)'; }
      show once > expected
      wc -l < expected
      show once <(tail -n 2000 once) once | cmp - expected
      """, directory: directory)
    #expect(finished.status == 0 && finished.errors == "")
    #expect((finished.lines.first.flatMap { Int($0) } ?? 0) > 20)
  }

  @Test func endsAfterSoManySessions() throws {
    #expect(try read("--sessions", "-c", "1").lines.count == 2)
  }

  @Test func showsASessionBeforeTheInputEnds() throws {
    let pipe = try PrivatePipe()
    let reader = try start(["--sessions", "--format", "csv"], reading: pipe)
    try pipe.write(sessionEvents)
    #expect(reader.waits { reader.outputSoFar.contains("\nb,s2,timeout,") })
    #expect(!reader.outputSoFar.contains("open"))
    try pipe.close()
    #expect(try reader.finish().text.contains("\na,s3,open,"))
  }

  // MARK: Figures

  @Test func sumsUp() throws {
    let figures = try read("--stats-only", "--format", "json").text
    #expect(figures.hasPrefix(#"{"records":8,"events":{"DeviceWokeUp":2,"DataReceived":2,"#))
    #expect(figures.contains(#""duplicates":1,"devices":2,"devices_exact":true,"first":1000,"#))
    #expect(figures.contains(#""last":9000,"span":8000,"rate":0.75,"sessions":{"completed":"#))
    let object = try JSONSerialization.jsonObject(with: Data(figures.utf8)) as? [String: Any]
    let sessions = object?["sessions"] as? [String: Any]
    #expect(sessions.map { Set($0.keys) } == ["completed", "timeout", "open"])
  }

  @Test func sumsUpForPeopleAndPrograms() throws {
    #expect(
      try read("--stats-only").text.contains(
        "\ncompleted                    1           0      0.300s"))
    #expect(
      try read("--stats-only", "--format", "csv").lines.contains("sessions.open.events.max,1"))
  }

  @Test func sumsUpNothing() throws {
    let finished = try read("--stats-only", input: "")
    #expect(finished.status == 0)
    #expect(finished.lines.first == "records           0")
  }

  // MARK: State

  @Test func showsTheOpenSessionsOfAStoreThatIsInUse() throws {
    let directory = try TemporaryDirectory()
    let state = directory.path("state")
    let pipe = try PrivatePipe()
    let segmenter = try RunningProgram(
      path: Program.path("kes-segment"), ["--state", state, "--commit-interval", "1ms"],
      input: .empty, environment: [:], directory: nil,
      standardInput: pipe.reading)
    defer { segmenter.process.terminate() }
    try pipe.write(event("a", 1000) + event("b,c", 2000))
    var shown: Finished?
    let isSeen = segmenter.waits {
      shown = try? Program.run("kes-read", ["--state", state, "--format", "csv"])
      return shown?.lines.count == 3
    }
    #expect(isSeen)
    #expect(shown?.status == 0)
    #expect(shown?.lines[1].hasSuffix(",open,1000,1000,0,1,false") == true)
    #expect(shown?.lines[2].hasPrefix(#""b,c","#) == true)
    let one = try Program.run("kes-read", ["--state", state, "--device", "b*", "--format", "json"])
    #expect(one.lines.count == 1)
    let first = try Program.run("kes-read", ["--state", state, "-c", "1"])
    #expect(first.lines.count == 2)
    // The segmenter goes on undisturbed.
    try pipe.write(#"{"device":"a","timestamp":2100,"event":{"AllDataSent":{}}}"# + "\n")
    #expect(
      segmenter.waits {
        (try? Program.run("kes-read", ["--state", state]))?.lines.count == 2
      })
    try pipe.close()
    #expect(try segmenter.finish().status == 0)
  }

  @Test func saysWhereNoStateIs() throws {
    let directory = try TemporaryDirectory()
    let finished = try Program.run("kes-read", ["--state", directory.path("none")])
    #expect(finished.status == 66)
    #expect(finished.errors == "kes-read: \(directory.path("none")): there is no state here\n")
  }

  // MARK: Following

  @Test func followsAFileThatGrows() throws {
    let directory = try directory(["first": event("a", 1), "second": event("b", 2)])
    let reader = try RunningProgram(
      "kes-read", ["--follow", directory.path("first"), directory.path("second")])
    #expect(reader.waits { reader.outputSoFar == "[a] DeviceWokeUp()\n[b] DeviceWokeUp()\n" })
    // A line in two parts is one line.
    try append(String(event("c", 3).prefix(20)), to: directory.path("second"))
    try append(String(event("c", 3).dropFirst(20)), to: directory.path("second"))
    #expect(reader.waits { reader.outputSoFar.hasSuffix("[c] DeviceWokeUp()\n") })
    reader.send(SIGINT)
    let finished = try reader.finish()
    #expect(finished.signal == SIGINT)
    #expect(finished.lines.count == 3)
    #expect(finished.errors == "")
  }

  @Test func beginsAgainWithAFileThatWasEmptied() throws {
    let directory = try directory(["events": event("a", 1) + event("b", 2)])
    let reader = try RunningProgram("kes-read", ["--follow", directory.path("events")])
    #expect(reader.waits { reader.outputSoFar.hasSuffix("[b] DeviceWokeUp()\n") })
    let file = try FileHandle(forWritingTo: directory.url.appendingPathComponent("events"))
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: Data((event("c", 3) + "x\n").utf8))
    let finished = try reader.finish()
    #expect(finished.text == "[a] DeviceWokeUp()\n[b] DeviceWokeUp()\n[c] DeviceWokeUp()\n")
    #expect(finished.status == 65)
    // Lines are counted from the new start.
    #expect(finished.errors.contains("events:2: expected a JSON object"))
  }

  @Test func followsAFileUnderItsNameWhenItIsRenamedAndReplaced() throws {
    let directory = try directory(["log": event("a", 1)])
    let reader = try RunningProgram("kes-read", ["--follow", directory.path("log")])
    #expect(reader.waits { reader.outputSoFar == "[a] DeviceWokeUp()\n" })
    try FileManager.default.moveItem(atPath: directory.path("log"), toPath: directory.path("log.1"))
    // Whoever writes goes on under the old file's new name; meanwhile nothing has the old one.
    try append(event("b", 2), to: directory.path("log.1"))
    #expect(reader.waits { reader.outputSoFar.hasSuffix("[b] DeviceWokeUp()\n") })
    // The last line of the old file comes with the new file, and lacks its line feed.
    try append(String(event("c", 3).dropLast()), to: directory.path("log.1"))
    try directory.write(event("d", 4), to: "log")
    #expect(reader.waits { reader.outputSoFar.hasSuffix("[d] DeviceWokeUp()\n") })
    try append("x\n", to: directory.path("log"))
    let finished = try reader.finish()
    #expect(finished.lines.map { $0.prefix(3) } == ["[a]", "[b]", "[c]", "[d]"])
    // Lines are counted from the new file's start.
    #expect(finished.status == 65)
    #expect(finished.errors.contains("log:2: expected a JSON object"))
  }

  @Test func followsALinkThatIsTurnedToAnotherFile() throws {
    let directory = try directory(["1": event("a", 1), "2": event("b", 2)])
    let link = directory.path("current")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "1")
    let reader = try RunningProgram("kes-read", ["--follow", link])
    #expect(reader.waits { reader.outputSoFar == "[a] DeviceWokeUp()\n" })
    try FileManager.default.removeItem(atPath: link)
    // What cannot be read as a file is waited for as what is missing.
    try FileManager.default.createDirectory(atPath: link, withIntermediateDirectories: false)
    try append(event("c", 3), to: directory.path("1"))
    #expect(reader.waits { reader.outputSoFar.hasSuffix("[c] DeviceWokeUp()\n") })
    try FileManager.default.removeItem(atPath: link)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "2")
    #expect(reader.waits { reader.outputSoFar.hasSuffix("[b] DeviceWokeUp()\n") })
    reader.send(SIGTERM)
    let finished = try reader.finish()
    #expect(finished.signal == SIGTERM && finished.lines.count == 3)
  }

  @Test func sumsUpWhatItFollowedWhenItIsStopped() throws {
    let directory = try directory(["events": event("a", 1)])
    let path = directory.path("events")
    let reader = try RunningProgram(
      "kes-read", ["--follow", "--stats-only", "--stats=0.01", "--format", "csv", path])
    #expect(reader.waits { reader.errorsSoFar.contains(#""records":1,"#) })
    reader.send(SIGTERM)
    let finished = try reader.finish()
    #expect(finished.signal == SIGTERM)
    #expect(finished.lines.contains("records,1"))
  }

  // MARK: Manners

  @Test(
    arguments: [
      ["--sessions", "--stats-only"], ["--state", "x", "file"], ["--state", "x", "--stats-only"],
      ["--state", "x", "--follow"], ["--state", "x", "--since", "1"], ["--follow"],
      ["--follow", "-"], ["--follow", "file", "-"], ["--format", "xml"], ["-c", "0"],
      ["--since", "yesterday"], ["--nonsense"],
    ])
  func refusesOptionsThatDoNotGoTogether(arguments: [String]) throws {
    let finished = try Program.run("kes-read", arguments)
    #expect(finished.status == 64)
    #expect(finished.text == "")
    #expect(finished.errors != "")
  }

  @Test func endsAtABadRecordWithAllBeforeItWritten() throws {
    let finished = try read(input: event("a", 1) + #"{"device":17}"# + "\n" + event("b", 2))
    #expect(finished.status == 65)
    #expect(finished.text == "[a] DeviceWokeUp()\n")
    #expect(
      finished.errors == #"kes-read: stdin:2: expected a string for "device", found 17"# + "\n")
  }

  @Test func passesOverBadRecordsWhereAskedTo() throws {
    let input = event("a", 1) + "x\n" + event("b", 2)
    let finished = try read("--on-error", "skip", input: input)
    #expect(finished.status == 1)
    #expect(finished.lines.count == 2)
    let directory = try TemporaryDirectory()
    let kept = try read("--dead-letter", directory.path("dead"), input: input)
    #expect(kept.status == 0)
    #expect(try directory.text("dead").hasPrefix("stdin:2\t"))
    #expect(try directory.text("dead").hasSuffix("\tx\n"))
  }

  @Test func saysWhichInputIsMissing() throws {
    let finished = try read("/nonexistent/events")
    #expect(finished.status == 66)
    #expect(finished.errors.hasPrefix("kes-read: /nonexistent/events: cannot open"))
    #expect(try read("/").status == 66)
  }

  @Test func saysThatItCannotWrite() throws {
    let finished = try read("--output", "/dev/full")
    #expect(finished.status == 74)
    #expect(try read("--output", "/nonexistent/output").status == 73)
  }

  @Test func endsQuietlyWhenItsReaderDoes() throws {
    let finished = try Program.shell(
      "set -o pipefail; yes \(quoted(event("a", 1))) | kes-read | head -n 1; echo ${PIPESTATUS[1]}")
    #expect(finished.text == "[a] DeviceWokeUp()\n141\n")
    #expect(!finished.errors.contains("kes-read"))
  }

  @Test func helps() throws {
    let finished = try Program.run("kes-read", ["--help"])
    #expect(finished.status == 0)
    #expect(finished.text.contains("kes-read --sessions"))
  }

  // MARK: Preparation

  private func directory(_ files: [String: String]) throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    for (name, text) in files { try directory.write(text, to: name) }
    return directory
  }

  private func append(_ text: String, to path: String) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.seekToEnd()
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
  }

  private func start(_ arguments: [String], reading pipe: PrivatePipe) throws -> RunningProgram {
    try RunningProgram(
      path: Program.path("kes-read"), arguments, input: .empty, environment: [:], directory: nil,
      standardInput: pipe.reading)
  }

  /// For the shell, without its line feed.
  private func quoted(_ text: String) -> String { "'" + text.dropLast() + "'" }
}
