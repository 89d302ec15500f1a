// The decoder of JSON-lines against jansson, against itself, and on every cut of its input.

import CJansson
import TestSupport
import Testing

@testable import KESCore

/// What a decoder made of some bytes: comparable, with nothing that depends on the batches.
struct DecodedRecord: Hashable {
  var key: String
  var time: Int64
  var role: Role
  var position: Int64
  var bytes: [UInt8]
}

/// Decodes `bytes`, handed over in pieces of the given sizes; what does not decode is nil.
func decodeLines(
  _ bytes: [UInt8], pieces: [Int], greatestRecord: Int = 1 << 20
) -> [DecodedRecord?] {
  var decoder = JSONLinesDecoder(purpose: .segmenting, greatestRecord: greatestRecord)
  var batch = Batch(blockSize: 16)
  var found: [DecodedRecord?] = []
  var start = 0
  var piece = 0
  while true {
    let size = min(piece < pieces.count ? pieces[piece] : bytes.count, bytes.count - start)
    piece += 1
    for byte in bytes[start..<start + size] { batch.bytes.append(byte) }
    start += size
    let isEnd = start == bytes.count
    decoder.decode(&batch, endOfInput: isEnd, limits: DecodingLimits())
    var rejected = 0
    for index in 0...batch.records.count {
      while rejected < batch.rejections.count, Int(batch.rejections[rejected].place) == index {
        let part = batch.rejections[rejected].part
        if part == .whole || part == .first { found.append(nil) }
        rejected += 1
      }
      if index == batch.records.count { break }
      let record = batch.records[index]
      found.append(
        DecodedRecord(
          key: batch.withText(record.key) { String(decodingBytes: $0) },
          time: record.time.milliseconds, role: record.role, position: record.position,
          bytes: batch.withRecordBytes(record) { $0.copied }))
    }
    batch.recycle()
    if isEnd { return found }
  }
}

@Suite struct JSONLinesDecoderTests {
  private static let woke = #"{"device":"a","timestamp":1,"event":{"DeviceWokeUp":{}}}"#

  private func decode(_ text: String) -> [DecodedRecord?] {
    decodeLines(Array(text.utf8), pieces: [])
  }

  @Test(
    arguments: [
      (#"{"event":{"AllDataSent":{}},"timestamp":5,"device":"b"}"#, "b", 5, Role.end),
      (
        #" { "device" : "b" , "timestamp" : 5 , "event" : { "AllDataSent" : { } } } "#, "b", 5, .end
      ),
      (
        #"{"device":"b","timestamp":1.7e12,"event":{"DeviceWokeUp":{}}}"#, "b", 1_700_000_000_000,
        .start
      ),
      (#"{"device":"b","timestamp":-5,"event":{"DeviceWokeUp":{}}}"#, "b", -5, .start),
      (#"{"device":"b","timestamp":0,"event":{"DeviceWokeUp":{}}}"#, "b", 0, .start),
      (#"{"device":"b","timestamp":1200E-2,"event":{"DeviceWokeUp":{}}}"#, "b", 12, .start),
      (#"{"device":"b","timestamp":12.000,"event":{"DeviceWokeUp":{}}}"#, "b", 12, .start),
      (
        #"{"device":"b","timestamp":9223372036854775807,"event":{"DeviceWokeUp":{}}}"#, "b",
        Int64.max, .start
      ),
      (
        #"{"device":"b","timestamp":-9223372036854775808,"event":{"DeviceWokeUp":{}}}"#, "b",
        Int64.min, .start
      ),
      (
        #"{"device":"\u0062\n\"\\","timestamp":5,"event":{"DeviceWokeUp":{}}}"#, "b\n\"\\", 5,
        .start
      ),
      (#"{"device":"\ud83d\ude00","timestamp":5,"event":{"DeviceWokeUp":{}}}"#, "😀", 5, .start),
      (#"{"device":"é😀","timestamp":5,"event":{"DeviceWokeUp":{}}}"#, "é😀", 5, .start),
      (#"{"device":"","timestamp":5,"event":{"DeviceWokeUp":{}}}"#, "", 5, .start),
      (#"{"\u0064evice":"b","timestamp":5,"event":{"\u0044eviceWokeUp":{}}}"#, "b", 5, .start),
      (#"{"device":"b","timestamp":5,"event":{"kes.DeviceWokeUp":{}}}"#, "b", 5, .start),
      (
        #"{"x":{"device":"no","event":[{"timestamp":1}]},"device":"b","timestamp":5,"event":{"DeviceWokeUp":{}}}"#,
        "b", 5, .start
      ),
      (
        #"{"device":"a","device":"b","timestamp":4,"timestamp":5,"event":{"DeviceWokeUp":{}}}"#,
        "b", 5, .start
      ),
      (
        #"{"device":"b","timestamp":5,"event":{"DataReceived":{"x":[],"value":-0.5e-3,"name":"n"}}}"#,
        "b", 5, .data
      ),
    ] as [(String, String, Int64, Role)])
  func readsEverySpelling(line: String, key: String, time: Int64, role: Role) {
    let found = decode(line)
    #expect(found.count == 1)
    #expect(found[0]?.key == key && found[0]?.time == time && found[0]?.role == role)
    #expect(found[0]?.bytes == Array(line.utf8))
  }

  @Test(arguments: [
    "x", "{}", "[]", "null", #""a""#, "{", #"{"device"}"#, #"{"device":"a",}"#,
    #"{"device":17,"timestamp":1,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"a","timestamp":"1","event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"a","timestamp":1.5,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"a","timestamp":01,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"a","timestamp":+1,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"a","timestamp":1.,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"a","timestamp":9223372036854775808,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"a","timestamp":-9223372036854775809,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"a","timestamp":1e400,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"a","timestamp":1,"event":{"Other":{}}}"#,
    #"{"device":"a","timestamp":1,"event":{}}"#,
    #"{"device":"a","timestamp":1,"event":"DeviceWokeUp"}"#,
    #"{"device":"a","timestamp":1,"event":{"DeviceWokeUp":null}}"#,
    #"{"device":"a","timestamp":1,"event":{"DeviceWokeUp":{},"AllDataSent":{}}}"#,
    #"{"device":"a","timestamp":1,"event":{"SessionClosed":{}}}"#,
    #"{"device":"a","timestamp":1,"event":{"DataReceived":{"name":"x"}}}"#,
    #"{"device":"a","timestamp":1,"event":{"DataReceived":{"name":1,"value":1}}}"#,
    #"{"device":"a","timestamp":1,"event":{"DataReceived":{"name":"x","value":"1"}}}"#,
    #"{"timestamp":1,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"a","event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"a","timestamp":1}"#,
    #"{"device":"a","timestamp":1,"event":{"DeviceWokeUp":{}}} {}"#,
    #"{"device":"a","timestamp":1,"event":{"DeviceWokeUp":{}}"#,
    #"{"device":"\ud800","timestamp":1,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"\udc00\ud800","timestamp":1,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"\x","timestamp":1,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"\u12g4","timestamp":1,"event":{"DeviceWokeUp":{}}}"#,
    "{\"device\":\"a\tb\",\"timestamp\":1,\"event\":{\"DeviceWokeUp\":{}}}",
    #"{"device":"a","timestamp":1,"event":{"DeviceWokeUp":{}},"x":tru}"#,
    #"{"device":"a","timestamp":1,"event":{"DeviceWokeUp":{}},"x":[1,2}"#,
  ])
  func rejectsWhatIsNotAnEvent(line: String) {
    #expect(decode(line) == [nil])
    let good = decode(line + "\n" + JSONLinesDecoderTests.woke)
    #expect(good.count == 2 && good[1]?.position == 1)
  }

  @Test func rejectsBytesThatAreNotUTF8() {
    let bad: [[UInt8]] = [
      [0xFF], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
      [0xF5, 0x80, 0x80, 0x80],
      [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80], [0], [0x1F],
    ]
    for bytes in bad {
      let line =
        Array(#"{"device":"a"#.utf8) + bytes
        + Array(#"","timestamp":1,"event":{"DeviceWokeUp":{}}}"#.utf8)
      #expect(decodeLines(line, pieces: []) == [nil], "\(bytes)")
    }
  }

  @Test func blankLinesAreNoRecords() {
    #expect(decode("\n  \n\r\n\t\n").isEmpty)
    #expect(decode("").isEmpty)
  }

  @Test func deepNestingIsRefusedAndDoesNotOverflow() {
    for (depth, isRead) in [(1000, true), (1024, true), (1025, false), (100_000, false)] {
      let line =
        #"{"x":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        + #","device":"a","timestamp":1,"event":{"DeviceWokeUp":{}}}"#
      #expect((decode(line)[0] != nil) == isRead, "\(depth)")
    }
  }

  @Test func everyCutOfTheInputGivesTheSameRecords() {
    let input = Array(
      """
      {"device":"a","timestamp":1700000000000,"event":{"DeviceWokeUp":{}}}\r
      {"device":"\\u00e9","timestamp":-1,"event":{"DataReceived":{"name":"x","value":1}}}

      wrong
      {"device":"long name of a device","timestamp":1700000000000,"event":{"AllDataSent":{}}}
      {"device":"a","timestamp":1.5e3,"event":{"DataReceived":{"name":"n","value":0.25}}}
      """.utf8)
    let whole = decodeLines(input, pieces: [])
    #expect(whole.count == 5)
    for first in 0...input.count {
      #expect(decodeLines(input, pieces: [first]) == whole, "cut at \(first)")
    }
    for size in 1...40 {
      let pieces = Array(repeating: size, count: input.count / size + 1)
      #expect(decodeLines(input, pieces: pieces) == whole, "pieces of \(size)")
    }
  }

  @Test func recordsOverTheLimitAreRejectedWithoutBeingKept() {
    let long = #"{"x":""# + String(repeating: "y", count: 500) + "\"}\n"
    let input = Array((JSONLinesDecoderTests.woke + "\n" + long + JSONLinesDecoderTests.woke).utf8)
    for size in [1, 7, 64, 100, 1000] {
      let pieces = Array(repeating: size, count: input.count / size + 1)
      let found = decodeLines(input, pieces: pieces, greatestRecord: 100)
      #expect(found.map { $0?.position } == [0, nil, 2], "pieces of \(size)")
    }
  }

  // MARK: Judges

  @Test(arguments: TestSeeds.each(0...9))
  func canonicalAndGeneralScansAgree(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let line = randomLine(&generator) + [0x0A] + Array(repeating: UInt8(ascii: "\n"), count: 24)
      var fast = JSONEventScanner(schema: .sessionEvent)
      var general = JSONEventScanner(schema: .sessionEvent)
      let fastEnd = fast.scanCanonical(line.span, 0)
      let generalEnd = general.scanGenerally(line.span, 0)
      if fastEnd < 0 { continue }
      #expect(fastEnd == generalEnd)
      #expect(
        summary(fast.event) == summary(general.event), "\(String(decoding: line, as: UTF8.self))")
    }
  }

  /// All that a scan found, as text.
  private func summary(_ event: ScannedEvent) -> String {
    func text(_ text: ScannedEvent.Text) -> String {
      text.isPresent ? "\(text.start)-\(text.end) \(text.hasEscapes)" : "none"
    }
    let data = event.kind == .dataReceived ? text(event.name) + text(event.value) : ""
    return """
      \(text(event.device)) \(event.time) \(text(event.timeText)) \(event.kind as Any) \
      \(text(event.session)) \(event.isDuplicate) \(data)
      """
  }

  @Test(arguments: TestSeeds.each(100...109))
  func agreesWithJanssonOnWhatIsJSON(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var accepted = 0
    for _ in 0..<2000 {
      let line = randomLine(&generator, session: "sid")
      let found = decodeLines(line, pieces: [])
      let judged = Jansson.event(line)
      if let judged {
        accepted += 1
        #expect(found.count == 1)
        #expect(found[0]?.key == judged.device, "\(String(decoding: line, as: UTF8.self))")
        #expect(found[0]?.time == judged.timestamp, "\(String(decoding: line, as: UTF8.self))")
      } else {
        #expect(found.allSatisfy { $0 == nil }, "\(String(decoding: line, as: UTF8.self))")
      }
    }
    #expect(accepted > 300 && accepted < 1900)
  }

  /// An event in some spelling, often damaged; never with a line feed in it.
  private func randomLine(
    _ generator: inout SeededGenerator, session: String = "session"
  ) -> [UInt8] {
    let devices = [
      "device-1", "", "a", #"\u0041\ud83d\ude00"#, "é", #"q\"uote"#, "a long device name",
    ]
    let branches = [
      #"{"DeviceWokeUp":{}}"#, #"{"AllDataSent":{}}"#,
      #"{"DataReceived":{"name":"wind","value":0.125}}"#,
      #"{"DataReceived":{"name":"w\t","value":-1e-7}}"#,
    ]
    let times = ["1700000000123", "-3", "0", "17", "123456789012345678", "999999999", "12345678"]
    var members = [
      #""device":""# + (devices.randomElement(using: &generator) ?? "") + "\"",
      #""timestamp":"# + (times.randomElement(using: &generator) ?? ""),
      #""event":"# + (branches.randomElement(using: &generator) ?? ""),
    ]
    if generator.chance(20) { members.shuffle(using: &generator) }
    if generator.chance(20) { members.append(#""x":[1,{"y":null},true,"z"]"#) }
    if generator.chance(20) { members.append("\"\(session)\":\"0abc\"") }
    let space = generator.chance(15) ? " " : ""
    var line = Array(
      ("{" + space + members.joined(separator: "," + space) + "}" + space).utf8)
    if generator.chance(30) {
      let place = Int.random(in: 0..<line.count, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: line.remove(at: place)
      case 1: line[place] = UInt8.random(in: 32...126, using: &generator)
      case 2: line.insert(UInt8.random(in: 1...255, using: &generator), at: place)
      default: line.removeSubrange(place...)
      }
      line.removeAll { $0 == 0x0A }
    }
    return line
  }
}

/// jansson as a judge: a slow and well-tried reader of JSON.
enum Jansson {
  /// The device and time of an event, or nil where the bytes are not one.
  static func event(_ bytes: [UInt8]) -> (device: String, timestamp: Int64)? {
    var error = json_error_t()
    let flags = JSON_ALLOW_NUL
    let parsed = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) {
        unsafe json_loadb($0.baseAddress, $0.count, Int(flags), &error)
      }
    }
    guard let root = unsafe parsed else { return nil }
    defer { unsafe json_delete(root) }
    guard let device = unsafe string(json_object_get(root, "device")),
      let time = unsafe json_object_get(root, "timestamp"), let milliseconds = unsafe whole(time),
      let union = unsafe json_object_get(root, "event"), unsafe isEvent(union)
    else { return nil }
    return (device, milliseconds)
  }

  /// A whole number in any spelling; a real one where it is exact.
  private static func whole(_ value: UnsafeMutablePointer<json_t>) -> Int64? {
    if unsafe value.pointee.type == JSON_INTEGER { return Int64(unsafe json_integer_value(value)) }
    guard unsafe value.pointee.type == JSON_REAL else { return nil }
    let real = unsafe json_real_value(value)
    return abs(real) < 0x1p53 ? Int64(exactly: real) : nil
  }

  private static func string(_ value: UnsafeMutablePointer<json_t>?) -> String? {
    guard let value = unsafe value, unsafe value.pointee.type == JSON_STRING else { return nil }
    let length = unsafe json_string_length(value)
    guard let text = unsafe json_string_value(value) else { return nil }
    return unsafe String(
      decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
  }

  private static func isEvent(_ union: UnsafeMutablePointer<json_t>) -> Bool {
    guard unsafe union.pointee.type == JSON_OBJECT, unsafe json_object_size(union) == 1,
      let iterator = unsafe json_object_iter(union),
      let key = unsafe json_object_iter_key(iterator),
      let branch = unsafe json_object_iter_value(iterator),
      unsafe branch.pointee.type == JSON_OBJECT
    else { return false }
    switch unsafe String(cString: key).split(separator: ".", omittingEmptySubsequences: false).last
    {
    case "DeviceWokeUp", "AllDataSent": return true
    case "DataReceived":
      guard unsafe string(json_object_get(branch, "name")) != nil,
        let value = unsafe json_object_get(branch, "value")
      else { return false }
      let type = unsafe value.pointee.type
      return type == JSON_REAL || type == JSON_INTEGER
    default: return false
    }
  }
}
