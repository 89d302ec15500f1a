// SessionClosed in the schemas of others: with all that it says, or in one of ours; and with values that
// every reader takes.

import Foundation
import KESCore
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct AvroClosingTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private static func schema(closedFields: String) -> String {
    let sent = #"{"type":"record","name":"AllDataSent","fields":[]}"#
    let closed = #"{"type":"record","name":"SessionClosed","fields":[\#(closedFields)]}"#
    return eventSchema(with: #"{"name":"site","type":"string","default":"x"}"#)
      .replacingOccurrences(of: sent, with: "\(sent),\(closed)")
  }

  private func write(_ schema: String, suffix: Data) throws {
    var container = RawContainer(schema: schema)
    for (device, time) in [("a", 1), ("b", 9000)] as [(String, Int64)] {
      container.append(count: 1, RawContainer.woke(device, time) + suffix)
    }
    try directory.write(container.bytes, to: "in.avro")
    try directory.write(EventLines.woke("a", 1) + EventLines.woke("b", 9000), to: "in.jsonl")
  }

  @Test(arguments: [
    #"{"name":"why","type":"string"}"#, "", #"{"name":"status","type":"string"}"#,
    #"{"name":"status","type":{"type":"enum","name":"S","symbols":["other"],"default":"other"}},"#
      + #"{"name":"start","type":"long"},{"name":"end","type":"long"},"#
      + #"{"name":"events","type":"long"},{"name":"partial","type":"boolean"}"#,
  ])
  func aClosingOfTheWritersOwnLosesNothing(fields: String) throws {
    try write(Self.schema(closedFields: fields), suffix: RawContainer.text("roof"))
    for emission in ["all", "closed"] {
      let rules = "--emit \(emission) --flush"
      let expected = try shell("kes-segment \(rules) in.jsonl").text
      try shell("kes-segment \(rules) in.avro > out.avro")
      // The output holds the fields of `Event` alone.
      #expect(try shell("kes-read --format json out.avro").text == expected)
    }
    // Without closings the writer's fields stay, and what is written is read.
    try shell("kes-segment in.avro > events.avro")
    let events = try shell("kes-read --format json events.avro").lines
    #expect(events.count == 2 && events.allSatisfy { $0.contains(#""site":"roof""#) })
    #expect(
      try shell("kes-purge --flush events.avro | kes-read").text
        == shell("kes-segment in.jsonl | kes-purge --flush | kes-read").text)
  }

  /// A field of every logical type, in records, arrays, maps and unions, with and without defaults.
  static let fields: [(type: String, data: [UInt8], isDefault: Bool)] = {
    let uuid = #"{"type":"string","logicalType":"uuid"}"#
    let text = [72] + Array("6ba7b810-9dad-11d1-80b4-00c04fd430c8".utf8)
    let decimal = #"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#
    let inner =
      #"{"type":"record","name":"In","fields":[{"name":"u","type":\#(uuid)},{"name":"d","type":\#(decimal)}]}"#
    return [
      (uuid, text, false), (decimal, [2, 7], false),
      (
        #"{"type":"fixed","name":"FD","size":4,"logicalType":"decimal","precision":9,"scale":2}"#,
        [0, 0, 0, 7], false
      ),
      (#"{"type":"int","logicalType":"date"}"#, [2], false),
      (#"{"type":"int","logicalType":"time-millis"}"#, [2], false),
      (#"{"type":"long","logicalType":"time-micros"}"#, [2], false),
      (#"{"type":"long","logicalType":"timestamp-millis"}"#, [2], false),
      (#"{"type":"long","logicalType":"timestamp-micros"}"#, [2], false),
      (#"{"type":"long","logicalType":"local-timestamp-millis"}"#, [2], false),
      (
        #"{"type":"fixed","name":"DU","size":12,"logicalType":"duration"}"#,
        Array(repeating: 1, count: 12), false
      ),
      (inner, text + [2, 7], false), (#"{"type":"array","items":\#(uuid)}"#, [0], false),
      (#"{"type":"map","values":\#(decimal)}"#, [0], false), (#"["null",\#(uuid)]"#, [0], false),
      (#"[\#(uuid),"null"]"#, [0] + text, false), (#"["int",\#(decimal)]"#, [0, 2], false),
      (#"{"type":"enum","name":"EN","symbols":["X","Y"],"default":"Y"}"#, [0], false),
      (uuid, text, true), (decimal, [2, 7], true),
    ]
  }()

  @Test(.enabled(if: ForeignAvro.hasFastavro, "scripts/setup check installs fastavro"))
  func fastavroReadsClosingsOfEveryLogicalType() throws {
    var declared = ""
    var data = Data()
    for (number, field) in Self.fields.enumerated() {
      let fallback = field.isDefault ? #","default":"""# : ""
      declared += #",{"name":"f\#(number)","type":\#(field.type)\#(fallback)}"#
      data += Data(field.data)
    }
    try write(eventSchema(with: String(declared.dropFirst())), suffix: data)
    try shell("kes-segment --emit all --flush in.avro > out.avro")
    let content = try ForeignAvro.read([directory.path("out.avro")])[0]
    #expect(content.records.count == 4)
    let closed = try #require(content.records.last)
    #expect(closed["event"]?["SessionClosed"] != nil)
    let zeros = "00000000-0000-0000-0000-000000000000"
    #expect(closed["f0"] == .string(zeros) && closed["f17"] == .string(zeros))
    #expect(closed["f1"]?["$decimal"] == .string("0.00"))
    #expect(closed["f13"] == .null && closed["f14"] == .null && closed["f16"] == .string("Y"))
    #expect(
      try shell("kes-read out.avro").text
        == shell("kes-segment --emit all --flush in.jsonl | kes-read").text)
  }
}
