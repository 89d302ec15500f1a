// Inputs with a byte order mark, and inputs of another kind than what is read.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ForeignInputTests {
  private static let mark = "\u{FEFF}"
  private static let tools = [
    "kes-segment", "kes-read", "kes-purge", "kes-produce --replay --speed max",
  ]

  private let directory: TemporaryDirectory
  private let events = EventLines.random(count: 60, devices: 4, seed: 61)

  init() throws { directory = try TemporaryDirectory() }

  private func run(_ command: String, _ arguments: [String], _ input: ProgramInput = .empty) throws
    -> Finished
  {
    let words = command.split(separator: " ").map(String.init)
    return try Program.run(
      words[0], words.dropFirst() + arguments, input: input, directory: directory)
  }

  // MARK: The byte order mark

  @Test(arguments: tools, [[], ["--input-format", "json"]])
  func aMarkIsPassedOverAtTheStartOfEachInput(tool: String, options: [String]) throws {
    try directory.write(events, to: "plain")
    try directory.write(Self.mark + events, to: "marked")
    let plain = try run(tool, options + ["plain", "plain"])
    let marked = try run(tool, options + ["marked", "marked"])
    #expect(plain.status == 0 && !plain.output.isEmpty)
    #expect(marked.status == 0, "\(marked.errors)")
    #expect(marked.output == plain.output)
    let piped = try run(tool, options, .text(Self.mark + events))
    #expect(piped.output == (try run(tool, options, .text(events))).output)
  }

  @Test func theDryRunPassesOverAMark() throws {
    let plain = try run("kes-segment --dry-run 3", [], .text(events))
    let marked = try run("kes-segment --dry-run 3", [], .text(Self.mark + events))
    #expect(marked.status == 0 && marked.output == plain.output)
  }

  @Test(arguments: 1...4) func aMarkMayComeInPieces(cut: Int) throws {
    let bytes = Data((Self.mark + EventLines.woke("a", 1)).utf8)
    try directory.write(bytes[..<cut], to: "first")
    try directory.write(bytes[cut...], to: "rest")
    let finished = try Program.shell(
      "(cat first; sleep 0.05; cat rest) | kes-segment", directory: directory)
    #expect(finished.status == 0 && finished.lines.count == 1, "\(finished.errors)")
  }

  @Test(arguments: ["", "x"]) func aMarkAloneIsAnEmptyInput(rest: String) throws {
    let finished = try run("kes-segment", [], .text(Self.mark + rest))
    #expect(finished.status == (rest.isEmpty ? 0 : 65))
    if !rest.isEmpty {
      #expect(finished.errors == "kes-segment: stdin:1: expected a JSON object, found x\n")
    }
  }

  @Test(arguments: ["kes-segment", "kes-read", "kes-purge"])
  func aMarkElsewhereIsBadDataByName(tool: String) throws {
    let named = "expected a JSON object, found a byte order mark, which only the start of an input"
    try directory.write(EventLines.woke("a", 1) + Self.mark + EventLines.woke("a", 2), to: "second")
    try directory.write(Self.mark + Self.mark + EventLines.woke("a", 1), to: "twice")
    #expect(try run(tool, ["second"]).errors.contains("second:2: \(named)"))
    #expect(try run(tool, ["twice"]).errors.contains("twice:1: \(named)"))
    #expect(try run(tool, ["twice"]).status == 65)
  }

  /// Places are those of the file, mark and all: each prefix grows to the whole.
  @Test func aStateStandsBehindTheMark() throws {
    let bytes = Data((Self.mark + events).utf8)
    let command = ["in", "--emit", "all", "--state", "state", "--output", "out"]
    for length in [0, 1, 3, 40, bytes.count / 2, bytes.count] {
      // A part of a mark is not one: nothing can be made of it yet.
      if length == 1 { continue }
      try directory.write(bytes.prefix(length), to: "in")
      let finished = try run("kes-segment", command + ["--on-error", "fail"])
      #expect(finished.status == 0 || finished.status == 65, "\(finished.errors)")
    }
    #expect(try directory.read("out") == run("kes-segment --emit all", [], .text(events)).output)
  }

  @Test func aFileThatIsFollowedMayBeginAgainWithAMark() throws {
    try directory.write(Self.mark + EventLines.woke("a", 1), to: "in")
    let reader = try RunningProgram("kes-read", ["--follow", "in"], directory: directory)
    #expect(reader.waits { reader.outputSoFar.contains("[a]") })
    try directory.write(Self.mark + EventLines.woke("b", 2), to: "new")
    #expect(unsafe rename(directory.path("new"), directory.path("in")) == 0)
    #expect(reader.waits { reader.outputSoFar.contains("[b]") })
    reader.send(SIGTERM)
    #expect(try reader.finish().errors.isEmpty)
  }

  @Test func filesOfSchemasMayHaveAMark() throws {
    let text = """
      {"type":"record","name":"Event","fields":[{"name":"device","type":"string"},\
      {"name":"timestamp","type":"long"},{"name":"event","type":[\
      {"type":"record","name":"DeviceWokeUp","fields":[]},\
      {"type":"record","name":"AllDataSent","fields":[]}]}]}
      """
    try directory.write(Self.mark + text, to: "event.avsc")
    try FileManager.default.createDirectory(
      atPath: directory.path("schemas"), withIntermediateDirectories: true)
    try directory.write(Self.mark + text, to: "schemas/1.avsc")
    try directory.write(Self.mark + #"{"events-value":[1]}"#, to: "schemas/subjects.json")
    try directory.write(EventLines.woke("a", 1), to: "in")
    let finished = try Program.shell(
      "kes-produce --replay --speed max in --format avro --schema event.avsc"
        + " --output-framing confluent --registry file:schemas --subject events-value"
        + " | kes-read --framing confluent --registry file:schemas", directory: directory)
    #expect(finished.text == "[a] DeviceWokeUp()\n", "\(finished.errors)")
  }

  @Test func aFileOfPropertiesMayHaveAMark() throws {
    try directory.write(Self.mark + "bootstrap.servers=127.0.0.1:1\n", to: "kes.conf")
    let finished = try run(
      "kes-read", ["-F", "kes.conf", "--from", "t", "--connect-timeout", "10ms", "-e"])
    #expect(finished.status == 69, "\(finished.errors)")
  }

  // MARK: Inputs of another kind

  private static let made: [(make: String, named: String, command: String)] = [
    ("gzip < in > out", "gzip data", "zcat out"), ("bzip2 < in > out", "bzip2 data", "bzcat out"),
    ("xz < in > out", "xz data", "xzcat out"),
    ("zstd -q < in > out", "zstandard data", "zstdcat out"),
    ("iconv -f UTF-8 -t UTF-16 in > out", "text in UTF-16", "iconv -f UTF-16 -t UTF-8 out"),
    ("iconv -f UTF-8 -t UTF-16LE in > out", "text in UTF-16", "iconv -f UTF-16LE -t UTF-8 out"),
    ("iconv -f UTF-8 -t UTF-16BE in > out", "text in UTF-16", "iconv -f UTF-16BE -t UTF-8 out"),
    ("iconv -f UTF-8 -t UTF-32 in > out", "text in UTF-32", "iconv -f UTF-32 -t UTF-8 out"),
    ("jq -s . in > out", "a JSON array", "jq -c '.[]' out"),
    ("jq -s -c . in > out", "a JSON array", "jq -c '.[]' out"),
    ("jq . in > out", "one over several lines", "jq -c . out"),
    ("{ head -c 5000 /dev/zero; cat in; } > out", "NUL bytes", #"tr -d '\0' < out"#),
  ]

  /// What is said is true: the command that it names gives what was meant.
  @Test(arguments: made, tools)
  func inputsOfAnotherKindAreNamedWithTheCommandThatHelps(
    kind: (make: String, named: String, command: String), tool: String
  ) throws {
    try directory.write(events, to: "in")
    let made = try Program.shell("\(kind.make)", directory: directory)
    // Not every machine has every packer.
    if made.status == 127 { return }
    let name = tool.split(separator: " ")[0]
    let failed = try run(tool, ["out"])
    #expect(failed.status == 65)
    #expect(
      failed.errors.hasPrefix("\(name): out:1: expected a JSON object a line, found \(kind.named)")
        && failed.errors.hasSuffix("; try \(kind.command) | \(name)\n"), "\(failed.errors)")
    let plain = try run(tool, ["in"])
    let helped = try Program.shell("\(kind.command) | \(tool)", directory: directory)
    #expect(helped.output == plain.output)
  }

  private static let expanded: [(pack: String, packed: String, advice: String)] = [
    ("gzip -k in.jsonl", "in.jsonl.gz", "gunzip -k in.jsonl.gz, and name in.jsonl"),
    ("bzip2 -k in.jsonl", "in.jsonl.bz2", "bunzip2 -k in.jsonl.bz2, and name in.jsonl"),
    ("xz -k in.jsonl", "in.jsonl.xz", "unxz -k in.jsonl.xz, and name in.jsonl"),
    ("zstd -qk in.jsonl", "in.jsonl.zst", "zstd -dk in.jsonl.zst, and name in.jsonl"),
    ("gzip < in.jsonl > out", "out", "zcat out > FILE, and name that FILE"),
    ("jq -s . in.jsonl > out", "out", "jq -c '.[]' out > FILE, and name that FILE"),
    (
      "{ head -c 9 /dev/zero; cat in.jsonl; } > out", "out",
      #"tr -d '\0' < out > FILE, and name that FILE"#
    ),
  ]

  /// A pipe has no position that a state could know: what is advised keeps its promise of exactly once.
  @Test(arguments: expanded) func withAStateAFileIsToBeNamed(
    kind: (pack: String, packed: String, advice: String)
  ) throws {
    try directory.write(events, to: "in.jsonl")
    let made = try Program.shell("\(kind.pack)", directory: directory)
    if made.status == 127 { return }
    let options = ["--state", "state", "--output", "sessions"]
    let failed = try run("kes-segment", [kind.packed] + options)
    #expect(failed.status == 65)
    #expect(failed.errors.hasSuffix("; try \(kind.advice)\n"), "\(failed.errors)")
    if !kind.advice.contains("FILE") {
      try FileManager.default.removeItem(atPath: directory.path("in.jsonl"))
    }
    let words = kind.advice.components(separatedBy: ", and name ")
    let helped = try Program.shell(
      "FILE=new; \(words[0].replacing("FILE", with: "$FILE"))", directory: directory)
    #expect(helped.status == 0, "\(helped.errors)")
    let name = words[1] == "that FILE" ? "new" : words[1]
    let ended = try run("kes-segment", [name] + options)
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(try directory.text("sessions") == run("kes-segment", [], .text(events)).text)
  }

  @Test func aPipeStaysAPipeAlsoWithAState() throws {
    try directory.write(events, to: "in")
    let failed = try Program.shell("gzip < in | kes-segment --state state", directory: directory)
    #expect(
      failed.errors.hasSuffix("found gzip data; try zcat | kes-segment\n"), "\(failed.errors)")
  }

  @Test func onlyTheFirstRecordIsNamed() throws {
    try directory.write(EventLines.woke("a", 1) + "[1]\n", to: "in")
    let finished = try run("kes-segment", ["in"])
    #expect(finished.errors == "kes-segment: in:2: expected a JSON object, found [1]\n")
  }

  @Test(arguments: ["{\n", "{\"device\":\"a\"", "device a woke up\n", "{\"device\":\n{}\n"])
  func aRecordThatIsCutShortIsNotCalledAnotherKind(text: String) throws {
    let finished = try run("kes-segment", [], .text(text))
    #expect(finished.status == 65)
    #expect(finished.errors.contains("over several lines") == (text == "{\n"), "\(finished.errors)")
  }

  @Test func aForcedFormatThatDoesNotFitIsNamed() throws {
    try directory.write(events, to: "in")
    _ = try run("kes-segment", ["in", "--format", "avro", "--output", "avro"])
    _ = try Program.shell("gzip < avro > avro.gz", directory: directory)
    for tool in ["kes-segment", "kes-read", "kes-purge"] {
      let json = try run(tool, ["--input-format", "json", "avro"])
      #expect(json.status == 65)
      #expect(
        json.errors.hasSuffix("found an Avro container file; leave out --input-format json\n"),
        "\(json.errors)")
      let avro = try run(tool, ["--input-format", "avro", "in"])
      #expect(avro.status == 65)
      #expect(
        avro.errors.hasSuffix(
          "expected an Avro container file, found JSON; leave out --input-format avro\n"),
        "\(avro.errors)")
      for options in [[], ["--input-format", "avro"]] {
        let packed = try run(tool, options + ["avro.gz"])
        #expect(packed.status == 65)
        #expect(
          packed.errors.hasSuffix("found gzip data; try zcat avro.gz | \(tool)\n"),
          "\(packed.errors)")
      }
    }
  }
}
