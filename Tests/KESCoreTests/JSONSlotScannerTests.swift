// What is wanted of a record: against jansson, and against the scanner that knows the faults.

import CJansson
import TestSupport
import Testing

@testable import KESCore

@Suite struct JSONSlotScannerTests {
  /// What a scan said and found.
  private struct Scanned {
    var fault: Fault?
    var faultOffset = 0
    var values: [SlotValue] = []
    var closingBrace = 0
    var isEmpty = false
    var isClosing = false
    var takenName = 0
    var cuts: [Range<Int>] = []
  }

  /// Scans a record that has something before and behind it, as records of a batch have.
  ///
  /// - Parameter isMessage: whether its line feeds are its own.
  private static func scan(
    _ record: [UInt8], _ wanted: WantedPaths, taken: [String] = [],
    takenMembers: JSONSlotScanner.TakenMembers = .refused, isMessage: Bool = false
  ) -> Scanned {
    var scanner = JSONSlotScanner(wanted, taken: taken, takenMembers: takenMembers)
    var slots = RecordSlots(count: wanted.count)
    return scan(record, by: &scanner, into: &slots, count: wanted.count, isMessage: isMessage)
  }

  private static let before = Array("{\"x\":\n".utf8)

  private static func scan(
    _ record: [UInt8], by scanner: inout JSONSlotScanner, into slots: inout RecordSlots,
    count: Int, isMessage: Bool = false
  ) -> Scanned {
    let bytes = before + record + [0x0A, 0x7D, 0x0A]
    scanner.scanner.recordEnd = isMessage ? before.count + record.count : 0
    let end = scanner.scan(bytes.span, before.count, into: &slots)
    var scanned = Scanned()
    if end < 0 {
      scanned.fault = scanner.scanner.fault
      scanned.faultOffset = scanner.scanner.faultOffset - before.count
      scanned.takenName = scanner.takenName
      return scanned
    }
    scanned.values = (0..<count).map { slot in
      var value = slots[slot]
      if value.kind != .missing {
        let offset = Int(value.text.offset) - before.count
        value.text = TextRange(offset: offset, length: value.text.length)
      }
      return value
    }
    scanned.closingBrace = scanner.closingBrace - before.count
    (scanned.isEmpty, scanned.isClosing) = (scanner.isEmpty, scanner.isClosing)
    scanned.cuts = scanner.cuts.map {
      $0.lowerBound - before.count..<$0.upperBound - before.count
    }
    return scanned
  }

  /// Paths as `a.b.0`: a step of digits is an element.
  private static func wanted(_ paths: [String]) -> WantedPaths {
    var wanted = WantedPaths()
    for path in paths {
      _ = wanted.slot(
        of: path.split(separator: ".").map { step in
          Int(step).map { .element($0) } ?? .member(Array(step.utf8))
        })
    }
    return wanted
  }

  /// The value at the last of the paths, as text; nil where it is missing.
  private static func found(_ record: String, _ paths: String...) -> String? {
    let bytes = Array(record.utf8)
    let scanned = scan(bytes, wanted(paths))
    guard let value = scanned.values.last, value.kind != .missing else { return nil }
    return String(decoding: bytes[value.text.bounds], as: UTF8.self)
  }

  // MARK: Paths

  @Test(
    arguments: [
      (#"{"a":1}"#, "a", "1"), (#"{"a":-1.5e+7}"#, "a", "-1.5e+7"), (#"{"a":"x"}"#, "a", "x"),
      (#"{"a":""}"#, "a", ""), (#"{"a":null}"#, "a", "null"), (#"{"a":true}"#, "a", "true"),
      (#"{"b":1}"#, "a", nil), (#"{}"#, "a", nil), (#"{"a":[1,2]}"#, "a", "[1,2]"),
      (#"{"a": { "b" : [ ] } }"#, "a", #"{ "b" : [ ] }"#), (#"{"a":{"b":[1]}}"#, "a.b", "[1]"),
      (#"{"a":[7,8,9]}"#, "a.1", "8"), (#"{"a":[7,8,9]}"#, "a.3", nil),
      (#"{"a":[[1],[2,[3,4]]]}"#, "a.1.1.0", "3"), (#"{"a":{"0":5}}"#, "a.0", nil),
      (#"{"a":[{"b":1},{"b":2}]}"#, "a.1.b", "2"), (#"{"x":{"a":1}}"#, "a", nil),
      (#"{"a":{"a":{"a":1}}}"#, "a.a.a", "1"), (#"{"a":[{"a":1}]}"#, "a.a", nil),
      (#"{"timestamp":1,"timestamq":2}"#, "timestamp", "1"),
      (#"{"a name beyond a word":3}"#, "a name beyond a word", "3"),
      (#"{"a name beyond a worm":3}"#, "a name beyond a word", nil),
      (#"{"\u0061":3}"#, "a", "3"), (#"{"\u0074imestam\u0070":3}"#, "timestamp", "3"),
      (#"{"é":3}"#, "é", "3"), (#"{"\u00e9":3}"#, "é", "3"), (#"{"":{"":3}}"#, "a", nil),
      (#"{"a\u0000":1}"#, "a", nil), (#"{"a":1,"a\u0000\u0000":2}"#, "a", "1"),
    ] as [(String, String, String?)])
  func aPathLeadsToItsValue(record: String, path: String, value: String?) {
    #expect(Self.found(record, path) == value)
  }

  @Test func theEmptyNameIsAName() {
    var wanted = WantedPaths()
    let slot = wanted.slot(of: [.member([]), .member([])])
    let scanned = Self.scan(Array(#"{"":{"":3}}"#.utf8), wanted)
    #expect(scanned.values[slot].kind == .number)
  }

  @Test func ofMembersThatComeTwiceTheLastCounts() {
    #expect(Self.found(#"{"a":1,"b":2,"a":3}"#, "a") == "3")
    #expect(Self.found(#"{"a":{"b":1},"\u0061":{"c":1}}"#, "a.b") == nil)
    #expect(Self.found(#"{"a":{"b":1},"a":7}"#, "a.b") == nil)
    #expect(Self.found(#"{"a":7,"a":{"b":1}}"#, "a.b") == "1")
    #expect(Self.found(#"{"a":{"b":{"c":1}},"a":{"b":{}}}"#, "a.b.c") == nil)
    #expect(Self.found(#"{"a":[1,2],"a":[3]}"#, "a.1") == nil)
  }

  @Test func theRecordItselfIsAValue() {
    let text = "  { \"a\" : 1 } \t"
    let scanned = Self.scan(Array(text.utf8), WantedPaths())
    #expect(scanned.values[0].kind == .object && scanned.values[0].text.bounds == 2..<13)
    #expect(scanned.closingBrace == 12 && !scanned.isEmpty && !scanned.isClosing)
  }

  @Test func kindsAndEscapesAreTold() {
    let paths = ["n", "f", "t", "i", "s", "e", "a", "o"]
    let record = #"{"n":null,"f":false,"t":true,"i":0,"s":"é","e":"\n","a":[],"o":{}}"#
    let values = Self.scan(Array(record.utf8), Self.wanted(paths)).values.dropFirst()
    #expect(
      values.map(\.kind) == [
        .null, .false, .true, .number, .string, .string, .array, .object,
      ])
    #expect(values.map(\.hasEscapes) == [false, false, false, false, false, true, false, false])
  }

  @Test func aRecordForgetsWhatTheOneBeforeHad() {
    let wanted = Self.wanted(["a.b", "c"])
    var scanner = JSONSlotScanner(wanted, taken: ["s"], takenMembers: .takenOut)
    var slots = RecordSlots(count: wanted.count)
    let records = [#"{"a":{"b":1},"c":2,"s":3,"SessionClosed":{}}"#, #"{"x":1}"#, "{", "{}"]
    let scanned = records.map {
      Self.scan(Array($0.utf8), by: &scanner, into: &slots, count: wanted.count)
    }
    #expect(scanned[0].values.allSatisfy { $0.kind != .missing })
    #expect(scanned[0].isClosing && scanned[0].cuts.count == 1)
    #expect(scanned[1].values.dropFirst().allSatisfy { $0.kind == .missing })
    #expect(!scanned[1].isClosing && scanned[1].cuts.isEmpty && !scanned[1].isEmpty)
    #expect(scanned[2].fault == .expectedKey && scanned[3].isEmpty)
  }

  // MARK: What is no record

  @Test(
    arguments: [
      ("", .expectedObject, 0), ("  ", .expectedObject, 2), ("[]", .expectedObject, 0),
      ("1", .expectedObject, 0), ("{", .expectedKey, 1), (#"{"a"}"#, .expectedColon, 4),
      (#"{"a":}"#, .expectedValue, 5), (#"{"a":1,}"#, .expectedKey, 7),
      (#"{"a":1 2}"#, .expectedComma, 7), (#"{"a":[1,]}"#, .expectedValue, 8),
      (#"{"a":[1}}"#, .expectedComma, 7), (#"{"a":{]}"#, .expectedKey, 6),
      (#"{"a":1}}"#, .trailingBytes, 7), (#"{"a":1} x"#, .trailingBytes, 8),
      (#"{"a":tru}"#, .badLiteral, 5), (#"{"a":01}"#, .badNumber, 5),
      (#"{"a":-}"#, .badNumber, 5), (#"{"a":1.}"#, .badNumber, 5), (#"{"a":1e}"#, .badNumber, 5),
      (#"{"a":"x}"#, .unclosedString, 8), (#"{"a":"\x"}"#, .badEscape, 6),
      (#"{"a":"\ud800"}"#, .loneSurrogate, 6), ("{\"a\":\"\t\"}", .controlCharacter, 6),
      (#"{'a':1}"#, .expectedKey, 1), (#"{a:1}"#, .expectedKey, 1),
    ] as [(String, Fault, Int)])
  func aFaultHasItsPlace(record: String, fault: Fault, offset: Int) {
    let scanned = Self.scan(Array(record.utf8), Self.wanted(["a", "a.0"]))
    #expect(scanned.fault == fault && scanned.faultOffset == offset)
  }

  @Test func nestingIsLimitedAndCostsNoStack() {
    let limit = JSONScanner.greatestDepth
    let path = Self.wanted(["x" + String(repeating: ".0", count: 1030)])
    for (depth, isRead) in [(1000, true), (limit, true), (limit + 1, false), (100_000, false)] {
      let record = Array(
        (#"{"x":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
          + "}").utf8)
      for wanted in [WantedPaths(), path] {
        let scanned = Self.scan(record, wanted)
        #expect(scanned.fault == (isRead ? nil : .tooDeep), "\(depth)")
        if !isRead { #expect(scanned.faultOffset == 5 + limit, "\(depth)") }
      }
    }
  }

  @Test func greatRecordsAreScanned() {
    var record = Array(#"{"a":[1,2,{"b":"#.utf8)
    while record.count < 16 << 20 { record += Array(#"{"x":[1.5,"é\n",null]},"y":{"b":"#.utf8) }
    // Closed as it was opened: an object a turn, and nothing too deep.
    let flat = Array(#"{"a":["#.utf8)
    var wide = flat
    while wide.count < 16 << 20 { wide += Array(#"{"x":[1.5,"é\n",null],"y":"0123456789"},"#.utf8) }
    wide += Array(#"7],"z":1}"#.utf8)
    #expect(Self.scan(record, Self.wanted(["a.2.b"])).fault == .tooDeep)
    let scanned = Self.scan(wide, Self.wanted(["a.100000.y", "z"]))
    #expect(scanned.values.map(\.kind) == [.object, .array, .object, .string, .number])
  }

  // MARK: Members that are ours

  /// The record without what is cut out of it.
  private static func left(of record: [UInt8], by scanned: Scanned) -> String {
    var left = record
    for cut in scanned.cuts.reversed() { left.removeSubrange(cut) }
    return String(decoding: left, as: UTF8.self)
  }

  @Test(
    arguments: [
      (#"{"s":1}"#, "{}"), (#"{ "s" : 1 }"#, "{  }"), (#"{"s":1,"a":2}"#, #"{"a":2}"#),
      (#"{"a":2,"s":1}"#, #"{"a":2}"#), (#"{"a":2 , "s":1 , "b":3}"#, #"{"a":2  , "b":3}"#),
      (#"{"s":1, "s":[{}], "a":2}"#, #"{"a":2}"#), (#"{"s":1,"t":2}"#, "{}"),
      (#"{"a":2,"s":1,"t":2,"b":1}"#, #"{"a":2,"b":1}"#), (#"{"\u0073":{"s":1}}"#, "{}"),
      (#"{"a":{"s":1}}"#, #"{"a":{"s":1}}"#), (#"{"s":1,"a":2,"s":3}"#, #"{"a":2}"#),
    ] as [(String, String)])
  func aMemberIsTakenOutWithItsComma(record: String, left: String) {
    let bytes = Array(record.utf8)
    let scanned = Self.scan(
      bytes, Self.wanted(["s", "a"]), taken: ["s", "t"], takenMembers: .takenOut)
    #expect(Self.left(of: bytes, by: scanned) == left)
    #expect(scanned.isEmpty == !left.contains(":"))
  }

  @Test func aMemberThatIsThereAlreadyRefusesTheRecord() {
    let scanned = Self.scan(
      Array(#"{"a":1,"t":{"x":[2]},"b""#.utf8), WantedPaths(), taken: ["s", "t"])
    #expect(scanned.fault == .fieldTaken && scanned.faultOffset == 7 && scanned.takenName == 1)
    let wrong = Self.scan(Array(#"{"a":1,"t":{"x":[2}}"#.utf8), WantedPaths(), taken: ["s", "t"])
    #expect(wrong.fault == .expectedComma)
  }

  @Test func aClosingIsKnownByItsName() {
    for (record, isClosing) in [
      (#"{"SessionClosed":null}"#, true), (#"{"a":1,"Session\u0043losed":{"x":1}}"#, true),
      (#"{"a":{"SessionClosed":{}}}"#, false), (#"{"SessionCloser":{}}"#, false),
    ] {
      #expect(Self.scan(Array(record.utf8), WantedPaths()).isClosing == isClosing)
      #expect(
        Self.scan(Array(record.utf8), Self.wanted(["SessionClosed.x"])).isClosing == isClosing)
    }
  }

  /// The scanner of device events has the same rules.
  @Test(arguments: 0..<4) func membersAreTakenOutAsOfDeviceEvents(block: UInt64) {
    var generator = SeededGenerator(seed: 7000 + block)
    let sessions = SessionFields(replacesOld: true, marksDuplicates: true)
    for _ in 0..<1000 {
      let space = generator.chance(30) ? " \t" : ""
      let own = [#""device":"a""#, #""timestamp":1"#, #""event":{"DeviceWokeUp":{}}"#]
      let taken = [
        #""session""# + space + ":1", #""\u0073ession":{"x":[1 , 2]}"#, #""duplicate":1"#,
      ]
      let others = [#""x":{"session":1}"#, #""y":[]"#]
      var members =
        own + (0..<3).compactMap { _ in (taken + others).randomElement(using: &generator) }
      members.shuffle(using: &generator)
      let record = Array(
        ("{" + space + members.joined(separator: space + "," + space) + space + "}").utf8)
      var devices = JSONEventScanner(schema: .event, sessions: sessions)
      _ = devices.scanGenerally((record + [0x0A]).span, 0)
      let scanned = Self.scan(
        record, WantedPaths(), taken: sessions.names, takenMembers: .takenOut)
      #expect(scanned.cuts == devices.cuts, "\(String(decoding: record, as: UTF8.self))")
    }
  }

  // MARK: Judges

  /// The fault of a record as `JSONScanner` finds it, member by member.
  private static func judged(_ record: [UInt8], isMessage: Bool) -> (fault: Fault, offset: Int)? {
    let bytes = before + record + [0x0A, 0x7D, 0x0A]
    var scanner = JSONScanner()
    scanner.recordEnd = isMessage ? before.count + record.count : 0
    let end = scan(bytes.span, by: &scanner)
    return end < 0 ? (scanner.fault, scanner.faultOffset - before.count) : nil
  }

  private static func scan(_ bytes: Span<UInt8>, by scanner: inout JSONScanner) -> Int {
    var index = scanner.skipSpace(bytes, before.count)
    guard bytes[index] == UInt8(ascii: "{") else { return scanner.fail(.expectedObject, at: index) }
    index = scanner.skipSpace(bytes, index + 1)
    if bytes[index] == UInt8(ascii: "}") {
      index += 1
    } else {
      while true {
        guard bytes[index] == UInt8(ascii: "\"") else {
          return scanner.fail(.expectedKey, at: index)
        }
        index = scanner.string(bytes, index)
        if index < 0 { return -1 }
        index = scanner.skipSpace(bytes, index)
        guard bytes[index] == UInt8(ascii: ":") else {
          return scanner.fail(.expectedColon, at: index)
        }
        index = scanner.value(bytes, scanner.skipSpace(bytes, index + 1))
        if index < 0 { return -1 }
        index = scanner.skipSpace(bytes, index)
        let byte = bytes[index]
        index += 1
        if byte == UInt8(ascii: "}") { break }
        guard byte == UInt8(ascii: ",") else { return scanner.fail(.expectedComma, at: index - 1) }
        index = scanner.skipSpace(bytes, index)
      }
    }
    index = scanner.skipSpace(bytes, index)
    return bytes[index] == UInt8(ascii: "\n") ? index : scanner.fail(.trailingBytes, at: index)
  }

  /// Whether what was scanned is what jansson reads, and what a walk over it finds.
  private static func expectAgreement(
    _ record: [UInt8], _ wanted: WantedPaths, by scanner: inout JSONSlotScanner,
    into slots: inout RecordSlots, isMessage: Bool, _ seed: UInt64
  ) -> Bool {
    let scanned = scan(
      record, by: &scanner, into: &slots, count: wanted.count, isMessage: isMessage)
    let judged = judged(record, isMessage: isMessage)
    let text = { "seed \(seed): \(String(decoding: record, as: UTF8.self))" }
    #expect(
      scanned.fault == judged?.fault && scanned.faultOffset == judged?.offset ?? 0, "\(text())")
    guard case .read(let value) = Jansson.lastValue(record) else { return scanned.fault == nil }
    #expect((scanned.fault == nil) == (value != nil), "\(text())")
    guard let value, scanned.fault == nil else { return false }
    for slot in 0..<wanted.count {
      let expected = value.at(wanted.path(to: slot))
      let found = scanned.values[slot].value(in: record)
      #expect(found == expected?.withSortedMembers, "slot \(slot), \(text())")
    }
    let isEmpty = value == .object([])
    #expect(scanned.isEmpty == isEmpty && record[scanned.closingBrace] == 0x7D, "\(text())")
    #expect(scanned.isClosing == (value["SessionClosed"] != nil), "\(text())")
    return true
  }

  @Test(arguments: 0..<8) func randomRecordsAreWhatJanssonReads(block: UInt64) {
    let seed = 8000 + block
    var random = RandomJSON(seed: seed)
    var accepted = 0
    for _ in 0..<150 {
      let wanted = random.paths()
      var scanner = JSONSlotScanner(wanted)
      var slots = RecordSlots(count: wanted.count)
      // One scanner for all: what it learned of one must not mislead it in the next.
      for _ in 0..<20 {
        let isMessage = random.generator.chance(20)
        var record = random.record(lineFeeds: isMessage)
        if random.generator.chance(40) { random.damage(&record) }
        if !isMessage { record.removeAll { $0 == 0x0A } }
        let isRecord = Self.expectAgreement(
          record, wanted, by: &scanner, into: &slots, isMessage: isMessage, seed)
        if isRecord { accepted += 1 }
      }
    }
    #expect(accepted > 1500 && accepted < 2900)
  }

  @Test(arguments: 0..<4) func everyTruncationHasItsFault(block: UInt64) {
    let seed = 8100 + block
    var random = RandomJSON(seed: seed)
    for _ in 0..<10 {
      let wanted = random.paths()
      var scanner = JSONSlotScanner(wanted)
      var slots = RecordSlots(count: wanted.count)
      let record = random.record(lineFeeds: false, greatest: 400)
      for count in (0...record.count).reversed() {
        _ = Self.expectAgreement(
          Array(record[..<count]), wanted, by: &scanner, into: &slots, isMessage: false, seed)
      }
    }
  }

  @Test(arguments: 0..<4) func everyByteThatChangesIsSeen(block: UInt64) {
    let seed = 8200 + block
    var random = RandomJSON(seed: seed)
    let others = Array("\"\\{}[]:,-.eE0 1a\t".utf8) + [0x00, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xFF]
    for _ in 0..<2 {
      let wanted = random.paths()
      var scanner = JSONSlotScanner(wanted)
      var slots = RecordSlots(count: wanted.count)
      let record = random.record(lineFeeds: false, greatest: 200)
      for place in record.indices {
        for other in others {
          var changed = record
          changed[place] = other
          _ = Self.expectAgreement(
            changed, wanted, by: &scanner, into: &slots, isMessage: false, seed)
        }
      }
    }
  }
}

extension Jansson {
  /// What jansson says of some bytes.
  fileprivate enum Verdict {
    /// An object, with the last of members that come twice; nil where the bytes are none.
    case read(JSONValue?)
    /// It passes over bytes that are 0, and has no numbers beyond 64 bits.
    case none
  }

  /// Names must not hold NUL.
  fileprivate static func lastValue(_ bytes: [UInt8]) -> Verdict {
    if bytes.contains(0) { return .none }
    var error = json_error_t()
    let parsed = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) {
        unsafe json_loadb($0.baseAddress, $0.count, Int(JSON_ALLOW_NUL | JSON_DECODE_ANY), &error)
      }
    }
    guard let root = unsafe parsed else {
      let isNumber = unsafe json_error_code(&error) == json_error_numeric_overflow
      return isNumber ? .none : .read(nil)
    }
    defer { unsafe json_decref(root) }
    let found = unsafe value(root)
    if case .object = found { return .read(found) }
    return .read(nil)
  }
}

extension JSONValue {
  /// What a path leads to; nil where there is nothing.
  fileprivate func at(_ path: [PathStep]) -> JSONValue? {
    var value = self
    for step in path {
      switch (step, value) {
      case (.member(let name), .object(let members)):
        guard let member = members.first(where: { Array($0.name.utf8) == name }) else {
          return nil
        }
        value = member.value
      case (.element(let index), .array(let elements)) where index < elements.count:
        value = elements[index]
      default: return nil
      }
    }
    return value
  }
}

extension SlotValue {
  /// What the slot's text says; nil where the value is missing.
  fileprivate func value(in record: [UInt8]) -> JSONValue? {
    let bytes = Array(record[text.bounds])
    let text = String(decoding: bytes, as: UTF8.self)
    switch kind {
    case .missing: return nil
    case .null: return text == "null" ? .null : nil
    case .false: return text == "false" ? .boolean(false) : nil
    case .true: return text == "true" ? .boolean(true) : nil
    case .number:
      // As jansson has it: what has a point or an exponent is no whole number.
      return Int64(text).map { .integer($0) } ?? Double(text).map { .real($0) }
    case .string:
      #expect(hasEscapes == bytes.contains(0x5C))
      var unescaped = ByteBlock()
      JSONText.unescape(bytes.span, to: &unescaped)
      return .string(unescaped.withBytes { String(decodingBytes: $0) })
    case .array, .object:
      #expect(text.first == (kind == .array ? "[" : "{"))
      guard case .read(let wrapped) = Jansson.lastValue(Array(#"{"x":"#.utf8) + bytes + [0x7D])
      else { return nil }
      return wrapped?["x"]?.withSortedMembers
    }
  }
}

extension WantedPaths {
  /// The steps from the record to a slot.
  fileprivate func path(to slot: Int) -> [PathStep] {
    var path: [PathStep] = []
    var at = slot
    while let step = step(to: at) {
      path.insert(step, at: 0)
      at = parent(of: at)
    }
    return path
  }
}
