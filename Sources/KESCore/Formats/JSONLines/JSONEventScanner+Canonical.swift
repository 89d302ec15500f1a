// The fast path: events in the spelling that encoders write, recognised by whole words.

/// The canonical spelling is that of the examples in cli.md, section 1: members in the order of the
/// schema, no white space, no escapes. Most lines of most streams are written so. Every other line,
/// and every wrong one, takes the general path; both find the same (the tests compare them).
extension JSONEventScanner {
  /// Scans a record in the canonical spelling; `JSONScanner.failed` where it is not one, with
  /// `event` in any state.
  @inline(__always)
  mutating func scanCanonical(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    guard bytes.hasText("{\"device\":\"", at: start) else { return JSONScanner.failed }
    event.device.start = start &+ 11
    let deviceEnd = plainTextEnd(bytes, start &+ 11)
    event.device.end = deviceEnd
    event.device.hasEscapes = false
    guard deviceEnd >= 0, bytes.hasText("\",\"timestamp\":", at: deviceEnd) else {
      return JSONScanner.failed
    }
    let timeEnd = canonicalTime(bytes, deviceEnd &+ 14)
    guard timeEnd >= 0, bytes.hasText(",\"event\":{\"", at: timeEnd) else {
      return JSONScanner.failed
    }
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
      let leading = EightDigits.values(of: word)
    else { return JSONScanner.failed }
    var value = Int64(EightDigits.number(leading))
    var index = start &+ 8
    // Thirteen digits, as times of our days have: the last eight overlap the first by three.
    if let last = bytes.wordIfPresent(at: start &+ 5), let trailing = EightDigits.values(of: last) {
      value = value &* 100_000 &+ Int64(EightDigits.number(trailing & ~0xFF_FFFF))
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

  /// The branch whose name begins at `start`; returns the place behind the union's brace.
  @inline(__always)
  private mutating func canonicalBranch(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    if bytes.hasText("DataReceived\":{\"name\":\"", at: start) {
      return canonicalData(bytes, start &+ 23)
    }
    if bytes.hasText("DeviceWokeUp\":{}}", at: start) {
      event.kind = .deviceWokeUp
      return start &+ 17
    }
    if bytes.hasText("AllDataSent\":{}}", at: start) {
      event.kind = .allDataSent
      return start &+ 16
    }
    return JSONScanner.failed
  }

  /// `…","value":…}}`, from behind the quote.
  @inline(__always)
  private mutating func canonicalData(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    let nameEnd = plainTextEnd(bytes, start)
    guard nameEnd >= 0, bytes.hasText("\",\"value\":", at: nameEnd) else {
      return JSONScanner.failed
    }
    let valueEnd = scanner.number(bytes, nameEnd &+ 10)
    guard valueEnd >= 0, bytes[valueEnd] == UInt8(ascii: "}"),
      bytes[valueEnd &+ 1] == UInt8(ascii: "}")
    else { return JSONScanner.failed }
    event.kind = .dataReceived
    event.name = ScannedEvent.Text(start: start, end: nameEnd)
    event.value = ScannedEvent.Text(start: nameEnd &+ 10, end: valueEnd)
    return valueEnd &+ 2
  }

  /// The record's brace and the line feed; before them, in session events, the session.
  @inline(__always)
  private mutating func canonicalEnd(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    event.isDuplicate = false
    var index = start
    if schema == .sessionEvent && sessionName == nil
      && bytes.hasText(",\"session\":\"", at: start)
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
