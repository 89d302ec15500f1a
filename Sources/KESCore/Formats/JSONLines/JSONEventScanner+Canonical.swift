// The fast path: events in the spelling that encoders write, recognised by whole words.

/// The canonical spelling is that of the examples in cli.md, section 1: members in the order of the
/// schema, no white space, no escapes. Most lines of most streams are written so. Every other line,
/// and every wrong one, takes the general path; both find the same (the tests compare them).
extension JSONEventScanner {
  /// Scans a record in the canonical spelling; `JSONScanner.failed` where it is not one, with
  /// `event` in any state.
  @inline(__always)
  mutating func scanCanonical(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    // {"device":"
    guard bytes.hasWord("{\"device", at: start), bytes.hasWord("evice\":\"", at: start &+ 3) else {
      return JSONScanner.failed
    }
    event.device.start = start &+ 11
    let deviceEnd = plainTextEnd(bytes, start &+ 11)
    event.device.end = deviceEnd
    event.device.hasEscapes = false
    // ","timestamp":
    guard deviceEnd >= 0, bytes.hasWord("\",\"times", at: deviceEnd),
      bytes.hasWord("estamp\":", at: deviceEnd &+ 6)
    else { return JSONScanner.failed }
    let timeEnd = canonicalTime(bytes, deviceEnd &+ 14)
    // ,"event":{"
    guard timeEnd >= 0, bytes.hasWord(",\"event\"", at: timeEnd),
      bytes.hasWord("vent\":{\"", at: timeEnd &+ 3)
    else { return JSONScanner.failed }
    let branchEnd = canonicalBranch(bytes, timeEnd &+ 11)
    return branchEnd < 0 ? JSONScanner.failed : canonicalEnd(bytes, branchEnd)
  }

  /// The place of the quote that ends a plain string whose contents begin at `start`.
  @inline(__always)
  private func plainTextEnd(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    var index = start
    while let word = bytes.wordIfPresent(at: index) {
      let special = JSONScanner.specialBytes(word)
      if special == 0 {
        index &+= 8
        continue
      }
      index &+= special.trailingZeroBitCount >> 3
      return bytes[index] == UInt8(ascii: "\"") ? index : JSONScanner.failed
    }
    return JSONScanner.failed
  }

  /// A time of 9 to 18 digits, not led by a zero; returns the place behind it.
  @inline(__always)
  private mutating func canonicalTime(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    guard let word = bytes.wordIfPresent(at: start), word & 0xFF != 0x30,
      let leading = eightDigits(word)
    else { return JSONScanner.failed }
    var value = leading
    var index = start &+ 8
    // Thirteen digits, as times of our days have: the last eight overlap the first.
    if let last = bytes.wordIfPresent(at: start &+ 5), let trailing = eightDigits(last) {
      value = value &* 100_000 &+ trailing % 100_000
      index = start &+ 13
    }
    while JSONScanner.isDigit(bytes[index]) && index &- start < 18 {
      value = value &* 10 &+ Int64(bytes[index] &- UInt8(ascii: "0"))
      index &+= 1
    }
    event.time = value
    event.timeText.start = start
    event.timeText.end = index
    event.timeText.hasEscapes = false
    return index
  }

  /// The number that eight digits stand for, the first in the lowest byte; nil where not all are
  /// digits. Each step joins neighbours: ones to tens, hundreds, ten thousands.
  @inline(__always)
  private func eightDigits(_ word: UInt64) -> Int64? {
    let digits = word ^ 0x3030_3030_3030_3030
    guard (digits | (digits &+ 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0 == 0 else {
      return nil
    }
    let pairs = (digits &* 10 &+ digits >> 8) & 0x00FF_00FF_00FF_00FF
    let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_FFFF_0000_FFFF
    return Int64(truncatingIfNeeded: (fours &* 10000 &+ fours >> 32) & 0xFFFF_FFFF)
  }

  /// The branch whose name begins at `start`; returns the place behind the union's brace.
  @inline(__always)
  private mutating func canonicalBranch(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    if bytes.hasWord("DataRece", at: start) && bytes.hasWord("ived\":{\"", at: start &+ 8) {
      return canonicalData(bytes, start &+ 16)
    }
    if bytes.hasWord("DeviceWo", at: start), bytes.hasWord("keUp\":{}", at: start &+ 8),
      bytes[start &+ 16] == UInt8(ascii: "}")
    {
      event.kind = .deviceWokeUp
      return start &+ 17
    }
    // The word takes in the union's brace.
    if bytes.hasWord("AllDataS", at: start) && bytes.hasWord("ent\":{}}", at: start &+ 8) {
      event.kind = .allDataSent
      return start &+ 16
    }
    return JSONScanner.failed
  }

  /// `name":"…","value":…}}`
  @inline(__always)
  private mutating func canonicalData(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    guard bytes.hasWord("\"name\":\"", at: start &- 1) else { return JSONScanner.failed }
    let nameEnd = plainTextEnd(bytes, start &+ 7)
    guard nameEnd >= 0, bytes.hasWord("\",\"value", at: nameEnd),
      bytes.hasWord("\"value\":", at: nameEnd &+ 2)
    else { return JSONScanner.failed }
    let valueEnd = scanner.number(bytes, nameEnd &+ 10)
    guard valueEnd >= 0, bytes[valueEnd] == UInt8(ascii: "}"),
      bytes[valueEnd &+ 1] == UInt8(ascii: "}")
    else { return JSONScanner.failed }
    event.kind = .dataReceived
    event.name = ScannedEvent.Text(start: start &+ 7, end: nameEnd)
    event.value = ScannedEvent.Text(start: nameEnd &+ 10, end: valueEnd)
    return valueEnd &+ 2
  }

  /// The record's brace and the line feed; before them, in session events, the session.
  @inline(__always)
  private mutating func canonicalEnd(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    event.isDuplicate = false
    var index = start
    if schema == .sessionEvent && bytes.hasWord(",\"sessio", at: start)
      && bytes.hasWord("ssion\":\"", at: start &+ 4)
    {
      let sessionEnd = plainTextEnd(bytes, start &+ 12)
      if sessionEnd < 0 { return JSONScanner.failed }
      event.session = ScannedEvent.Text(start: start &+ 12, end: sessionEnd)
      index = sessionEnd &+ 1
    } else {
      event.session.end = -1
      event.session.start = 0
    }
    guard bytes[index] == UInt8(ascii: "}"), bytes[index &+ 1] == UInt8(ascii: "\n") else {
      return JSONScanner.failed
    }
    return index &+ 1
  }
}
