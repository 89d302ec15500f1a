// What is said of options that a tool does not have, that are given twice, or that do nothing.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct CommandLineTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write(EventLines.woke("a", 1) + EventLines.sent("a", 2), to: "in.jsonl")
  }

  @Test func aValueMayFollowItsLetterAtOnce() throws {
    #expect(try runTool("kes-read -c1 in.jsonl").lines.count == 1)
    #expect(try runTool("kes-produce --full-speed -c5").lines.count == 5)
  }

  @Test func theValuesOfAnOptionAreListedInOneLine() throws {
    let finished = try runTool("kes-read --status time in.jsonl")
    #expect(finished.status == 64)
    #expect(finished.errors.contains(": completed, timeout, superseded, "), "\(finished.errors)")
  }

  // MARK: Options of other tools

  /// Each stands among what is wrong otherwise, or would be told of before.
  @Test(
    arguments: [
      ("kes-read -b x:1 -t events", "-t", "--from TOPIC reads a topic"),
      ("kes-read -tevents --watch", "-t", "--from TOPIC"),
      ("kes-produce -t events --speed 2x", "-t", "--to TOPIC writes to a topic"),
      ("kes-read -C --since yesterday", "-C", "--from TOPIC"),
      ("kes-produce -P --loss 7", "-P", "--to TOPIC"),
      ("kes-read -n 5 --timeline --sessions", "-n", "-c N stops"),
      ("kes-read -50 --timeline --sessions", "-50", "-c 50 stops"),
      ("kes-produce -n 5 --replay --seed 1", "-n", "--events N"),
      ("kes-segment --gap 5m --late maybe", "--gap", "--timeout D"),
      ("kes-read --gap=5m", "--gap", "kes-segment makes sessions: its --timeout D"),
      ("kes-read --timeout 5m", "--timeout", "kes-segment makes sessions"),
      ("kes-purge --limit 3 --timeout soon", "--limit", "-c N stops"),
      ("kes-segment --out x --reorder", "--out", "--output PATH"),
      ("kes-read --topic events --follow", "--topic", "--from TOPIC"),
      ("kes-segment --topic=events -e", "--topic", "--from TOPIC"),
      ("kes-read --tsv --top 0", "--tsv", "--format csv"),
      ("kes-segment --tsv --format csv", "--tsv", "kes-read --format csv"),
      ("kes-read --bootstrap-server x:1 --from a --to a", "--bootstrap-server", "-b HOST:PORT"),
      ("kes-read --from-beginning -o -", "--from-beginning", "-o beginning"),
      ("kes-read --sort-by start -c 0", "--sort-by", "--sort start"),
      ("kes-produce --device a --for 0s", "--device", "--devices N"),
      ("kes-segment --follow x --count 0", "--follow", "kes-read --follow"),
      ("kes-read in.jsonl -r", "-r", "--registry URL"),
      ("kes-segment -f %s -qo", "-f", "--format"),
      ("kes-read --icsv in.jsonl", "--icsv", "--input-format"),
      ("kes-read -qs in.jsonl", "-s", "--format json"),
      ("kes-read --ifs , in.jsonl", "--ifs", "no separators"),
      ("kes-segment --xtab in.jsonl", "--xtab", "--format text"),
      ("kes-read --emit all in.jsonl", "--emit", "kes-segment has it"),
      ("kes-segment --svg x in.jsonl", "--svg", "kes-read has it"),
    ])
  func guessesGetTheOptionThatIsMeant(command: String, option: String, advice: String) throws {
    let tool = command.prefix { $0 != " " }
    let finished = try runTool(command)
    #expect(finished.status == 64)
    #expect(
      finished.errors.hasPrefix("\(tool): Unknown option '\(option)': "), "\(finished.errors)")
    #expect(finished.errors.contains(advice), "\(finished.errors)")
    #expect(finished.errors.hasSuffix("; see \(tool) --help\n"))
    #expect(finished.errors.split(separator: "\n").count == 1)
  }

  @Test(
    arguments: [
      ("kes-segment --timout 5 --late maybe", "Did you mean '--timeout'? See"),
      ("kes-read --nonsense --top 0", "Unknown option '--nonsense'; see"),
      ("kes-segment -timeout 5s --late maybe", "two dashes, as --timeout; see"),
      ("kes-read -since -1h --top 0", "two dashes, as --since; see"),
    ])
  func othersAreToldOfFirstAsWell(command: String, message: String) throws {
    let finished = try runTool(command)
    #expect(finished.status == 64 && finished.errors.contains(message), "\(finished.errors)")
  }

  @Test(arguments: ["kes-read --device -t in.jsonl", "kes-read --session --limit in.jsonl"])
  func aValueIsNoOption(command: String) throws {
    #expect(try runTool(command).status == 0)
  }

  @Test func helpIsShownWhateverElseIsThere() throws {
    let finished = try runTool("kes-read -t x --help")
    #expect(finished.status == 0 && finished.text.contains("--sessions"))
  }

  private static let guesses = """
    -t -C -P -L -p -K -D -H -k -n -r -s -f -i -j -J -M -S -V --topic --from-beginning --latest \
    --timeout-ms --group-id --replication-factor --create --bootstrap-server --property --config \
    --schema-registry --compress --threads --csv --tsv --icsv --json --ojson --ijson --avro --text \
    --slurp --input --out --limit --rps --duration --random-seed --fast --gap --timeout --grace \
    --lateness --dedup --close-all --exactly-once --state-dir --delete --begin --end --filter --device \
    --exclude --sort-by --tail --summary --dashboard --plot --dlq --skip-errors --silent --debug \
    --no-color --colour
    """

  /// What is advised can be followed: each guess is made with one of the tools, in turn.
  @Test func adviceNamesOptionsThatThereAre() throws {
    let tools = ["kes-produce", "kes-segment", "kes-read", "kes-purge"]
    var names: [String: Set<String>] = [:]
    for tool in tools {
      names[tool] = Set(
        HelpText(try Program.run(tool, ["--help"]).text).options.flatMap(\.names))
    }
    for (number, guess) in Self.guesses.split(separator: " ").map(String.init).enumerated() {
      let tool = tools[number % tools.count]
      if names[tool]?.contains(guess) == true { continue }
      let errors = try runTool("\(tool) \(guess)").errors
      let said = try #require(
        errors.firstMatch(of: /Unknown option '[^']*': (.*); see kes/)?.1, "\(errors)")
      let advice = said.replacingOccurrences(of: "kcat -L", with: "")
      let others = [tool] + advice.matches(of: /kes-[a-z]+/).map { String($0.0) }
      for option in advice.matches(of: /(?:^|[ (])(--?[A-Za-z][a-z-]*)/).map({ String($0.1) }) {
        #expect(
          others.contains { names[$0]?.contains(option) == true }, "\(tool) \(guess): \(advice)")
      }
    }
  }

  // MARK: Options that are given twice

  @Test(
    arguments: [
      ("kes-segment --timeout 4s --timeout=5s in.jsonl", "--timeout"),
      ("kes-segment --timeout 4s --timeout 4s in.jsonl", "--timeout"),
      ("kes-read -c 1 in.jsonl --count 2", "--count"), ("kes-read -c 1 -qc 2 in.jsonl", "--count"),
      ("kes-read --format json --format csv in.jsonl", "--format"),
      ("kes-read --stats --stats=3 in.jsonl", "--stats"),
      ("kes-read --since -1h --since -2h in.jsonl", "--since"),
      ("kes-produce --full-speed --events 3 --seed 1 --seed 2", "--seed"),
      ("kes-purge --timeout 1s --timeout 2s in.jsonl", "--timeout"),
      ("kes-read -bx:1 --from t --brokers y:1", "--brokers"),
    ])
  func whatDoesNotAddUpIsRefused(command: String, option: String) throws {
    let finished = try runTool(command)
    let tool = command.prefix { $0 != " " }
    #expect(finished.status == 64 && finished.text == "")
    #expect(
      finished.errors == "\(tool): \(option) is given twice: leave one out; see \(tool) --help\n")
  }

  /// A letter and its long name are one option.
  @Test func lettersAndNamesAreOneOption() throws {
    let help = try Program.run("kes-read", ["--help"]).text
    let both = help.matches(of: /\n  (-[a-zA-Z]), (--[a-z-]+) </).map { ($0.1, $0.2) }
    #expect(both.count == 5)
    for (letter, name) in both {
      let value = name == "--compression" ? "none" : "1"
      let finished = try runTool(
        "kes-read --from t --to u -X bootstrap.servers=x:1 \(letter) \(value) \(name) \(value)")
      #expect(finished.errors.contains("\(name) is given twice"), "\(finished.errors)")
    }
  }

  @Test(
    arguments: [
      "kes-read -q -q in.jsonl", "kes-read --device a --device b in.jsonl",
      "kes-read --session s --session t in.jsonl",
      "kes-read --not-device b --not-device c in.jsonl",
      "kes-read --status limit --status timeout in.jsonl",
      "kes-read --format json -- in.jsonl", "kes-segment --timeout none --lateness 1s in.jsonl",
    ])
  func whatAddsUpOrIsAnothersValueIsNot(command: String) throws {
    let finished = try runTool(command)
    #expect(finished.status == 0 && finished.errors == "", "\(finished.errors)")
  }

  @Test func devicesOfAPurgeAddUp() throws {
    try directory.write(
      EventLines.woke("a", 1) + EventLines.woke("b", 2) + EventLines.woke("c", 3), to: "three")
    #expect(try runTool("kes-segment --state state three").status == 0)
    let purged = try runTool("kes-purge --state state --device a --device c")
    #expect(purged.status == 0 && purged.lines.count == 2)
    #expect(purged.errors == "kes-purge: 2 sessions purged, 1 stays\n")
    #expect(try runTool("kes-read --state state --format csv").lines.last?.hasPrefix("b,") == true)
  }

  // MARK: Options that do nothing

  private static let schema = """
    {"type":"record","name":"Event","fields":[{"name":"device","type":"string"},\
    {"name":"timestamp","type":{"type":"long","logicalType":"timestamp-millis"}},\
    {"name":"event","type":[{"type":"record","name":"DeviceWokeUp","fields":[]},\
    {"type":"record","name":"DataReceived","fields":[{"name":"name","type":"string"},\
    {"name":"value","type":"double"}]},{"type":"record","name":"AllDataSent","fields":[]}]}]}
    """

  @Test(
    arguments: [
      ("kes-produce --events 1 --codec null", "--codec"),
      ("kes-produce --events 1 --block-size 1MiB", "--block-size"),
      ("kes-produce --events 1 --block-size 1MiB --output x.jsonl", "--block-size"),
      ("kes-segment in.jsonl --codec null", "--codec"),
      ("kes-segment in.jsonl --block-size 1MiB", "--block-size"),
      ("kes-segment in.jsonl --format json --block-size 1MiB", "--block-size"),
      ("kes-segment in.jsonl --format text --codec null", "--codec"),
      ("kes-segment --input-format json in.jsonl --codec null", "--codec"),
      ("kes-segment in.jsonl --codec null --output x.json", "--codec"),
      ("kes-segment in.jsonl --schema schema", "--schema"),
      ("kes-segment --input-format json in.jsonl --schema schema", "--schema"),
      ("kes-read in.jsonl --codec null", "--codec"),
      ("kes-read in.jsonl --block-size 1MiB", "--block-size"),
      ("kes-read in.jsonl --schema schema", "--schema"),
      ("kes-read in.jsonl --sessions --schema schema", "--schema"),
      ("kes-read empty in.jsonl in.jsonl --schema schema", "--schema"),
      ("kes-segment in.jsonl in.jsonl --schema schema", "--schema"),
      (
        "kes-read in.jsonl in.jsonl --framing confluent --registry file:. --schema schema",
        "--schema"
      ),
      ("kes-produce --replay --speed max in.jsonl in.jsonl --schema schema", "--schema"),
      ("kes-purge in.jsonl --codec null", "--codec"),
      ("kes-purge --state state --block-size 1MiB", "--block-size"),
      ("kes-produce --replay in.jsonl --speed max --codec null", "--codec"),
      ("kes-produce -b x:1 --to t --block-size 1MiB --events 1", "--block-size"),
    ])
  func isRefused(command: String, option: String) throws {
    try directory.write(Self.schema, to: "schema")
    try directory.write("", to: "empty")
    let finished = try runTool(command)
    #expect(finished.status == 64 && finished.text == "", "\(finished.errors)")
    let remedy = finished.errors.contains(/say --format avro|leave it out|is for container files/)
    #expect(finished.errors.contains(": \(option) is for ") && remedy, "\(finished.errors)")
    #expect(!FileManager.default.fileExists(atPath: directory.path("x.json")))
  }

  @Test(
    arguments: [
      "kes-produce --full-speed --events 1 --format avro --codec null --block-size 1KiB",
      "kes-segment in.jsonl --format avro --schema schema --block-size 1KiB",
      "kes-segment in.avro --codec deflate --block-size 1KiB --schema schema",
      "kes-segment in.jsonl --output out.avro --codec null", "kes-read in.avro --schema schema",
      "kes-read in.jsonl in.avro --schema schema", "kes-read empty --schema schema",
      "kes-segment empty --codec null", "kes-read in.jsonl - --schema schema",
      "kes-segment in.avro in.jsonl --codec null --block-size 1KiB",
    ])
  func hasItsEffectWhereThereIsAvro(command: String) throws {
    try directory.write(Self.schema, to: "schema")
    try directory.write("", to: "empty")
    #expect(try runTool("kes-read in.jsonl --output in.avro").status == 0)
    let finished = try runTool(command)
    #expect(finished.status == 0 && finished.errors == "", "\(finished.errors)")
  }

  @Test func whatIsNeitherIsBadDataAsBefore() throws {
    try directory.write(Data([0x1F, 0x8B, 8, 0]), to: "in.gz")
    let finished = try runTool("kes-segment in.gz --codec null")
    #expect(finished.status == 65 && finished.errors.contains("found gzip data"))
  }
}
