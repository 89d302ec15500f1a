// JSON that is hostile: doubled members, escapes in names, all kinds of white space, and damage.

import TestSupport

@testable import KESCore

/// Makes records and paths that lead into them.
struct RandomJSON {
  var generator: SeededGenerator
  private var lineFeeds = false

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// Few, so that paths lead somewhere and members come twice.
  private static let names = [
    "a", "b", "", "timestamp", "eightchr", "eightchs", "a name longer than sixteen", "é", "q\"\\",
    "SessionClosed", "c", "d",
  ]

  private mutating func one<Element>(of elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &generator)]
  }

  // MARK: Paths

  mutating func paths() -> WantedPaths {
    var wanted = WantedPaths()
    for _ in 0..<Int.random(in: 0..<8, using: &generator) {
      let length = Int.random(in: 1..<5, using: &generator)
      _ = wanted.slot(of: (0..<length).map { _ in step() })
    }
    return wanted
  }

  private mutating func step() -> PathStep {
    if generator.chance(20) { return .element(Int.random(in: 0..<4, using: &generator)) }
    // Names at the front more often.
    let count = generator.chance(60) ? 4 : RandomJSON.names.count
    return .member(Array(RandomJSON.names[Int.random(in: 0..<count, using: &generator)].utf8))
  }

  // MARK: Records

  /// An object with some members, in any spelling.
  mutating func record(lineFeeds: Bool, greatest: Int = .max) -> [UInt8] {
    self.lineFeeds = lineFeeds
    while true {
      let spaced = generator.chance(40)
      let record = Array((space(spaced) + object(depth: 0, spaced) + space(spaced)).utf8)
      if record.count <= greatest { return record }
    }
  }

  private mutating func space(_ spaced: Bool) -> String {
    if !spaced || generator.chance(50) { return "" }
    return (0..<Int.random(in: 1..<4, using: &generator))
      .map { _ in one(of: lineFeeds ? [" ", "\t", "\r", "\n"] : [" ", " ", "\t", "\r"]) }.joined()
  }

  private mutating func object(depth: Int, _ spaced: Bool) -> String {
    let count = Int.random(in: 0..<6, using: &generator)
    let members = (0..<count).map { _ in
      name() + space(spaced) + ":" + space(spaced) + value(depth: depth + 1, spaced) + space(spaced)
    }
    return "{" + space(spaced) + members.joined(separator: "," + space(spaced)) + "}"
  }

  private mutating func array(depth: Int, _ spaced: Bool) -> String {
    let count = Int.random(in: 0..<5, using: &generator)
    let elements = (0..<count).map { _ in value(depth: depth + 1, spaced) + space(spaced) }
    return "[" + space(spaced) + elements.joined(separator: "," + space(spaced)) + "]"
  }

  private mutating func name() -> String {
    let count = generator.chance(60) ? 4 : RandomJSON.names.count
    let name = RandomJSON.names[Int.random(in: 0..<count, using: &generator)]
    return "\"" + name.unicodeScalars.map { scalar in spelling(of: scalar) }.joined() + "\""
  }

  private mutating func spelling(of scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: generator.chance(50))
    if generator.chance(8) {
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    return scalar == "\"" || scalar == "\\" ? "\\" + String(scalar) : String(scalar)
  }

  private mutating func value(depth: Int, _ spaced: Bool) -> String {
    switch Int.random(in: 0..<(depth < 6 ? 10 : 6), using: &generator) {
    case 0: one(of: ["null", "true", "false"])
    case 1, 2: one(of: RandomJSON.numbers)
    case 3, 4, 5: "\"" + one(of: RandomJSON.strings) + "\""
    case 6, 7, 8: object(depth: depth, spaced)
    default: array(depth: depth, spaced)
    }
  }

  private static let numbers = [
    "0", "-0", "7", "-12", "1700000000000", "9223372036854775807", "-9223372036854775808", "0.5",
    "-0.0", "1e5", "1E+05", "2.50e-3", "12345678.12345678", "123456789012.1234567890123", "1e-320",
    "0e0",
  ]

  private static let strings = [
    "", "x", "plain text", "sixteen bytes ok", "a text that is longer than sixteen bytes is",
    #"\u0041\ud83d\ude00"#, "é", "€uro 😀", #"q\"uote\\"#, #"\b\f\n\r\t\/"#, "{}[],:", #"\u0000"#,
    "fifteen bytes a\u{7F}", #"C:\\Windows\\system32\\"#, "2019-05-15T15:21:12Z",
  ]

  // MARK: Damage

  /// Changes, takes out or puts in something, or ends the record early.
  mutating func damage(_ record: inout [UInt8]) {
    for _ in 0..<Int.random(in: 1..<3, using: &generator) where !record.isEmpty {
      let place = Int.random(in: 0..<record.count, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: record.remove(at: place)
      case 1: record[place] = one(of: Array("\"\\{}[]:,-.e0 x".utf8))
      case 2: record.insert(UInt8.random(in: 0...255, using: &generator), at: place)
      case 3: record[place] = UInt8.random(in: 0...255, using: &generator)
      default: record.removeSubrange(place...)
      }
    }
    // jansson has no names with NUL.
    while let place = record.firstRange(of: Array("\\u0000".utf8)) {
      record.removeSubrange(place)
    }
  }
}
