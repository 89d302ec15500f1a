// Numbers as the decimals that they are written as: compared exactly, written as jq writes them.

/// The parts of a number's text; the text itself stays where it is.
///
/// Nothing goes through floating point. Every operation costs at most the length of the texts, whatever
/// their exponents are. Reads JSON's numbers (RFC 8259, section 6), and what `tonumber` of jq 1.8 takes
/// besides: a plus sign, leading zeros, a point without digits on one side, infinities and what is not a
/// number.
struct DecimalNumber {
  enum Form: UInt8, BitwiseCopyable {
    case finite, infinite, notANumber
  }

  private(set) var form = Form.finite
  private(set) var isNegative = false
  /// The places of the digits and the point between them.
  private var digits: Range<Int>
  /// The place of the first digit that is not 0; the end of the digits where there is none.
  private var first: Int
  /// The place of the point; the end of the digits where there is none.
  private var point: Int
  /// The places of the exponent's digits.
  private var exponent: Range<Int>
  private var isExponentNegative = false

  /// Takes `text` apart, which must be a number (`isNumber`).
  init(_ text: Span<UInt8>) {
    var index = 0
    if index < text.count && DecimalNumber.isSign(text[index]) {
      isNegative = text[index] == UInt8(ascii: "-")
      index += 1
    }
    let start = index
    var first = -1
    var point = -1
    while index < text.count {
      let byte = text[index]
      if byte == UInt8(ascii: ".") {
        point = index
      } else if !DecimalNumber.isDigit(byte) {
        break
      } else if byte != UInt8(ascii: "0") && first < 0 {
        first = index
      }
      index += 1
    }
    digits = start..<index
    self.first = first < 0 ? index : first
    self.point = point < 0 ? index : point
    exponent = index..<index
    if index < text.count { readRest(text, index) }
  }

  /// An exponent, or the name of what has no digits.
  private mutating func readRest(_ text: Span<UInt8>, _ start: Int) {
    if digits.isEmpty {
      form = text[start] | 0x20 == UInt8(ascii: "i") ? .infinite : .notANumber
      return
    }
    var index = start + 1
    if index < text.count && DecimalNumber.isSign(text[index]) {
      isExponentNegative = text[index] == UInt8(ascii: "-")
      index += 1
    }
    exponent = index..<text.count
  }

  private static func isSign(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
  }

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  var isZero: Bool { form == .finite && first == digits.upperBound }

  /// What is to be added to the exponent so that it is that of the first digit.
  private var shift: Int { first < point ? point - first - 1 : point - first }

  /// The whole number that `text` is, where that can be told at a glance: up to 18 digits, without a
  /// point or an exponent.
  @inline(__always)
  static func whole(_ text: Span<UInt8>) -> Int64? {
    var index = 0
    let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
    if isNegative { index = 1 }
    if text.count &- index > 18 || text.count == index { return nil }
    var value: Int64 = 0
    while index < text.count {
      guard isDigit(text[index]) else { return nil }
      value = value &* 10 &+ Int64(text[index] &- UInt8(ascii: "0"))
      index &+= 1
    }
    return isNegative ? 0 &- value : value
  }
}

// MARK: Order

extension DecimalNumber {
  /// -1, 0 or 1 as the left number is less than, as great as, or greater than the right one. What is no
  /// number is less than all, itself included, as in jq.
  @inline(__always)
  static func order(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
    if let first = whole(left), let second = whole(right) {
      return first < second ? -1 : first == second ? 0 : 1
    }
    return orderSlowly(left, right)
  }

  @inline(never)
  private static func orderSlowly(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
    let (first, second) = (DecimalNumber(left), DecimalNumber(right))
    if first.form == .notANumber { return -1 }
    if second.form == .notANumber { return 1 }
    if first.isZero && second.isZero { return 0 }
    if first.isZero { return second.isNegative ? 1 : -1 }
    if second.isZero || first.isNegative != second.isNegative { return first.isNegative ? -1 : 1 }
    let order = first.orderOfMagnitude(left, second, right)
    return first.isNegative ? -order : order
  }

  /// The order without signs; neither is zero.
  private func orderOfMagnitude(
    _ text: Span<UInt8>, _ other: DecimalNumber, _ otherText: Span<UInt8>
  ) -> Int {
    if form == .infinite || other.form == .infinite {
      return form == other.form ? 0 : form == .infinite ? 1 : -1
    }
    let difference = exponentDifference(text, other, otherText) + shift - other.shift
    if difference != 0 { return difference.signum() }
    var (index, otherIndex) = (first, other.first)
    while index < digits.upperBound || otherIndex < other.digits.upperBound {
      let digit = nextDigit(text, &index)
      let otherDigit = other.nextDigit(otherText, &otherIndex)
      if digit != otherDigit { return digit < otherDigit ? -1 : 1 }
    }
    return 0
  }

  /// The digit at or behind `index`, which goes behind it; 0 where they end.
  private func nextDigit(_ text: Span<UInt8>, _ index: inout Int) -> UInt8 {
    if index == point { index += 1 }
    guard index < digits.upperBound else {
      index = digits.upperBound
      return UInt8(ascii: "0")
    }
    index += 1
    return text[index - 1]
  }

  /// By how much this exponent is greater than the other, held within plus or minus 2^40, which no text
  /// is long enough to make up for.
  private func exponentDifference(
    _ text: Span<UInt8>, _ other: DecimalNumber, _ otherText: Span<UInt8>
  ) -> Int {
    let length = max(exponent.count, other.exponent.count)
    let most = 1 << 40
    var difference = 0
    for place in 0..<length {
      difference = difference * 10 + exponentDigit(text, place, of: length)
      difference -= other.exponentDigit(otherText, place, of: length)
      // From here on further digits cannot turn it round.
      difference = min(max(difference, -most), most)
    }
    return difference
  }

  /// The digit at `place` of `length`, with the exponent's sign.
  private func exponentDigit(_ text: Span<UInt8>, _ place: Int, of length: Int) -> Int {
    let index = exponent.upperBound - length + place
    guard index >= exponent.lowerBound else { return 0 }
    let digit = Int(text[index] &- UInt8(ascii: "0"))
    return isExponentNegative ? -digit : digit
  }
}

// MARK: Text

extension DecimalNumber {
  /// Whether jq 1.8's `tonumber` takes `text`: a sign, digits with a point among them, an exponent; or
  /// `nan`, `inf`, `infinity`, whatever their case (decNumber's "numeric string", without payloads).
  static func isNumber(_ text: Span<UInt8>) -> Bool {
    var index = 0
    if index < text.count && isSign(text[index]) { index += 1 }
    let start = index
    var digitCount = 0
    var hasPoint = false
    while index < text.count {
      if text[index] == UInt8(ascii: ".") && !hasPoint {
        hasPoint = true
      } else if isDigit(text[index]) {
        digitCount += 1
      } else {
        break
      }
      index += 1
    }
    if digitCount == 0 { return isName(text.extracting(start..<text.count)) }
    if index == text.count { return true }
    guard text[index] | 0x20 == UInt8(ascii: "e") else { return false }
    index += 1
    if index < text.count && isSign(text[index]) { index += 1 }
    let exponentStart = index
    while index < text.count && isDigit(text[index]) { index += 1 }
    return index == text.count && index > exponentStart
  }

  private static func isName(_ text: Span<UInt8>) -> Bool {
    for name: StaticString in ["nan", "snan", "inf", "infinity"] {
      guard name.utf8CodeUnitCount == text.count else { continue }
      let isSame = (0..<text.count).allSatisfy {
        unsafe text[$0] | 0x20 == name.utf8Start[$0]
      }
      if isSame { return true }
    }
    return false
  }

  /// Appends the number as jq 1.8 writes it (decNumber's "to-scientific-string"): all its digits, with
  /// an exponent where there are zeros before the point that were not written, or more than six behind
  /// it. What is not finite stands as `nan`, `Infinity` or `-Infinity`.
  ///
  /// Exponents of more than 17 digits, which jq has not, stay as they are written.
  static func appendCanonical(_ text: Span<UInt8>, to output: inout ByteBlock) {
    DecimalNumber(text).append(text, isNegative: nil, to: &output)
  }

  /// The same without the sign: what jq's `length` makes of it.
  static func appendMagnitude(_ text: Span<UInt8>, to output: inout ByteBlock) {
    DecimalNumber(text).append(text, isNegative: false, to: &output)
  }

  /// Appends the number in the one way in which all that equal it are written: no zeros but those that
  /// say where the point is, an exponent where that would be more than 20 digits before the point or
  /// six zeros behind it. Exponents of more than 17 digits stay as they are written.
  static func appendNormal(_ text: Span<UInt8>, to output: inout ByteBlock) {
    let number = DecimalNumber(text)
    if number.form != .finite || number.exponent.count > 17 {
      return appendCanonical(text, to: &output)
    }
    if number.isZero { return output.append(UInt8(ascii: "0")) }
    if number.isNegative { output.append(UInt8(ascii: "-")) }
    let start = output.count
    number.appendDigits(text, to: &output)
    let leading = number.leadingExponent(text, of: output.count - start)
    while output[output.count - 1] == UInt8(ascii: "0") { output.truncate(to: output.count - 1) }
    let count = output.count - start
    switch leading {
    case 0..<21 where leading >= count - 1:
      for _ in 0..<(leading + 1 - count) { output.append(UInt8(ascii: "0")) }
    case 0..<21: output.insert(UInt8(ascii: "."), at: start + leading + 1)
    case -6..<0:
      for _ in 0..<(-leading - 1) { output.insert(UInt8(ascii: "0"), at: start) }
      output.insert(UInt8(ascii: "."), at: start)
      output.insert(UInt8(ascii: "0"), at: start)
    default:
      if count > 1 { output.insert(UInt8(ascii: "."), at: start + 1) }
      output.append("E")
      output.append(decimal: Int64(leading))
    }
  }

  /// The exponent of the first of `count` digits.
  private func leadingExponent(_ text: Span<UInt8>, of count: Int) -> Int {
    exponentValue(text) - max(0, digits.upperBound - point - 1) + count - 1
  }

  private func append(_ text: Span<UInt8>, isNegative: Bool?, to output: inout ByteBlock) {
    if form == .notANumber { return output.append("nan") }
    if isNegative ?? self.isNegative { output.append(UInt8(ascii: "-")) }
    if form == .infinite { return output.append("Infinity") }
    guard exponent.count <= 17 else {
      return output.append(text.extracting(digits.lowerBound..<text.count))
    }
    let start = output.count
    appendDigits(text, to: &output)
    let count = output.count - start
    let leading = leadingExponent(text, of: count)
    output.truncate(to: start)
    if leading < count && leading >= -6 {
      appendPlain(text, before: leading + 1, of: count, to: &output)
    } else {
      appendScientific(text, leading, to: &output)
    }
  }

  private func exponentValue(_ text: Span<UInt8>) -> Int {
    var value = 0
    for index in exponent { value = value * 10 + Int(text[index] &- UInt8(ascii: "0")) }
    return isExponentNegative ? -value : value
  }

  /// The digits from the first that is not 0, without the point; of zero the last one. A point before
  /// the digit numbered `pointAt`.
  private func appendDigits(
    _ text: Span<UInt8>, pointAt: Int = -1, to output: inout ByteBlock
  ) {
    if isZero { return output.append(UInt8(ascii: "0")) }
    var number = 0
    for index in first..<digits.upperBound where index != point {
      if number == pointAt { output.append(UInt8(ascii: ".")) }
      output.append(text[index])
      number += 1
    }
  }

  /// Without an exponent, `before` of the `count` digits before the point; negative where zeros stand
  /// between.
  private func appendPlain(
    _ text: Span<UInt8>, before: Int, of count: Int, to output: inout ByteBlock
  ) {
    if before > 0 {
      return appendDigits(text, pointAt: before < count ? before : -1, to: &output)
    }
    output.append("0.")
    for _ in 0..<(-before) { output.append(UInt8(ascii: "0")) }
    appendDigits(text, to: &output)
  }

  private func appendScientific(
    _ text: Span<UInt8>, _ leading: Int, to output: inout ByteBlock
  ) {
    appendDigits(text, pointAt: 1, to: &output)
    output.append(UInt8(ascii: "E"))
    if leading >= 0 { output.append(UInt8(ascii: "+")) }
    output.append(decimal: Int64(leading))
  }
}
