// A record of any shape, understood: its key, its time and its role, or why it has none.

/// Evaluates the selectors of a shape on record after record, whose slots a format's scanner has filled.
struct ShapeReader: ~Copyable {
  /// What a record is.
  enum Verdict: BitwiseCopyable {
    case record
    /// A condition leaves it out.
    case filtered
    case rejected(ShapeFault)
  }

  let shape: RecordShape
  private var times: TimeReader
  private let memory: TimeMemory?
  private var scratch: SelectorScratch

  // What is known of the message that the record at hand came in.

  private var keepsMessageKey = false
  private var hasMessageKey = false
  private var messageKey = ByteBlock(capacity: 0)
  private var messageTime: EventTime?

  // What was found in the record at hand.

  private(set) var time = EventTime(milliseconds: 0)
  private(set) var timeForm = TimeForm(rawValue: 0)
  private(set) var role = Role.data
  /// Of a key that is one string: where its text stands in the record; nil for any other.
  private(set) var keyText: TextRange?
  /// Any other key (`SessionKey`).
  private(set) var keyBytes = ByteBlock(capacity: 64)
  private var identity = ByteBlock(capacity: 64)
  private var spelling = ByteBlock(capacity: 64)
  private var usual = ByteBlock(capacity: 64)

  /// - Parameter memory: where the time that was read last is kept; nil where nobody asks.
  init(_ shape: RecordShape, memory: TimeMemory?) {
    self.shape = shape
    self.memory = shape.times.lackYear ? memory : nil
    times = TimeReader(shape.times, firstYear: shape.options.firstYear, now: shape.now)
    scratch = SelectorScratch(messageSlots: shape.wantedOfMessage.count)
    if let memory = self.memory { times.last = memory.last }
  }

  /// Understands a record.
  ///
  /// - Parameter bytes: what the slots' texts stand in.
  @inline(__always)
  mutating func read(_ bytes: Span<UInt8>, _ slots: borrowing RecordSlots) -> Verdict {
    scratch.forgetAll()
    for index in 0..<shape.conditions.count {
      switch shape.conditions[index].holds(bytes: bytes, slots: slots, scratch: &scratch) {
      case .holds: continue
      case .fails: return .filtered
      case .fault(let fault): return .rejected(.selector(fault))
      }
    }
    if let fault = readKey(bytes, slots) { return .rejected(fault) }
    if let fault = readTime(bytes, slots) { return .rejected(fault) }
    if let fault = readRole(bytes, slots) { return .rejected(fault) }
    return .record
  }

  /// Takes key and time of a closing, as its session's events have them; else the key that it tells by
  /// itself, and the end of its session.
  ///
  /// - Parameters:
  ///   - key: what it tells by itself; nil where it does not.
  ///   - end: the end of its session.
  /// Returns whether it has a key.
  mutating func readClosing(
    _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots, key: SlotValue?, end: EventTime
  ) -> Bool {
    scratch.forgetAll()
    role = .closed
    if let key {
      readKey(key, bytes)
    } else if readKey(bytes, slots) != nil {
      return false
    }
    if readTime(bytes, slots) != nil { (time, timeForm) = (end, TimeForm(rawValue: 0)) }
    return true
  }

  /// Lends the text of a value that a fault names. Valid until `body` returns.
  func withText<Result>(
    of value: SlotValue, _ bytes: Span<UInt8>, _ body: (Span<UInt8>) -> Result
  ) -> Result {
    scratch.withText(of: value, bytes, body)
  }

  // MARK: Messages

  /// Takes what selectors may ask of the message that the next record comes in.
  ///
  /// - Parameters:
  ///   - key: nil for none. What is no UTF-8 stands for a string of U+0000 to U+00FF.
  ///   - keeps: whether the closing of a session is to have the key of its first message.
  mutating func beginMessage(key: Span<UInt8>?, timestamp: EventTime?, keeps: Bool) {
    keepsMessageKey = keeps
    messageTime = timestamp
    messageKey.truncate(to: 0)
    hasMessageKey = key != nil
    guard let key else { return }
    if shape.keys.isEmpty { messageKey.append(text: key) } else { messageKey.append(key) }
  }

  /// Lends the slots of `$message`, to be filled by a scan of what `text` holds, which becomes their own.
  mutating func withMessageSlots(
    _ text: borrowing ByteBlock, _ fill: (inout RecordSlots) -> Void
  ) {
    fill(&scratch.message)
    for slot in 0..<shape.wantedOfMessage.count {
      let value = scratch.message[slot]
      let range = value.text.bounds
      scratch.message[slot].text = TextRange(
        offset: range.lowerBound, length: range.count, isUnescaped: true)
    }
    scratch.message.text.truncate(to: 0)
    scratch.message.text.append(text, 0, text.count)
  }

  /// Whether a closing whose session has a string of this text for its key need not be told the key of
  /// the message.
  @inline(__always)
  private func isMessageKeyTold(by text: Span<UInt8>) -> Bool {
    if !keepsMessageKey { return true }
    return hasMessageKey && messageKey.count == text.count
      && messageKey.withBytes { $0.hasSameBytes(as: text) }
  }

  // MARK: Role

  private mutating func readRole(
    _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots
  ) -> ShapeFault? {
    let starts = anyHolds(shape.starts, bytes, slots)
    if case .fault(let fault) = starts { return .selector(fault) }
    let ends = anyHolds(shape.ends, bytes, slots)
    if case .fault(let fault) = ends { return .selector(fault) }
    switch (starts, ends) {
    case (.holds, .holds): role = .whole
    case (.holds, _): role = .start
    case (_, .holds): role = .end
    default: role = .data
    }
    return nil
  }

  @inline(__always)
  private mutating func anyHolds(
    _ selectors: [Selector], _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots
  ) -> SelectorTruth {
    for index in 0..<selectors.count {
      let truth = selectors[index].holds(bytes: bytes, slots: slots, scratch: &scratch)
      if case .fails = truth { continue }
      return truth
    }
    return .fails
  }

  // MARK: Time

  private mutating func readTime(
    _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots
  ) -> ShapeFault? {
    guard let selector = shape.time else {
      guard let messageTime else { return .noTime }
      (time, timeForm) = (messageTime, TimeForm(rawValue: 0))
      return nil
    }
    switch selector.evaluate(bytes: bytes, slots: slots, scratch: &scratch) {
    case .nothing: return .noTime
    case .fault(let fault): return .selector(fault)
    case .value(var value):
      if value.kind == .null { return .noTime }
      if value.hasEscapes { value = scratch.unescaped(value, bytes) }
      let reading =
        value.text.isUnescaped
        ? scratch.withText(of: value, bytes) { [kind = value.kind] in times.read(kind, $0) }
        : times.read(value.kind, bytes.extracting(value.text.bounds))
      switch reading {
      case .time(let time, let form):
        (self.time, timeForm) = (time, form)
        if let memory { memory.last = time }
      case .fault(let fault): return .time(fault, value)
      }
      return nil
    }
  }

  // MARK: Key

  private mutating func readKey(
    _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots
  ) -> ShapeFault? {
    keyText = nil
    keyBytes.truncate(to: 0)
    if shape.keys.isEmpty {
      guard hasMessageKey else { return .noKey(0) }
      keyBytes.append(messageKey, 0, messageKey.count)
      return nil
    }
    if shape.keys.count != 1 { return readCompoundKey(bytes, slots) }
    switch keyValue(0, bytes, slots) {
    case .fault(let fault): return fault
    case .value(let value):
      if value.kind == .string && !value.hasEscapes && !value.text.isUnescaped
        && isMessageKeyTold(by: bytes.extracting(value.text.bounds))
      {
        keyText = value.text
      } else {
        readSpelledKey(value, bytes)
      }
      return nil
    }
  }

  private enum KeyValue: BitwiseCopyable {
    case value(SlotValue)
    case fault(ShapeFault)
  }

  /// The value of a key: a string, a number or a boolean.
  @inline(__always)
  private mutating func keyValue(
    _ index: Int, _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots
  ) -> KeyValue {
    switch shape.keys[index].evaluate(bytes: bytes, slots: slots, scratch: &scratch) {
    case .nothing: return .fault(.noKey(index))
    case .fault(let fault): return .fault(.selector(fault))
    case .value(let value):
      switch value.kind {
      case .string, .number, .true, .false: return .value(value)
      case .missing, .null: return .fault(.noKey(index))
      case .array, .object: return .fault(.unusableKey(index, value))
      }
    }
  }

  /// A key that a closing tells by itself: a value, or the array of a compound key.
  private mutating func readKey(_ value: SlotValue, _ bytes: Span<UInt8>) {
    keyText = nil
    keyBytes.truncate(to: 0)
    if value.kind != .array { return readSpelledKey(value, bytes) }
    beginCompoundKey()
    let array = bytes.extracting(value.text.bounds)
    SessionKey.forEachValue(of: array) { range in
      appendSeparator(isFirst: range.lowerBound == 1)
      let found = JSONWalk.value(array, range.lowerBound)
      let text = TextRange(
        offset: value.text.bounds.lowerBound + found.place.lowerBound, length: found.place.count)
      appendJSON(of: SlotValue(found.kind, text: text, hasEscapes: found.hasEscapes), bytes)
    }
    endCompoundKey()
  }

  /// A key that its record writes otherwise than its identity, or that is no string.
  @inline(never)
  private mutating func readSpelledKey(_ value: SlotValue, _ bytes: Span<UInt8>) {
    identity.truncate(to: 0)
    spelling.truncate(to: 0)
    if value.kind == .string {
      appendText(of: value, bytes)
    } else {
      SessionKey.beginJSON(&identity)
      appendJSON(of: value, bytes)
    }
    finishKey()
  }

  @inline(never)
  private mutating func readCompoundKey(
    _ bytes: Span<UInt8>, _ slots: borrowing RecordSlots
  ) -> ShapeFault? {
    beginCompoundKey()
    for index in 0..<shape.keys.count {
      appendSeparator(isFirst: index == 0)
      switch keyValue(index, bytes, slots) {
      case .fault(let fault): return fault
      case .value(let value): appendJSON(of: value, bytes)
      }
    }
    endCompoundKey()
    return nil
  }

  private mutating func beginCompoundKey() {
    identity.truncate(to: 0)
    spelling.truncate(to: 0)
    SessionKey.beginJSON(&identity)
  }

  private mutating func appendSeparator(isFirst: Bool) {
    let separator = isFirst ? UInt8(ascii: "[") : UInt8(ascii: ",")
    identity.append(separator)
    spelling.append(separator)
  }

  private mutating func endCompoundKey() {
    identity.append(UInt8(ascii: "]"))
    spelling.append(UInt8(ascii: "]"))
    finishKey()
  }

  /// Appends a string's text to `identity`, and its JSON to `spelling`.
  private mutating func appendText(of value: SlotValue, _ bytes: Span<UInt8>) {
    appendSpelling(of: value, bytes)
    let plain = scratch.unescaped(value, bytes)
    scratch.withText(of: plain, bytes) { identity.append($0) }
  }

  /// Appends a value's JSON to both: as all values like it are written, and as its record has it.
  private mutating func appendJSON(of value: SlotValue, _ bytes: Span<UInt8>) {
    appendSpelling(of: value, bytes)
    switch value.kind {
    case .string:
      let plain = scratch.unescaped(value, bytes)
      scratch.withText(of: plain, bytes) { JSONText.appendString($0, to: &identity) }
    case .number:
      scratch.withText(of: value, bytes) { DecimalNumber.appendNormal($0, to: &identity) }
    default: identity.append(value.kind == .true ? "true" : "false")
    }
  }

  private mutating func appendSpelling(of value: SlotValue, _ bytes: Span<UInt8>) {
    switch value.kind {
    case .string where value.text.isUnescaped && !value.hasEscapes:
      // Text that was made, or that comes of no JSON.
      scratch.withText(of: value, bytes) { JSONText.appendString($0, to: &spelling) }
    case .string:
      spelling.append(UInt8(ascii: "\""))
      scratch.withText(of: value, bytes) { spelling.append($0) }
      spelling.append(UInt8(ascii: "\""))
    case .number: scratch.withText(of: value, bytes) { spelling.append($0) }
    default: spelling.append(value.kind == .true ? "true" : "false")
    }
  }

  /// Makes the key of `identity` and, where that does not tell it, `spelling`.
  private mutating func finishKey() {
    usual.truncate(to: 0)
    identity.withBytes { SessionKey.appendJSON($0, to: &usual) }
    let isUsual = usual.withBytes { usual in
      spelling.withBytes { usual.count == $0.count && usual.hasSameBytes(as: $0) }
    }
    if isUsual { spelling.truncate(to: 0) }
    let isTold = identity.withBytes { identity in
      SessionKey.withMessageKey(identity) { key in
        if let key { isMessageKeyTold(by: key) } else { false }
      }
    }
    if !isTold {
      if hasMessageKey {
        messageKey.withBytes { SessionKey.appendMessageKey($0, to: &spelling) }
      } else {
        SessionKey.appendMessageKey(nil, to: &spelling)
      }
    }
    identity.withBytes { identity in
      spelling.withBytes { SessionKey.append(identity, details: $0, to: &keyBytes) }
    }
  }
}

/// The time that a run has read last, whichever reader did, for texts that tell no year.
public final class TimeMemory {
  public var last: EventTime = .beforeAll

  public init() {}
}
