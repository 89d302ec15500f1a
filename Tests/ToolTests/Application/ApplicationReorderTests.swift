// What a process holds for --reorder when it is killed: another one applies it as it came.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ApplicationReorderTests {
  private static let rules = ["--reorder", "--lateness", "1h"]

  /// Has a process hold `records`, and kills it when all that it holds is committed.
  private func hold(
    _ records: [(value: Data, headers: [(name: String, value: String)])],
    in topics: ApplicationTopics, _ options: [String] = []
  ) throws {
    let process = try topics.start(Self.rules + options, state: "first")
    #expect(process.waitsForTasks(1))
    try topics.send(records)
    #expect(process.waitsForFigures { $0["held"] == records.count })
    #expect(try topics.waitUntilRead(by: [process]))
    #expect(try process.end(SIGKILL).signal == SIGKILL)
    #expect(try topics.read(topics.output)[0].isEmpty)
  }

  /// The number in the member `n` of a line.
  private func number(of line: String) -> String? {
    guard let place = line.range(of: #","n":"#)?.upperBound else { return nil }
    return String(line[place...].prefix { $0.isNumber })
  }

  @Test(arguments: ["exactly-once", "at-least-once"])
  func headersAreThereAfterATakeoverFromTheChangelogAlone(_ guarantee: String) throws {
    let topics = try ApplicationTopics(partitions: 1)
    let options = ["--guarantee", guarantee]
    let lines = EventLines.numbered(count: 300, devices: 20, seed: 51)
    try hold(
      lines.enumerated().map { index, line in
        // Every third has none.
        let headers = [("n", String(index)), ("trace", "of \(index)")]
        return (Data(line.utf8), index.isMultiple(of: 3) ? [] : headers)
      }, in: topics, options)
    let ended = try topics.finish(Self.rules + options, state: "second")
    #expect(ended.status == 0, "\(ended.messages)")
    let found = try topics.read(topics.output)[0]
    #expect(try topics.sessions() == topics.expectedSessions(Self.rules))
    var numbers: Set<Int> = []
    for message in found {
      guard let text = message.text, let number = number(of: text), let index = Int(number) else {
        #expect(message.headers.isEmpty, "\(message.text ?? "")")
        continue
      }
      numbers.insert(index)
      #expect(
        message.headers
          == (index.isMultiple(of: 3) ? [:] : ["n": number, "trace": "of \(index)"]))
    }
    #expect(numbers == Set(0..<300))
  }

  // MARK: Avro

  /// A message of the schema with the id 1, `Event`, or 2, the same with a site.
  private func message(_ identifier: Int32, _ device: String, _ time: Int64) -> Data {
    let payload = RawContainer.woke(device, time) + (identifier == 2 ? siteSuffix : Data())
    return Data([0]) + MessageFile.word(identifier) + payload
  }

  private func writeRegistry(_ directory: TemporaryDirectory) throws {
    try FileManager.default.createDirectory(
      atPath: directory.path("registry"), withIntermediateDirectories: true)
    try directory.write(eventSchema, to: "registry/1.avsc")
    try directory.write(sitedEventSchema, to: "registry/2.avsc")
  }

  struct AvroCase: CustomTestStringConvertible {
    /// The ids of the messages that are held, and of the one behind them.
    var identifiers: [Int32]
    /// Of both processes, and of the second.
    var options: [String]
    var second: [String] = []
    /// The sites of all in the order of their times, which is that of the ids reversed; the last is
    /// that of the one behind them.
    var sites: [String?]

    var testDescription: String { "\(identifiers) \(options + second)" }
  }

  static let cases = [
    // As JSON each stays what it is.
    AvroCase(
      identifiers: [1, 2, 2, 1, 2], options: ["--format", "json"],
      sites: [nil, "north", "north", nil, "north"]),
    // As Avro too, in every process.
    AvroCase(
      identifiers: [1, 2, 2, 1, 2], options: [], sites: [nil, "north", "north", nil, "north"]),
    AvroCase(identifiers: [2, 1, 1, 2, 1], options: [], sites: ["north", nil, nil, "north", nil]),
    // Whoever takes over may write another schema.
    AvroCase(
      identifiers: [1, 1, 1, 1, 2], options: [], second: ["--schema", "registry/2.avsc"],
      sites: ["none", "none", "none", "none", "north"]),
    AvroCase(
      identifiers: [2, 1, 2, 2, 1], options: [], second: ["--schema", "registry/1.avsc"],
      sites: [nil, nil, nil, nil, nil]),
  ]

  @Test(arguments: cases)
  func avroIsReadByItsSchemaAfterATakeoverFromTheChangelogAlone(_ avro: AvroCase) throws {
    let topics = try ApplicationTopics(partitions: 1)
    try writeRegistry(topics.directory)
    let options = ["--registry", "file:registry"] + avro.options
    let held = avro.identifiers.dropLast().enumerated().map { index, identifier in
      (message(identifier, "d\(index)", 1000 - Int64(index)), [("n", String(index))])
    }
    try hold(held, in: topics, options)
    let last = try #require(avro.identifiers.last)
    try topics.send([(message(last, "last", 2000), [("n", "last")])])
    let ended = try topics.finish(
      Self.rules + options + ["--emit", "events"] + avro.second, state: "second")
    #expect(ended.status == 0, "\(ended.messages)")
    let order = held.indices.reversed().map(String.init) + ["last"]
    #expect(try topics.read(topics.output)[0].map(\.headers) == order.map { ["n": $0] })
    let registry = avro.options.isEmpty ? ["--registry", "file:registry"] : []
    let shown = try Program.run(
      "kes-read",
      ["-b", topics.brokers, "--from", topics.output, "-e", "--format", "json"] + registry,
      directory: topics.directory)
    #expect(shown.status == 0, "\(shown.errors)")
    #expect(
      shown.lines.map { $0.components(separatedBy: #","session""#)[0] }
        == zip(order, avro.sites).map { name, site in
          let time = name == "last" ? 2000 : 1000 - (Int(name) ?? 0)
          let device = name == "last" ? name : "d" + name
          return #"{"device":"\#(device)","timestamp":\#(time),"event":{"DeviceWokeUp":{}}"#
            + (site.map { #","site":"\#($0)""# } ?? "")
        })
  }

  @Test func avroThatNobodyCanWriteAnyMoreEndsTheRun() throws {
    let topics = try ApplicationTopics(partitions: 1)
    try writeRegistry(topics.directory)
    try topics.directory.write(
      eventSchema(with: #"{"name":"floor","type":"int"}"#), to: "floor.avsc")
    let options = ["--registry", "file:registry"]
    try hold([(message(1, "a", 1000), [])], in: topics, options)
    let refused = try topics.finish(
      Self.rules + options + ["--schema", "floor.avsc"], state: "second")
    #expect(refused.status == 65, "\(refused.messages)")
    #expect(
      refused.messages.contains("records that an earlier run held cannot be written any more:"),
      "\(refused.messages)")
    // What is held is still there.
    #expect(try topics.finish(Self.rules + options, state: "second").status == 0)
    #expect(try topics.read(topics.output)[0].count == 1)
  }
}
