// A time as a value again: in the format that it came in, so that it is read as what it is.

/// Writes times in the formats that a `TimeReader` reads.
///
/// What a format can hold is read again as the same milliseconds: a count of seconds gets three decimals
/// where they are not whole, RFC 3339 always has three, `%f` is three. What is coarser is rounded down to
/// what the format tells. Times of which a format cannot tell the year are held at the first or last of
/// which it can.
public struct TimeWriter: Sendable {
  public let formats: TimeFormats

  public init(_ formats: TimeFormats) { self.formats = formats }

  /// Appends a time as a JSON value: a number where it came as one, else a string.
  ///
  /// Where several formats are tried and an earlier one would read something else of the text, the first
  /// that is read again as that time is taken in its place.
  public func appendValue(_ time: EventTime, as form: TimeForm, to output: inout ByteBlock) {
    let mark = output.count
    append(time, like: Span(), as: form, to: &output)
    if form.format == 0 { return }
    let again = reading(of: output, from: mark, near: time)
    if again.time == time || again.form == form { return }
    for format in formats.entries.indices {
      output.truncate(to: mark)
      let other = TimeForm(format: format, isString: form.isString)
      append(time, like: Span(), as: other, to: &output)
      if reading(of: output, from: mark, near: time).time == time { return }
    }
    output.truncate(to: mark)
    append(time, like: Span(), as: form, to: &output)
  }

  /// The same in the spelling of `text`, which was read in that form: with its offset, and as many digits
  /// behind the second; those behind the millisecond stay as they are.
  public func appendValue(
    _ time: EventTime, like text: Span<UInt8>, as form: TimeForm, to output: inout ByteBlock
  ) {
    append(time, like: text, as: form, to: &output)
  }

  /// What the value from `mark` on would be read as, and in which form.
  private func reading(
    of output: borrowing ByteBlock, from mark: Int, near time: EventTime
  ) -> (time: EventTime?, form: TimeForm?) {
    let isString = output[mark] == UInt8(ascii: "\"")
    let margin = isString ? 1 : 0
    var reader = TimeReader(formats, now: time)
    reader.last = time
    return output.withBytes(mark + margin, output.count - mark - 2 * margin) { text in
      switch reader.reading(of: isString ? .string : .number, text) {
      case .time(let time, let form): (time, form)
      case .fault: (nil, nil)
      }
    }
  }

  private func append(
    _ time: EventTime, like text: Span<UInt8>, as form: TimeForm, to output: inout ByteBlock
  ) {
    let mark = output.count
    if form.isString { output.append(UInt8(ascii: "\"")) }
    appendText(time, like: text, as: form, to: &output)
    if form.isString {
      output.append(UInt8(ascii: "\""))
      escape(&output, from: mark)
    } else if formats.entries[form.format].kind == .pattern {
      quoteUnlessNumber(&output, from: mark)
    }
  }

  /// Literals of a pattern may have to be escaped.
  private func escape(_ output: inout ByteBlock, from mark: Int) {
    let length = output.count - mark - 2
    let text = output.withBytes(mark + 1, length) { text -> ByteBlock? in
      guard (0..<text.count).contains(where: { TimeWriter.mustBeEscaped(text[$0]) }) else {
        return nil
      }
      var copy = ByteBlock(capacity: length)
      copy.append(text)
      return copy
    }
    guard let text else { return }
    output.truncate(to: mark)
    text.withBytes { JSONText.appendString($0, to: &output) }
  }

  private static func mustBeEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  /// A pattern may make a text of a number that is none of JSON: `01122023`.
  private func quoteUnlessNumber(_ output: inout ByteBlock, from mark: Int) {
    let length = output.count - mark
    let isNumber = output.withBytes(mark, length) { text in
      CountText(text).map { !$0.hasPlus && !$0.hasLeadingZeros } ?? false
    }
    if isNumber { return }
    output.append(UInt8(ascii: "\""))
    output.move(from: mark, to: mark + 1, length)
    withUTF8Bytes(of: "\"") { output.overwrite(at: mark, with: $0) }
    output.append(UInt8(ascii: "\""))
    escape(&output, from: mark)
  }

  /// Appends a time as text that is in no quotes: what Avro's strings hold.
  ///
  /// - Parameter text: what was read in that form, to be spelled like; or nothing.
  public func appendText(
    _ time: EventTime, like text: Span<UInt8> = Span(), as form: TimeForm,
    to output: inout ByteBlock
  ) {
    let entry = formats.entries[form.format]
    switch entry.kind {
    case .auto where form.isString, .rfc3339:
      if text.isEmpty {
        let held = LocalTime.held(time.milliseconds)
        output.append(internetTime: held)
      } else {
        InternetTime.append(time.milliseconds, like: text, zone: formats.zone, to: &output)
      }
    case .auto: output.append(time.milliseconds, .milliseconds, like: text)
    case .count: output.append(time.milliseconds, entry.unit, like: text)
    case .pattern:
      let pattern = TimePatternWriter(time, like: text, entry, of: formats)
      for index in entry.firstStep..<entry.endStep {
        pattern.append(formats.steps[index], like: text, to: &output)
      }
    }
  }
}

// MARK: Counts

/// A plain decimal number: a sign, digits, and a point with more of them, if any.
struct CountText: BitwiseCopyable {
  private(set) var hasPlus = false
  private(set) var isNegative = false
  private(set) var firstDigit = 0
  /// How many digits stand behind the point.
  private(set) var decimals = 0
  let hasLeadingZeros: Bool

  /// nil where it is none: empty, with an exponent, or no number.
  init?(_ text: Span<UInt8>) {
    guard text.count > 0 else { return nil }
    hasPlus = text[0] == UInt8(ascii: "+")
    isNegative = text[0] == UInt8(ascii: "-")
    firstDigit = hasPlus || isNegative ? 1 : 0
    let point = CountText.digitsEnd(text, firstDigit)
    guard point > firstDigit else { return nil }
    hasLeadingZeros = point - firstDigit > 1 && text[firstDigit] == UInt8(ascii: "0")
    if point == text.count { return }
    let end = CountText.digitsEnd(text, point + 1)
    guard text[point] == UInt8(ascii: "."), end > point + 1, end == text.count else { return nil }
    decimals = end - point - 1
  }

  @inline(__always)
  private static func digitsEnd(_ text: Span<UInt8>, _ start: Int) -> Int {
    var index = start
    while index < text.count, text[index] &- UInt8(ascii: "0") < 10 { index += 1 }
    return index
  }

  /// The digit so many places from the end, from 1, of the number without its point; 0 where it has no
  /// more.
  func digit(_ place: Int, of text: Span<UInt8>) -> UInt8 {
    let index = text.count - place - (place > decimals && decimals > 0 ? 1 : 0)
    return index >= firstDigit ? text[index] : UInt8(ascii: "0")
  }
}

extension ByteBlock {
  /// Appends `milliseconds` as a number of `unit`, with as many decimals as `old` has. Digits behind the
  /// millisecond are those of `old`; 0 where either is negative. Without an `old` in plain decimals there
  /// are none behind the point, or where seconds are not whole, three.
  mutating func append(_ milliseconds: Int64, _ unit: CountedUnit, like old: Span<UInt8>) {
    let plain = CountText(old)
    let tens = Int(unit.rawValue)
    let decimals = plain?.decimals ?? (tens > 0 && milliseconds % 1000 != 0 ? tens : 0)
    let finer = max(0, decimals - tens)
    let coarser = max(0, tens - decimals)
    var divisor: Int64 = 1
    for _ in 0..<coarser { divisor *= 10 }
    let (whole, _) = milliseconds.flooredDivision(by: divisor)
    if whole < 0 { append(UInt8(ascii: "-")) }
    let mark = count
    append(decimal: whole.magnitude, width: max(1, decimals + 1 - finer))
    let keepsDigits = whole >= 0 && plain?.isNegative == false
    for place in stride(from: finer, to: 0, by: -1) {
      append(keepsDigits ? plain?.digit(place, of: old) ?? UInt8(ascii: "0") : UInt8(ascii: "0"))
    }
    dropLeadingZeros(from: mark, keeping: decimals + 1)
    if decimals > 0 { insertPoint(before: decimals) }
  }

  private mutating func dropLeadingZeros(from mark: Int, keeping least: Int) {
    var first = mark
    while count - first > least, self[first] == UInt8(ascii: "0") { first += 1 }
    move(from: first, to: mark, count - first)
    truncate(to: count - (first - mark))
  }

  private mutating func insertPoint(before decimals: Int) {
    let place = count - decimals
    append(UInt8(ascii: "."))
    move(from: place, to: place + 1, decimals)
    store(UInt8(ascii: "."), at: place)
  }
}
