// One session a record, by whatever name: what kes-segment writes, kes-read and kes-purge read.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct SessionFieldTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write(EventLines.random(count: 300, devices: 8, seed: 91), to: "in")
  }

  private static let advice =
    #" "session" already, as session events do, which kes-read and kes-purge take; here "#
    + "--session-field NAME calls ours otherwise, --replace-session takes it out"

  // MARK: Refused

  @Test func sessionEventsOnATopicAreCalledThat() throws {
    let kafka = try TopicsUnderTest()
    let topic = try kafka.topic()
    let line = EventLines.woke("a", 1).dropLast(2) + ",\"session\":\"s\"}"
    try kafka.send([TopicMessage(String(line))], to: topic, partition: 0)
    let failed = try kafka.run("kes-segment", ["--from", topic, "-e"])
    #expect(failed.status == 65)
    #expect(
      failed.errors
        == "kes-segment: topic \(topic), partition 0, offset 0: the record has\(Self.advice)\n")
  }

  @Test func anEventWithASessionIsBadDataWithAdvice() throws {
    let line = #"{"session":null,"device":"a","timestamp":1,"event":{"DeviceWokeUp":{}}}"# + "\n"
    try directory.write(EventLines.woke("b", 1) + line, to: "has")
    let failed = try run("kes-segment has")
    #expect(failed.status == 65 && failed.lines.count == 1)
    #expect(failed.errors == "kes-segment: has:2: the record has\(Self.advice)\n")
    let kept = try run("kes-segment has --dead-letter dead && cut -f 3- dead")
    #expect(kept.status == 0 && kept.text.hasSuffix(line))
    #expect(try run("kes-segment has --dry-run 5").errors.contains(Self.advice))
  }

  @Test(arguments: ["json", "avro"]) func anOwnOutputIsRefusedWithAdviceAndSegmentedAnew(
    format: String
  ) throws {
    #expect(try run("kes-segment in --timeout 1s --format \(format) > sessions").status == 0)
    let failed = try run("kes-segment sessions")
    #expect(failed.status == 65 && failed.errors.contains(Self.advice), "\(failed.errors)")
    for output in ["json", "avro"] {
      let rules = "--timeout 9s --emit all --flush --format \(output)"
      let again = try run(
        "kes-segment --replace-session sessions \(rules) | kes-read")
      let direct = try run("kes-segment in \(rules) | kes-read")
      #expect(again.status == 0, "\(again.errors)")
      #expect(again.output == direct.output && !direct.output.isEmpty)
    }
  }

  @Test(arguments: ["json", "avro"]) func oldClosingsCountAsFiltered(format: String) throws {
    let first = try run(
      "kes-segment in --timeout 1s --emit all --flush --format \(format) | tee sessions"
        + " | kes-read --format json")
    let closed = first.lines.count { $0.contains("SessionClosed") }
    let again = try run(
      "kes-segment --replace-session sessions --timeout 9s --format json --stats")
    #expect(again.status == 0, "\(again.errors)")
    #expect(again.lines.count == 300 && closed > 0)
    #expect(again.errors.contains(#""rejected":0,"filtered":\#(closed),"#), "\(again.errors)")
    #expect(again.lines.allSatisfy { $0.split(separator: "\"session\"").count == 2 })
  }

  // MARK: By another name

  @Test(
    arguments: ["events", "all", "closed"],
    [
      "--format json", "--format avro", "--format json --duplicates mark",
      "--format avro --duplicates mark",
    ])
  func whatIsWrittenByAnyNameIsRead(emission: String, options: String) throws {
    let rules = "--flush --emit \(emission) \(options)"
    for name in ["sid", "session"] {
      let field = "--session-field \(name)"
      // The events have a session of their own where ours is called otherwise.
      let own = name == "sid" ? #"s/}$/,"session":{"id":7}}/"# : ""
      let events = "sed '\(own)' in | kes-segment \(field) \(rules)"
      let direct = try run("kes-segment in \(rules) | kes-read --sessions --format json")
      for reader in [
        "kes-read", "kes-purge --flush | kes-read", "kes-produce --replay --speed max | kes-read",
      ] {
        let command = reader.replacingOccurrences(of: "kes-purge", with: "kes-purge \(field)")
          .replacingOccurrences(of: "--replay", with: "--replay \(field)")
        let read = try run("\(events) | \(command) \(field) --sessions --format json")
        #expect(read.status == 0, "\(read.errors)")
        // A SessionClosed that was purged says more than events alone.
        if emission != "events" || !reader.hasPrefix("kes-purge") {
          #expect(read.output == direct.output, "\(command)")
        }
      }
    }
  }

  @Test func aNameThatAvroDoesNotHaveIsForJSON() throws {
    let lines = try run("kes-segment in --session-field kes.session -c 1")
    #expect(lines.status == 0 && lines.text.contains(#","kes.session":""#))
    #expect(
      try run(
        "kes-segment in --session-field kes.session | kes-read --session-field kes.session --sessions"
      ).status == 0)
    let refused = try run("kes-segment in --session-field kes.session --format avro")
    #expect(refused.status == 64)
    #expect(refused.errors.contains("letters, digits and _ alone"))
  }

  @Test(arguments: ["device", "timestamp", "event", "duplicate", ""])
  func namesOfEventsAreTaken(name: String) throws {
    for tool in ["kes-segment", "kes-read", "kes-purge", "kes-produce --replay"] {
      #expect(try run("\(tool) in --session-field '\(name)'").status == 64)
    }
  }

  @Test func asTextTheNameDoesNotMatter() throws {
    let usual = try run("kes-segment in --format text --emit all")
    let named = try run("kes-segment in --format text --emit all --session-field sid")
    #expect(usual.output == named.output && usual.text.contains("/"))
  }
}
