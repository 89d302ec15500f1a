// A text read by the steps of a pattern, as strptime(3) of the GNU C library does.

/// What a text tells of a time, and where it tells what may be spelled in several ways.
struct TimeFields: BitwiseCopyable {
  var year: Int64 = 1970
  /// 0 where it is not told; so also the day.
  var month: Int64 = 0
  var day: Int64 = 0
  /// From 1; 0 where it is not told.
  var dayOfYear: Int64 = 0
  var clock = ClockTime()
  /// Of the second, rounded down.
  var milliseconds: Int64 = 0
  /// The seconds since the epoch, where they are told.
  var epoch: Int64?
  var zone: ZoneOffset
  /// Where the digits of the fraction, the offset and the zone's name stand; empty where they do not.
  var fractionText: TextRange = .empty
  var offsetText: TextRange = .empty
  var zoneNameText: TextRange = .empty
  /// Whether the hour is one of half a day, and of which half.
  var hasHalfDayHour = false
  var isAfternoon = false

  init(zone: ZoneOffset) { self.zone = zone }

  /// The milliseconds since the epoch; nil where there is no such day, or 64 bits do not hold it. A text
  /// without a date tells of 1970-01-01, one without a day of the first.
  @inline(__always)
  var time: Int64? {
    if let epoch {
      let (product, overflow) = epoch.multipliedReportingOverflow(by: 1000)
      let (sum, carry) = product.addingReportingOverflow(milliseconds)
      return overflow || carry ? nil : sum
    }
    guard let days else { return nil }
    var clock = clock
    if hasHalfDayHour { clock.hour = clock.hour % 12 &+ (isAfternoon ? 12 : 0) }
    let seconds = days &* 86400 &+ clock.secondOfDay &- zone.minutes &* 60
    return seconds &* 1000 &+ milliseconds
  }

  @inline(__always)
  private var days: Int64? {
    if month == 0 && dayOfYear > 0 {
      if dayOfYear == 366 && !CivilDate.isLeap(year) { return nil }
      return CivilDate(year: year, month: 1, day: 1).daysSinceEpoch &+ dayOfYear &- 1
    }
    let date = CivilDate(year: year, month: max(month, 1), day: max(day, 1))
    return date.isReal ? date.daysSinceEpoch : nil
  }
}

/// A place in a text, moved on by the steps of a pattern.
struct TimePatternScanner: BitwiseCopyable {
  private(set) var fields: TimeFields
  private var index = 0
  /// Whether a number in the text is too large for 64 bits.
  private(set) var isOutOfRange = false

  init(zone: ZoneOffset) { fields = TimeFields(zone: zone) }

  /// Whether the steps read the whole text. Cost: a few nanoseconds a step.
  @inline(__always)
  mutating func read(_ text: Span<UInt8>, _ steps: Span<TimePattern.Step>) -> Bool {
    for place in 0..<steps.count where !read(text, steps[place]) { return false }
    return index == text.count
  }

  @inline(__always)
  private mutating func read(_ text: Span<UInt8>, _ step: TimePattern.Step) -> Bool {
    switch step.directive {
    case .literal:
      guard index < text.count, text[index] == step.byte else { return false }
      index &+= 1
      return true
    case .space:
      skipSpace(text)
      return true
    case .year: return set(&fields.year, number(text, 0, 9999, digits: 4))
    case .yearOfCentury: return yearOfCentury(text)
    case .month: return set(&fields.month, number(text, 1, 12))
    case .day, .paddedDay: return set(&fields.day, number(text, 1, 31))
    case .hour:
      fields.hasHalfDayHour = false
      return set(&fields.clock.hour, number(text, 0, 23))
    case .halfDayHour:
      fields.hasHalfDayHour = true
      return set(&fields.clock.hour, number(text, 1, 12))
    case .halfDay: return halfDay(text)
    case .minute: return set(&fields.clock.minute, number(text, 0, 59))
    case .second: return set(&fields.clock.second, number(text, 0, 60))
    case .fraction: return fraction(text)
    case .shortMonthName, .monthName: return monthName(text)
    case .weekdayName: return weekdayName(text)
    case .dayOfYear: return set(&fields.dayOfYear, number(text, 1, 366, digits: 3))
    case .offset: return offset(text)
    case .zoneName: return zoneName(text)
    case .epoch: return epoch(text)
    }
  }

  @inline(__always)
  private mutating func skipSpace(_ text: Span<UInt8>) {
    while index < text.count, TimePattern.isSpace(text[index]) { index &+= 1 }
  }

  /// Sets a field; false where the value is below 0.
  @inline(__always)
  private func set(_ field: inout Int64, _ value: Int64) -> Bool {
    field = value
    return value >= 0
  }

  @inline(__always)
  private func digit(_ text: Span<UInt8>) -> Int64? {
    guard index < text.count else { return nil }
    let digit = text[index] &- UInt8(ascii: "0")
    return digit < 10 ? Int64(digit) : nil
  }

  /// A number within bounds, behind any white space; -1 where there is none. It takes as many digits as there
  /// may be, but none more where another would lead beyond the greatest number, whatever it is.
  @inline(__always)
  private mutating func number(
    _ text: Span<UInt8>, _ least: Int64, _ greatest: Int64, digits: Int = 2
  ) -> Int64 {
    skipSpace(text)
    guard var value = digit(text) else { return -1 }
    index &+= 1
    var left = digits &- 1
    while left > 0, value &* 10 <= greatest, let next = digit(text) {
      value = value &* 10 &+ next
      index &+= 1
      left &-= 1
    }
    return value >= least && value <= greatest ? value : -1
  }

  /// 69 to 99 are of the twentieth century (POSIX).
  private mutating func yearOfCentury(_ text: Span<UInt8>) -> Bool {
    let number = number(text, 0, 99)
    fields.year = number + (number < 69 ? 2000 : 1900)
    return number >= 0
  }

  /// The seconds since the epoch, negative before it.
  private mutating func epoch(_ text: Span<UInt8>) -> Bool {
    let start = index
    if index < text.count, text[index] == UInt8(ascii: "-") { index += 1 }
    let firstDigit = index
    while digit(text) != nil { index += 1 }
    if index == firstDigit { return false }
    fields.epoch = WholeNumber.floor(text.extracting(start..<index), timesTenTo: 0)
    isOutOfRange = fields.epoch == nil
    return !isOutOfRange
  }

  private mutating func fraction(_ text: Span<UInt8>) -> Bool {
    let (value, end) = text.thousandths(at: index)
    fields.milliseconds = value
    fields.fractionText = TextRange(offset: index, length: end - index)
    defer { index = end }
    return end > index
  }

  private mutating func offset(_ text: Span<UInt8>) -> Bool {
    skipSpace(text)
    guard let found = ZoneOffset.read(text, at: index, mayLackMinutes: true) else { return false }
    fields.zone = found.zone
    fields.offsetText = TextRange(offset: index, length: found.end - index)
    index = found.end
    return true
  }

  // MARK: Names, in whichever letters

  private mutating func halfDay(_ text: Span<UInt8>) -> Bool {
    guard let half = letters(text, 2, areAnyOf: TimePattern.halfDayLetters) else { return false }
    fields.isAfternoon = half == 1
    return true
  }

  private mutating func monthName(_ text: Span<UInt8>) -> Bool {
    guard let month = letters(text, 3, areAnyOf: TimePattern.monthLetters) else { return false }
    skipRest(text, of: TimePattern.months[month])
    fields.month = Int64(month) + 1
    return true
  }

  /// The day of the week says nothing that is not known.
  private mutating func weekdayName(_ text: Span<UInt8>) -> Bool {
    guard let day = letters(text, 3, areAnyOf: TimePattern.weekdayLetters) else { return false }
    skipRest(text, of: TimePattern.weekdays[day])
    return true
  }

  /// `UTC` or `GMT`.
  private mutating func zoneName(_ text: Span<UInt8>) -> Bool {
    guard letters(text, 3, areAnyOf: TimePattern.zoneLetters) != nil else { return false }
    fields.zone = .utc
    fields.zoneNameText = TextRange(offset: index - 3, length: 3)
    return true
  }

  /// Which of the words the next letters are.
  @inline(__always)
  private mutating func letters<let size: Int>(
    _ text: Span<UInt8>, _ length: Int, areAnyOf words: InlineArray<size, UInt32>
  ) -> Int? {
    guard index &+ length <= text.count else { return nil }
    let word = TimePattern.letters(text, at: index, length)
    for number in 0..<size where words[number] == word {
      index &+= length
      return number
    }
    return nil
  }

  /// Passes over what stands behind the first three letters of a name, if all of it does.
  @inline(__always)
  private mutating func skipRest(_ text: Span<UInt8>, of name: StaticString) {
    let length = name.utf8CodeUnitCount - 3
    guard length > 0, index + length <= text.count else { return }
    for place in 0..<length
    where text[index + place] | 0x20 != TimePattern.byte(of: name, at: place + 3) { return }
    index += length
  }
}

extension TimePattern {
  static let months: [StaticString] = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October",
    "November", "December",
  ]
  static let weekdays: [StaticString] = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]

  static let monthLetters = InlineArray<12, UInt32> { letters(of: months[$0]) }
  static let weekdayLetters = InlineArray<7, UInt32> { letters(of: weekdays[$0]) }
  static let halfDayLetters: InlineArray<2, UInt32> = [letters(of: "AM"), letters(of: "PM")]
  static let zoneLetters: InlineArray<2, UInt32> = [letters(of: "UTC"), letters(of: "GMT")]

  /// Up to four letters, made small, in a word.
  @inline(__always)
  static func letters(_ text: Span<UInt8>, at index: Int, _ length: Int) -> UInt32 {
    var word: UInt32 = 0
    for place in 0..<length { word = word << 8 | UInt32(text[index &+ place] | 0x20) }
    return word
  }

  private static func letters(of name: StaticString) -> UInt32 {
    var word: UInt32 = 0
    for place in 0..<min(3, name.utf8CodeUnitCount) {
      word = word << 8 | UInt32(byte(of: name, at: place) | 0x20)
    }
    return word
  }

  @inline(__always)
  static func byte(of name: StaticString, at place: Int) -> UInt8 {
    precondition(place < name.utf8CodeUnitCount)
    return unsafe name.utf8Start[place]
  }
}
