// Doubles to and from text, against the C library and the standard library.

import Foundation
import TestSupport
import Testing

@testable import KESCore

/// What `body` appends, as text.
func text(_ body: (inout ByteBlock) -> Void) -> String {
  var block = ByteBlock()
  body(&block)
  return block.withBytes { String(decodingBytes: $0) }
}

@Suite struct DecimalTextTests {
  /// What the C library makes of it.
  private func byStrtod(_ text: String) -> Double { unsafe strtod(text, nil) }

  private func parse(_ text: String) -> Double {
    withUTF8Bytes(of: text) { FloatingPointText.parse($0) }
  }

  /// A double of any kind: of random bits, of few digits, near a power of two, huge, tiny.
  private func randomDouble(_ generator: inout SeededGenerator) -> Double {
    switch Int.random(in: 0..<6, using: &generator) {
    case 0:
      let value = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &generator))
      return value.isFinite ? value : 0.5
    case 1: return Double.random(in: -1000...1000, using: &generator)
    case 2: return Double(Int.random(in: -1_000_000...1_000_000, using: &generator)) / 1000
    case 3:
      let power = Double(
        sign: .plus, exponent: Int.random(in: -80...80, using: &generator), significand: 1)
      return generator.chance(50) ? power : generator.chance(50) ? power.nextUp : power.nextDown
    case 4:
      return Double.random(in: 0...1, using: &generator)
        * pow(10, Double(Int.random(in: -7...18, using: &generator)))
    default:
      // A tie between two thousandths.
      return Double(Int.random(in: -100_000...100_000, using: &generator)) / 16
    }
  }

  @Test(arguments: TestSeeds.each(0...7)) func parsesWhatPrintfWritesAsStrtodDoes(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<4000 {
      let value = randomDouble(&generator)
      let formats = ["%.17g", "%.15g", "%.3f", "%.20e", "%.30f", "%.1e", "%.0f"]
      let format = formats.randomElement(using: &generator) ?? "%.17g"
      let written = String(format: format, value)
      #expect(parse(written).bitPattern == byStrtod(written).bitPattern, "\(written)")
    }
  }

  @Test(arguments: TestSeeds.each(0...7)) func parsesRandomDigitsAsStrtodDoes(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<4000 {
      var written = generator.chance(20) ? "-" : ""
      written +=
        "\(UInt64.random(in: 0 ... .max, using: &generator) >> UInt64.random(in: 0..<64, using: &generator))"
      if generator.chance(70) {
        written += "."
        for _ in 0...Int.random(in: 0..<22, using: &generator) {
          written += "\(Int.random(in: 0...9, using: &generator))"
        }
      }
      if generator.chance(30) { written += "e\(Int.random(in: -340...320, using: &generator))" }
      #expect(parse(written).bitPattern == byStrtod(written).bitPattern, "\(written)")
    }
  }

  @Test(
    arguments: [
      "0", "-0", "0.0", "1e400", "-1e400", "1e-400", "4.9e-324", "2.4703282292062327e-324",
      "9007199254740993", "9007199254740992.5", "0.1e1", "1E+2", "18446744073709551616",
      "9223372036854775808.000", "1" + String(repeating: "0", count: 400),
      "0." + String(repeating: "0", count: 400) + "1", "1e999999999999999999999", "0e999999999999",
      "0.500000000000000166533453693773481063544750213623046875",
    ])
  func parsesHardTextsAsStrtodDoes(written: String) {
    #expect(parse(written).bitPattern == byStrtod(written).bitPattern)
  }

  @Test(arguments: TestSeeds.each(0...7)) func writesThousandthsAsPrintfDoes(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<4000 {
      let value = randomDouble(&generator)
      #expect(text { $0.append(thousandths: value) } == String(format: "%.3f", value), "\(value)")
    }
  }

  @Test(
    arguments: [
      0, -0.0, 0.0005, 0.0015, -0.0004, 0.9995, 999.9995, 0x1p52, 0x1p53, 0x1p63, 0x1p64,
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude,
      .leastNormalMagnitude, .infinity, -.infinity,
    ])
  func writesHardThousandthsAsPrintfDoes(value: Double) {
    #expect(text { $0.append(thousandths: value) } == String(format: "%.3f", value))
  }

  @Test(arguments: TestSeeds.each(0...7)) func writesTheShortestTextThatReadsBack(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<4000 {
      let value = randomDouble(&generator)
      let written = text { $0.append(shortest: value) }
      #expect(written == value.description)
    }
  }

  @Test(arguments: [
    (0.275, "0.275"), (1, "1.0"), (-0.0, "-0.0"), (1e-7, "1e-07"),
    (0.1 + 0.2, "0.30000000000000004"),
  ])
  func writesShortTextInTheUsualForm(value: Double, written: String) {
    #expect(text { $0.append(shortest: value) } == written)
  }
}
