// One session a record: events that have one already, and members that are taken out.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct SessionFieldTests {
  /// What a decoder makes of lines: the bytes and keys of the records, and the faults of the others.
  private func decode(
    _ lines: [String], _ sessions: SessionFields,
    purpose: JSONRecordReader.Purpose = .segmenting, stopsAtRejection: Bool = false
  ) -> (records: [String], keys: [String], faults: [Fault], messages: [String]) {
    var decoder = JSONLinesDecoder(purpose: purpose, greatestRecord: 1 << 20, sessions: sessions)
    var batch = Batch(blockSize: 64)
    for line in lines { batch.bytes.append(text: line + "\n") }
    decoder.decode(
      &batch, endOfInput: true, limits: DecodingLimits(stopsAtRejection: stopsAtRejection))
    var (records, keys): ([String], [String]) = ([], [])
    for index in 0..<batch.records.count {
      records.append(batch.withRecordBytes(batch.records[index]) { String(decodingBytes: $0) })
      keys.append(batch.withText(batch.records[index].key) { String(decodingBytes: $0) })
    }
    let rejections = (0..<batch.rejections.count).map { batch.rejections[$0] }
    let messages = rejections.map { decoder.message(for: $0, in: batch) }
    return (records, keys, rejections.map(\.fault), messages)
  }

  private static let event = #""device":"a","timestamp":1,"event":{"DeviceWokeUp":{}}"#

  // MARK: Refused

  @Test(arguments: [
    #""session":"x""#, #""session":17"#, #""session":null"#, #""session":{"a":[1]}"#,
    #""s\u0065ssion":"x""#, #""session":"x","session":"y""#,
  ]) func anEventThatHasASessionIsRefusedWhateverItIs(member: String) {
    let lines = ["{\(Self.event),\(member)}", "{\(member),\(Self.event)}", "{\(Self.event)}"]
    let found = decode(lines, .usual)
    #expect(found.faults == [.fieldTaken, .fieldTaken] && found.records == [lines[2]])
    #expect(
      found.messages[0]
        == #"the record has "session" already, as session events do, which kes-read and kes-purge "#
        + "take; here --session-field NAME calls ours otherwise, --replace-session takes it out")
    // Inside of others, and under another name, it is theirs.
    let inside = "{\(Self.event),\"x\":{\(member)},\"sessions\":[{\(member)}]}"
    #expect(decode([inside], .usual).records == [inside])
    let named = decode([lines[0]], SessionFields(session: "sid"))
    #expect(named.records == [lines[0]])
  }

  @Test func aMarkIsRefusedWhereOneIsWritten() {
    let line = "{\(Self.event),\"duplicate\":\"of x\"}"
    #expect(decode([line], .usual).records == [line])
    let found = decode([line], SessionFields(marksDuplicates: true))
    #expect(
      found.messages == [#"the record has "duplicate" already; --replace-session takes it out"#])
  }

  @Test(arguments: ["sid", "device name", #"q"uote"#, "name", "é"])
  func theSessionMayHaveAnotherName(name: String) throws {
    let fields = SessionFields(session: name)
    let key = try #require(fields.unusualMember.map { String(decoding: $0, as: UTF8.self) })
    let line = "{\(Self.event)\(key)\"s1\"}"
    #expect(decode([line], fields).faults == [.fieldTaken])
    #expect(decode([line], fields).messages[0].contains("the record has \"\(name)\" already"))
    #expect(decode([line], .usual).records == [line])
    // Who reads session events finds it under that name alone.
    var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20, sessions: fields)
    var batch = Batch(blockSize: 64)
    batch.bytes.append(text: line + "\n{\(Self.event),\"session\":5}\n")
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    #expect(batch.records.count == 2)
    let detail = batch.details[0]
    #expect(
      detail.hasSession && batch.withText(detail.session) { String(decodingBytes: $0) } == "s1")
    let other = batch.details[1].hasSession
    #expect(!other)
  }

  // MARK: Replaced

  @Test(arguments: [
    (#"{"device":"a","timestamp":1,"event":{"DeviceWokeUp":{}},"session":"x"}"#, ""),
    (#"{"session":"x","device":"a","timestamp":1,"event":{"DeviceWokeUp":{}}}"#, ""),
    (#"{"device":"a","session":null,"timestamp":1,"event":{"DeviceWokeUp":{}}}"#, ""),
    (
      #"{"session":1,"session":2,"device":"a","s\u0065ssion":3,"timestamp":1,"event":{"DeviceWokeUp":{}},"session":4}"#,
      ""
    ),
    (
      #"{ "session" : "x" , "device":"a","timestamp":1,"event":{"DeviceWokeUp":{}}}"#,
      #"{ "device":"a","timestamp":1,"event":{"DeviceWokeUp":{}}}"#
    ),
    (
      #" {"device":"a","timestamp":1,"event":{"DeviceWokeUp":{}} , "session" : "}," } "#,
      #" {"device":"a","timestamp":1,"event":{"DeviceWokeUp":{}}  } "#
    ),
  ]) func theOldSessionGoesByteForByte(line: String, left: String) {
    let expected = left.isEmpty ? "{\(Self.event)}" : left
    // Its neighbours keep their bytes.
    let others = ["{\(Self.event),\"x\":1}", "{\"x\":[\"session\"],\(Self.event)}"]
    let found = decode([others[0], line, others[1]], SessionFields(replacesOld: true))
    #expect(found.records == [others[0], expected, others[1]])
    #expect(found.keys == ["a", "a", "a"] && found.faults.isEmpty)
  }

  private struct Member {
    var before: String
    var key: String
    var text: String
    var after: String
  }

  /// The rule, on pieces that were never one text: with a member go the comma before it, or where none
  /// before it stays, the comma behind it and the space there.
  private func oracle(_ members: [Member], without names: Set<String>) -> String {
    var pieces: [String] = []
    var hasKept = false
    var isBehindFirst = true
    for (index, member) in members.enumerated() {
      let isLast = index == members.count - 1
      let lead = index == 0 || !isBehindFirst ? "" : ","
      if !names.contains(member.key) {
        let before = index == 0 || isBehindFirst ? member.before : ""
        pieces.append(lead + before + member.text + member.after)
        (hasKept, isBehindFirst) = (true, true)
      } else if hasKept {
        pieces.append(member.after)
        isBehindFirst = true
      } else {
        if index == 0 { pieces.append(member.before) }
        if isLast { pieces.append(member.after) }
        isBehindFirst = false
      }
    }
    return "{" + pieces.joined() + "}"
  }

  @Test(arguments: TestSeeds.each(9000...9019))
  func whatGoesIsWhatANaiveOracleTakesOut(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let values = [
      "null", "17", #""x""#, #""},{\"session\":""#, "[]", "{}", #"{"session":[1,{"a":"]"}]}"#,
      "true",
      #""\u00e9\ud83d\ude00""#, "-1.5e3",
    ]
    for _ in 0..<300 {
      func space() -> String {
        generator.chance(60) ? "" : [" ", "\t", "  ", "\r"].randomElement(using: &generator) ?? ""
      }
      func member(_ key: String, _ value: String) -> Member {
        let isEscaped = key.count > 2 && generator.chance(20)
        let code = String(key.utf8.first ?? 0, radix: 16)
        let name = isEscaped ? "\\u00\(code)\(key.dropFirst())" : key
        return Member(
          before: space(), key: key, text: "\"\(name)\"" + space() + ":" + space() + value,
          after: space())
      }
      let device = "d\(Int.random(in: 0..<99, using: &generator))"
      var members = [
        member("device", "\"\(device)\""), member("timestamp", "5"),
        member("event", #"{"AllDataSent":{}}"#),
      ]
      for _ in 0..<Int.random(in: 0...4, using: &generator) {
        let key = ["session", "duplicate", "x", "session"].randomElement(using: &generator) ?? ""
        members.append(member(key, values.randomElement(using: &generator) ?? ""))
      }
      members.shuffle(using: &generator)
      let line = oracle(members, without: [])
      let marks = generator.chance(50)
      let names: Set<String> = marks ? ["session", "duplicate"] : ["session"]
      let found = decode([line, line], SessionFields(replacesOld: true, marksDuplicates: marks))
      let expected = oracle(members, without: names)
      #expect(found.records == [expected, expected], "\(line)")
      #expect(found.keys == [device, device])
      // By values, too: Foundation is the judge.
      let parsed = { (text: String) in
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      }
      if Set(members.map(\.key)).count == members.count {
        let rest = try #require(try parsed(line)).filter { !names.contains($0.key) }
        let other = try #require(try parsed(expected))
        #expect(NSDictionary(dictionary: rest) == NSDictionary(dictionary: other))
      }
    }
  }

  @Test(arguments: [true, false]) func closingsAreOfTheOldSessions(stopsAtRejection: Bool) {
    let closed = """
      {"device":"a","timestamp":1,"event":{"SessionClosed":{"status":"timeout","start":1,"end":1,\
      "events":1,"partial":false}},"session":"x"}
      """
    let lines = [closed, "{\(Self.event)}", closed, closed, "{\(Self.event)}"]
    let found = decode(
      lines, SessionFields(replacesOld: true), stopsAtRejection: stopsAtRejection)
    #expect(found.records.count == 2 && found.faults == [])
    #expect(decode([closed], .usual).faults == [.unknownBranch])
    // One that is wrong is bad data all the same.
    let wrong = closed.replacing(#""status":"timeout","#, with: "")
    #expect(decode([wrong], SessionFields(replacesOld: true)).faults == [.missingField])
  }

  @Test func whatIsPassedOverTakesNothingOutOfTheNextRecord() {
    let closed =
      #"{"device":"a","timestamp":5,"event":{"SessionClosed":{"status":"timeout","start":1,"#
      + #""end":1,"events":1,"partial":false}},"session":"s"}"#
    let found = decode([closed, "{\(Self.event)}"], SessionFields(replacesOld: true))
    #expect(found.records == ["{\(Self.event)}"] && found.faults.isEmpty)
  }

  /// What kes-segment passes on is read, whatever a member of that name says.
  @Test(arguments: ["\"of x\"", "17", "null", "{}", "true", "false"])
  func aMarkOfOthersSaysNothing(value: String) {
    let line = "{\(Self.event),\"duplicate\":\(value),\"session\":\"s\"}"
    var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20)
    var batch = Batch(blockSize: 64)
    batch.bytes.append(text: line + "\n")
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    #expect(batch.records.count == 1)
    let isDuplicate = batch.details[0].isDuplicate
    #expect(isDuplicate == (value == "true"))
  }
}
