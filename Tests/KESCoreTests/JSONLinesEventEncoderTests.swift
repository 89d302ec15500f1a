// Events to JSON-lines, and the numbers in them.

import TestSupport
import Testing

@testable import KESCore

@Suite struct JSONLinesEventEncoderTests {
  private static func decoded(_ text: String) -> Batch {
    var batch = Batch(blockSize: 1024)
    batch.bytes.append(text: text)
    var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    #expect(batch.rejections.count == 0)
    return batch
  }

  private static func encoded(_ batch: borrowing Batch) -> String {
    var output = ByteBlock()
    JSONLinesEventEncoder().encode(batch, to: &output)
    return output.withBytes { String(decodingBytes: $0) }
  }

  static let canonicalLines = [
    #"{"device":"device-3","timestamp":1700000000100,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"device-3","timestamp":1700000000100,"event":"#
      + #"{"DataReceived":{"name":"pressure","value":0.275}}}"#,
    #"{"device":"","timestamp":-9223372036854775808,"event":"#
      + #"{"DataReceived":{"name":"a \"b\" \\ \n é 😀","value":-0.500}}}"#,
    #"{"device":"device-3","timestamp":0,"event":{"AllDataSent":{}},"session":"0k3f9x2abq8mh"}"#,
    #"{"device":"\u0001","timestamp":9223372036854775807,"event":{"AllDataSent":{}},"#
      + #""duplicate":true,"session":"s\"1"}"#,
    #"{"device":"device-3","timestamp":1700000004123,"event":{"SessionClosed":{"#
      + #""status":"timeout","start":-1,"end":1700000000123,"events":7,"partial":true}},"#
      + #""session":"0k3f9x2abq8mh"}"#,
  ]

  @Test(arguments: canonicalLines)
  func writesInTheOrderOfTheSchemaWithoutWhiteSpace(line: String) {
    #expect(JSONLinesEventEncoderTests.encoded(Self.decoded(line + "\n")) == line + "\n")
  }

  @Test func writesAllEventsOfABatchInTheirOrder() {
    let text = Self.canonicalLines.map { $0 + "\n" }.joined()
    #expect(Self.encoded(Self.decoded(text)) == text)
  }

  @Test func writesFieldsAndNotTheBytesTheyCameFrom() {
    let text = #" {"event": {"DataReceived": {"value": 5e-1, "x": [], "name": "\u0077ind"}}, "#
    let line = text + #""timestamp": 1.7e3, "y": 1, "device": "d"} "#
    #expect(
      Self.encoded(Self.decoded(line + "\n"))
        == #"{"device":"d","timestamp":1700,"event":{"DataReceived":{"#
        + #""name":"wind","value":0.500}}}"# + "\n")
  }

  // MARK: Numbers

  private static func text(of value: Double) -> String {
    var output = ByteBlock()
    output.append(number: value)
    return output.withBytes { String(decodingBytes: $0) }
  }

  @Test(
    arguments: [
      (0, "0.000"), (-0.0, "-0.000"), (0.5, "0.500"), (0.275, "0.275"), (-1.25, "-1.250"),
      (1e9, "1000000000.000"), (0.0005, "0.0005"), (1e-5, "1e-05"), (0.1 + 0.2, String(0.1 + 0.2)),
      (9_007_199_254_740.992, "9007199254740.992"), (1e300, "1e+300"), (.infinity, "1e999"),
      (-.infinity, "-1e999"), (.nan, "\"NaN\""),
    ] as [(Double, String)])
  func writesThousandthsWithThreeDecimalsAndTheRestAsShortAsItMay(value: Double, text: String) {
    #expect(Self.text(of: value) == text)
  }

  @Test func everyThousandthHasThreeDecimals() {
    for number in 0..<1000 {
      let digits = String(number)
      let expected = "0." + String(repeating: "0", count: 3 - digits.count) + digits
      #expect(Self.text(of: Double(number) / 1000) == expected)
    }
  }

  @Test func everyNumberReadsBackTheSame() {
    var generator = SplitMix64(seed: 21)
    for round in 0..<20_000 {
      let bits = generator.next()
      let value =
        round % 2 == 0
        ? Double(bitPattern: bits) : Double(Int64(truncatingIfNeeded: bits) >> 12) / 1000
      if value.isNaN { continue }
      let text = Self.text(of: value)
      let read = withUTF8Bytes(of: text) { FloatingPointText.parse($0) }
      #expect(read.bitPattern == value.bitPattern, "\(text)")
    }
  }
}
