// A session's key of any kind, as bytes.

import Testing

@testable import KESCore

@Suite struct SessionKeyTests {
  private func block(_ write: (inout ByteBlock) -> Void) -> [UInt8] {
    var block = ByteBlock()
    write(&block)
    return block.withBytes { bytes in bytes.indices.map { bytes[$0] } }
  }

  private func text(_ write: (inout ByteBlock) -> Void) -> String {
    String(decoding: block(write), as: UTF8.self)
  }

  private func key(_ identity: [UInt8], _ details: String) -> [UInt8] {
    block { SessionKey.append(identity.span, details: Array(details.utf8).span, to: &$0) }
  }

  private func json(_ text: String) -> [UInt8] { [0xFF] + Array(text.utf8) }

  private func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    SessionKey.areEqual(left.span, right.span)
  }

  private func hash(_ key: [UInt8]) -> UInt64 { SessionKey.hash(key.span) }

  private func identity(_ key: [UInt8]) -> Range<Int> { SessionKey.identity(key.span) }

  private func people(_ key: [UInt8]) -> String {
    SessionKey.withText(key.span) { String(decodingBytes: $0) }
  }

  @Test func aTextIsItsOwnKeyAndJSON() {
    let device = Array("device-3\n".utf8)
    #expect(identity(device) == 0..<9)
    #expect(text { SessionKey.appendJSON(device.span, to: &$0) } == #""device-3\n""#)
  }

  @Test func spellingsAreOneKey() {
    let (plain, spelled) = (json("1"), key(json("1"), "1.0"))
    #expect(areEqual(plain, spelled))
    #expect(hash(plain) == hash(spelled))
    #expect(!areEqual(plain, Array("1".utf8)))
    #expect(text { SessionKey.appendJSON(spelled.span, to: &$0) } == "1.0")
    #expect(text { SessionKey.appendJSON(plain.span, to: &$0) } == "1")
  }

  @Test func theKeyOfAMessageStandsBesideThat() {
    let names: [(details: String, json: String, message: String?)] = [
      ("\0other", "1", "other"), ("1.0\0", "1.0", ""), ("1.0\u{1}", "1.0", nil),
      ("1.0", "1.0", "1"),
    ]
    for (details, spelling, message) in names {
      let detailed = key(json("1"), details)
      #expect(text { SessionKey.appendJSON(detailed.span, to: &$0) } == spelling)
      let found = SessionKey.withMessageKey(detailed.span) { key -> String? in
        if let key { String(decodingBytes: key) } else { nil }
      }
      #expect(found == message)
    }
  }

  @Test func valuesOfACompoundKeyAreFound() {
    let compound = key(json(#"["a,]\"b",1,true]"#), #"["a,]\u0022b",1.0,true]"#)
    let parts = (0..<3).map { number in
      text { SessionKey.appendJSON(number, of: compound.span, to: &$0) }
    }
    #expect(parts == [#""a,]\u0022b""#, "1.0", "true"])
    #expect(people(compound) == #"a,]"b/1/true"#)
  }

  /// No bytes from outside may lead beyond themselves.
  @Test func bytesThatAreNoKeyAreText() {
    for bytes in [[0xFE], [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 1], [0xFF], []] as [[UInt8]] {
      #expect(identity(bytes) == 0..<bytes.count)
      _ = block { SessionKey.appendJSON(bytes.span, to: &$0) }
      _ = SessionKey.withText(bytes.span) { $0.count }
      _ = SessionKey.withMessageKey(bytes.span) { $0 == nil }
    }
  }
}

@Suite struct NormalNumberTests {
  @Test(arguments: [
    ("1", ["1", "1.0", "1e0", "10e-1", "0.1E+1", "100.00e-2"]),
    ("0", ["0", "-0", "0.000", "0e99", "-0.0e-7"]),
    ("-1200", ["-1200", "-1.2e3", "-12E2", "-1200.000"]), ("0.00125", ["125e-5", "0.001250"]),
    ("0.0000012", ["1.2e-6", "0.00000120"]), ("1.2E-7", ["1.2e-7", "0.00000012"]),
    ("123456789012345678901", ["123456789012345678901", "1.23456789012345678901e20"]),
    ("1E21", ["1e21", "1000000000000000000000"]), ("12.5", ["12.5", "1250e-2"]),
    ("1E400", ["1e400", "10e399"]),
  ])
  func whatEqualsIsWrittenInOneWay(normal: String, spellings: [String]) {
    for spelling in spellings {
      var output = ByteBlock()
      DecimalNumber.appendNormal(Array(spelling.utf8).span, to: &output)
      #expect(output.withBytes { String(decodingBytes: $0) } == normal, "\(spelling)")
    }
  }
}
