// The name of an --output says how it is written, unless --format does.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct OutputNameTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    let made = try Program.shell(
      """
      kes-produce --full-speed --events 50 --seed 1 --start-time 0 > in.jsonl
      kes-read --format avro in.jsonl > in.avro
      kes-segment --emit all in.jsonl > sessions.jsonl
      kes-segment --emit all in.avro > sessions.avro
      """, directory: directory)
    try #require(made.status == 0 && made.errors == "", "\(made.errors)")
  }

  private static let container: [UInt8] = [0x4F, 0x62, 0x6A, 1]

  /// What the beginning of `name` shows.
  private func form(_ name: String) throws -> String {
    let bytes = try directory.read(name)
    if bytes.prefix(4) == Data(Self.container) { return "avro" }
    if bytes.first == UInt8(ascii: "{") { return "json" }
    return bytes.starts(with: Data("device,".utf8)) ? "csv" : "text"
  }

  @Test(
    arguments: [
      "kes-produce --full-speed --events 5", "kes-produce --replay --speed max in.jsonl",
      "kes-produce --replay --speed max in.avro", "kes-segment in.jsonl", "kes-segment in.avro",
      "kes-purge sessions.jsonl", "kes-purge sessions.avro", "kes-read in.jsonl",
      "kes-read in.avro",
    ])
  func saysTheFormat(command: String) throws {
    try FileManager.default.createDirectory(
      atPath: directory.path("dir.avro"), withIntermediateDirectories: false)
    let outputs: [(options: String, form: String?)] = [
      ("out.avro", "avro"), ("b.AVRO", "avro"), ("out.jsonl", "json"), ("out.json", "json"),
      ("c.avro --format json", "json"), ("c.json --format avro", "avro"), ("dir.avro/out", nil),
    ]
    let plain = try Program.shell("\(command) --output plain", directory: directory)
    #expect(plain.status == 0)
    for output in outputs {
      let finished = try Program.shell(
        "\(command) --output \(output.options)", directory: directory)
      #expect(finished.status == 0, "\(finished.errors)")
      let name = String(output.options.prefix { $0 != " " })
      #expect(try form(name) == output.form ?? form("plain"), "\(output.options)")
    }
  }

  @Test func columnsAreWhereTheToolHasThem() throws {
    for options in ["in.jsonl", "--sessions sessions.jsonl"] {
      let finished = try Program.shell("kes-read \(options) --output out.csv", directory: directory)
      #expect(try finished.status == 0 && form("out.csv") == "csv")
    }
    let rows = try Program.shell(
      "kes-read --sessions sessions.jsonl --output out.json", directory: directory)
    #expect(try rows.status == 0 && directory.text("out.json").contains(#""duration":"#))
  }

  /// What is said is true: by kes-read it becomes what the name says.
  @Test(arguments: [
    "kes-produce --full-speed --events 5", "kes-produce --replay --speed max in.jsonl",
    "kes-segment in.jsonl", "kes-segment in.avro",
    "kes-purge sessions.jsonl",
  ])
  func columnsAreRefusedWhereTheToolHasNone(command: String) throws {
    for name in ["a.csv", "my table.CSV"] {
      let refused = try Program.shell("\(command) --output '\(name)'", directory: directory)
      #expect(refused.status == 64)
      #expect(
        refused.errors.contains(
          "\(name) would be CSV by its name, which only kes-read writes: pipe"))
      let advice = try #require(refused.errors.firstMatch(of: /pipe into (kes-read .*), or say/)?.1)
      #expect(!FileManager.default.fileExists(atPath: directory.path(name)))
      let piped = try Program.shell("\(command) | \(advice)", directory: directory)
      #expect(try piped.status == 0 && form(name) == "csv", "\(piped.errors)")
    }
    let asked = try Program.shell(
      "\(command) --output b.csv --format json", directory: directory)
    #expect(try asked.status == 0 && form("b.csv") == "json", "\(asked.errors)")
  }

  @Test func whatIsNoRecordIsNoAvro() throws {
    for view in ["--sessions", "--stats-only"] {
      let finished = try Program.shell(
        "kes-read \(view) sessions.jsonl --output out.avro", directory: directory)
      #expect(finished.status == 64)
      #expect(finished.errors.contains("out.avro would be Avro by its name"))
      #expect(!FileManager.default.fileExists(atPath: directory.path("out.avro")))
    }
    // A drawing has one form.
    let drawn = try Program.shell(
      "kes-read --timeline sessions.jsonl --output chart.avro", directory: directory)
    #expect(try drawn.status == 0 && directory.text("chart.avro").contains("UTC"))
  }

  @Test func anOutputThatIsWrittenOnStaysWhatItIs() throws {
    let first = try Program.shell(
      "kes-segment --state s in.jsonl --format json --output out.avro", directory: directory)
    #expect(first.status == 0)
    let again = try Program.shell(
      "kes-segment --state s in.jsonl --output out.avro", directory: directory)
    #expect(again.status == 64 && again.errors.contains("say --format json"))
  }
}
