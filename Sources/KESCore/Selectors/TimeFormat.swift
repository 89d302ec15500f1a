// How the times of records are written: `--time-format`, parsed.

/// One way to write a time.
public enum TimeFormat: Hashable, Sendable {
  /// A number is milliseconds, a string RFC 3339.
  case auto
  /// A number, or a string of digits, that counts a unit since the epoch.
  case count(CountedUnit)
  case rfc3339
  /// A text as strptime(3) reads it in the C locale.
  case pattern(TimePattern)

  /// Parses the text of the option.
  public init(_ text: String) throws(TimeFormatError) {
    switch text {
    case "auto": self = .auto
    case "rfc3339": self = .rfc3339
    default:
      if let unit = CountedUnit(name: text) {
        self = .count(unit)
      } else if text.contains("%") {
        self = .pattern(try TimePattern(text))
      } else {
        throw TimeFormatError(.unknownName, in: text)
      }
    }
  }
}

extension TimeFormat: CustomStringConvertible {
  /// The text of the option.
  public var description: String {
    switch self {
    case .auto: "auto"
    case .count(let unit): unit.name
    case .rfc3339: "rfc3339"
    case .pattern(let pattern): pattern.text
    }
  }
}

/// A unit that numbers count since the epoch; the raw value is the power of ten by which such a number is
/// multiplied to count milliseconds.
public enum CountedUnit: Int8, BitwiseCopyable, CaseIterable, Sendable {
  case seconds = 3
  case milliseconds = 0
  case microseconds = -3
  case nanoseconds = -6

  /// What the option calls it.
  public var name: String {
    switch self {
    case .seconds: "s"
    case .milliseconds: "ms"
    case .microseconds: "us"
    case .nanoseconds: "ns"
    }
  }

  /// What people call it.
  public var plural: String { "\(self)" }

  init?(name: String) {
    guard let unit = CountedUnit.allCases.first(where: { $0.name == name }) else { return nil }
    self = unit
  }
}

/// A pattern of strptime(3), as steps that read or write a piece of a text each.
public struct TimePattern: Hashable, Sendable {
  /// What a step reads or writes; the raw value is the letter behind the `%`.
  enum Directive: UInt8, BitwiseCopyable {
    case year = 0x59  // Y
    case yearOfCentury = 0x79  // y
    case month = 0x6D  // m
    case day = 0x64  // d
    case paddedDay = 0x65  // e
    case hour = 0x48  // H
    case halfDayHour = 0x49  // I
    case halfDay = 0x70  // p
    case minute = 0x4D  // M
    case second = 0x53  // S
    case fraction = 0x66  // f
    case shortMonthName = 0x62  // b
    case monthName = 0x42  // B
    case weekdayName = 0x61  // a
    case dayOfYear = 0x6A  // j
    case offset = 0x7A  // z
    case zoneName = 0x5A  // Z
    case epoch = 0x73  // s
    /// `%n`, and white space itself: any, also none.
    case space = 0x6E  // n
    /// `%%`, and whatever stands for itself.
    case literal = 0x25  // %
  }

  struct Step: BitwiseCopyable, Hashable {
    let directive: Directive
    /// Of a literal: itself; of white space: what is written.
    var byte: UInt8 = 0
  }

  /// The text of the option.
  public let text: String
  let steps: [Step]

  /// Parses a pattern; it must have a directive that tells of a time, no day without a month, and no hour
  /// of half a day without which half, as times would be wrong and nobody would notice.
  public init(_ text: String) throws(TimeFormatError) {
    self.text = text
    var steps: [Step] = []
    var isBehindPercent = false
    for (place, character) in text.enumerated() {
      if isBehindPercent {
        guard let letter = character.asciiValue, let directive = Directive(rawValue: letter) else {
          throw TimeFormatError(.unknownDirective(character), in: text, place: place - 1)
        }
        let byte = directive == .space ? UInt8(ascii: " ") : letter
        steps.append(Step(directive: directive, byte: byte))
      } else if character != "%" {
        steps += character.utf8.map {
          Step(directive: TimePattern.isSpace($0) ? .space : .literal, byte: $0)
        }
      }
      isBehindPercent = character == "%" && !isBehindPercent
    }
    if isBehindPercent { throw TimeFormatError(.lonePercent, in: text, place: text.count - 1) }
    self.steps = steps
    if let problem { throw TimeFormatError(problem, in: text) }
  }

  /// What the C locale calls white space.
  @inline(__always)
  static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte >= 0x09 && byte <= 0x0D
  }

  func has(_ directives: Directive...) -> Bool {
    steps.contains { directives.contains($0.directive) }
  }

  private var problem: TimeFormatError.Problem? {
    if steps.allSatisfy({ $0.directive == .space || $0.directive == .literal }) {
      return .noDirective
    }
    if has(.epoch) { return nil }
    if has(.day, .paddedDay) && !has(.month, .monthName, .shortMonthName) {
      return .dayWithoutMonth
    }
    if has(.halfDayHour) && !has(.halfDay) && !has(.hour) { return .halfDayUnknown }
    return nil
  }

  /// Whether a text tells month and day, and no year.
  var lacksYear: Bool {
    has(.month, .monthName, .shortMonthName, .dayOfYear) && !has(.year, .yearOfCentury, .epoch)
  }
}

/// Why a text is no format of times: what, and where, and what there is.
public struct TimeFormatError: Error, Hashable, Sendable {
  public enum Problem: Hashable, Sendable {
    case unknownName
    case unknownDirective(Character)
    /// A `%` at the end.
    case lonePercent
    case noDirective
    case dayWithoutMonth
    case halfDayUnknown
  }

  public let problem: Problem
  /// The option's text.
  public let text: String
  /// The place in the text, in characters from 0, where it is a single one.
  public let place: Int?

  init(_ problem: Problem, in text: String, place: Int? = nil) {
    self.problem = problem
    self.text = text
    self.place = place
  }
}

extension TimeFormatError: CustomStringConvertible {
  private static let directives =
    "%Y %y %m %d %e %H %I %p %M %S %f %b %B %a %j %z %Z %s %n %%"

  /// What others have that is written otherwise here.
  private static let spellings: [Character: String] = [
    "A": "%a", "c": "%a %b %e %H:%M:%S %Y", "D": "%m/%d/%y", "F": "%Y-%m-%d", "G": "%Y", "h": "%b",
    "k": "%H", "l": "%I", "L": "%f", "N": "%f", "P": "%p", "R": "%H:%M", "r": "%I:%M:%S %p",
    "T": "%H:%M:%S", "t": "%n", "Q": "%f",
  ]

  /// The names that others give to what there is.
  private static let names: [String: String] = [
    "seconds": "s", "sec": "s", "epoch": "s", "unix": "s", "milliseconds": "ms", "millis": "ms",
    "microseconds": "us", "micros": "us", "nanoseconds": "ns", "nanos": "ns", "iso": "rfc3339",
    "iso8601": "rfc3339", "iso-8601": "rfc3339", "rfc-3339": "rfc3339",
  ]

  /// One line: what is wrong, where, and what there is.
  public var description: String {
    switch problem {
    case .unknownName:
      "\"\(text)\" is no time format\(nearestName); there are auto, s, ms, us, ns, rfc3339, and "
        + "patterns as strptime(3) has them, such as '%Y-%m-%d %H:%M:%S'"
    case .unknownDirective(let letter):
      "unknown directive %\(letter) \(position)\(spelling(of: letter)); there are "
        + TimeFormatError.directives
    case .lonePercent: "a lone % \(position); %% stands for itself"
    case .noDirective: "nothing in \"\(text)\" tells of a time"
    case .dayWithoutMonth: "\"\(text)\" has a day and no month; add %m, %b or %B, or use %j"
    case .halfDayUnknown:
      "\"\(text)\" has hours of half a day (%I) and not which half; add %p, or use %H"
    }
  }

  private var position: String { "at character \((place ?? 0) + 1) of \"\(text)\"" }

  private var nearestName: String {
    TimeFormatError.names[text.lowercased()].map { ", \($0) is" } ?? ""
  }

  private func spelling(of letter: Character) -> String {
    TimeFormatError.spellings[letter].map { ", which is \($0) here" } ?? ""
  }
}
