// A session's key as bytes: what tells it from others, and how its first event wrote it.

/// The forms that a key has in records, in the session table and in stores (cli.md, section 2):
///
/// - the text of a string, as UTF-8: all that devices have;
/// - any other value, a number, a boolean or the array of a compound key: 0xFF, which no text begins
///   with, and its JSON, written in one way only, so that equal values have equal bytes;
/// - one of these with what a closing of its session repeats of the first record: 0xFE, the length of the
///   form above (4 bytes, little-endian), that form, the JSON of the record where it writes the key
///   otherwise (`1.0`, `"\u0061"`), and, where the key of its message is another than the session's,
///   0 and that key, or 1 where the message has none.
///
/// The first two are identities: sessions are found by them alone.
public enum SessionKey {
  private static let json: UInt8 = 0xFF
  private static let detailed: UInt8 = 0xFE
  private static let identityStart = 5
  private static let messageKey: UInt8 = 0
  private static let noMessageKey: UInt8 = 1

  /// Which of the key's bytes tell it from others.
  @inline(__always)
  public static func identity(_ key: Span<UInt8>) -> Range<Int> {
    isDetailed(key) ? identityStart..<identityEnd(key) : 0..<key.count
  }

  /// The hash of what tells the key from others.
  @inline(__always)
  package static func hash(_ key: Span<UInt8>) -> UInt64 { Hash.of(key.extracting(identity(key))) }

  /// Whether the bytes of `left`'s identity come before those of `right`'s.
  static func isOrdered(_ left: Span<UInt8>, before right: Span<UInt8>) -> Bool {
    left.extracting(identity(left)).isOrdered(before: right.extracting(identity(right)))
  }

  /// Whether both are the same key.
  @inline(never)
  static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    let (own, others) = (identity(left), identity(right))
    return own.count == others.count
      && left.extracting(own).hasSameBytes(as: right.extracting(others))
  }

  /// Whether the key tells more than its identity.
  @inline(__always)
  static func isDetailed(_ key: Span<UInt8>) -> Bool {
    key.count > identityStart && key[0] == detailed && identityEnd(key) <= key.count
  }

  /// Which of the key's bytes tell more than its identity.
  static func details(_ key: Span<UInt8>) -> Range<Int> {
    isDetailed(key) ? identityEnd(key)..<key.count : key.count..<key.count
  }

  @inline(__always)
  private static func identityEnd(_ key: Span<UInt8>) -> Int {
    identityStart &+ Int(key.halfWord(at: 1))
  }

  /// Which of the key's bytes are the JSON that its record has for it; none where the identity tells it.
  private static func spelling(_ key: Span<UInt8>) -> Range<Int> {
    let details = details(key)
    var end = details.lowerBound
    while end < details.upperBound, key[end] > noMessageKey { end += 1 }
    return details.lowerBound..<end
  }

  /// Which of the key's bytes are its JSON; nil for a string's text.
  private static func jsonRange(_ key: Span<UInt8>) -> Range<Int>? {
    let spelling = spelling(key)
    if !spelling.isEmpty { return spelling }
    let identity = identity(key)
    let isJSON = !identity.isEmpty && key[identity.lowerBound] == json
    return isJSON ? identity.lowerBound + 1..<identity.upperBound : nil
  }

  /// Appends the key's JSON, as the session's first event wrote it.
  public static func appendJSON(_ key: Span<UInt8>, to output: inout ByteBlock) {
    if let range = jsonRange(key) { return output.append(key.extracting(range)) }
    JSONText.appendString(key.extracting(identity(key)), to: &output)
  }

  /// Lends the key of a message about the session, nil for none: that of the message of its first event,
  /// else the session's key, a string's text or any other value's JSON. Valid until `body` returns.
  static func withMessageKey<Result>(
    _ key: Span<UInt8>, _ body: (Span<UInt8>?) -> Result
  ) -> Result {
    let end = spelling(key).upperBound
    if end < key.count {
      return body(
        key[end] == messageKey ? key.extracting(end + 1..<key.count) : nil)
    }
    let identity = identity(key)
    let isJSON = !identity.isEmpty && key[identity.lowerBound] == json
    return body(key.extracting(isJSON ? identity.dropFirst() : identity))
  }

  /// Appends the JSON of one of the values of a compound key, by its number.
  static func appendJSON(_ number: Int, of key: Span<UInt8>, to output: inout ByteBlock) {
    guard let range = jsonRange(key) else { return }
    var place = 0
    let array = key.extracting(range)
    forEachValue(of: array) {
      if place == number { output.append(array.extracting($0)) }
      place += 1
    }
  }

  /// Lends the key as people read it: a string's text, any other value's JSON, and of a compound key its
  /// values with slashes between them. Valid until `body` returns.
  public static func withText<Result, Failure: Error>(
    _ key: Span<UInt8>, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let identity = key.extracting(identity(key))
    guard identity.count > 1, identity[0] == json else { return try body(identity) }
    let value = identity.extracting(1..<identity.count)
    if value[0] != UInt8(ascii: "[") { return try body(value) }
    var text = ByteBlock(capacity: key.count)
    forEachValue(of: value) {
      let value = value.extracting($0)
      if text.count > 0 { text.append(UInt8(ascii: "/")) }
      if value[0] == UInt8(ascii: "\"") {
        JSONText.unescape(value.extracting(1..<value.count - 1), to: &text)
      } else {
        text.append(value)
      }
    }
    return try text.withBytes(body)
  }

  /// Hands the range of each value of an array, which is JSON without white space, to `body`; there are
  /// no containers among them.
  static func forEachValue(of array: Span<UInt8>, _ body: (Range<Int>) -> Void) {
    var index = 1
    while index < array.count {
      let start = index
      var isInString = false
      while index < array.count, isInString || !isValueEnd(array[index]) {
        if array[index] == UInt8(ascii: "\\") {
          index += 1
        } else if array[index] == UInt8(ascii: "\"") {
          isInString.toggle()
        }
        index += 1
      }
      if index > start { body(start..<min(index, array.count)) }
      index += 1
    }
  }

  private static func isValueEnd(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]")
  }

  /// Appends the identity of a value that is no string; its JSON, as `output` is to have it, comes next.
  static func beginJSON(_ output: inout ByteBlock) { output.append(json) }

  /// Appends a key with more than its identity, unless there is nothing of that.
  ///
  /// - Parameter details: the JSON that its record has for it, where the identity does not tell it, and
  ///   what `appendMessageKey` appends.
  static func append(
    _ identity: Span<UInt8>, details: Span<UInt8>, to output: inout ByteBlock
  ) {
    if details.count > 0 {
      output.append(detailed)
      output.append(field: UInt32(truncatingIfNeeded: identity.count))
    }
    output.append(identity)
    output.append(details)
  }

  /// Appends the key of the message that the record came in, nil for none.
  static func appendMessageKey(_ key: Span<UInt8>?, to details: inout ByteBlock) {
    guard let key else { return details.append(noMessageKey) }
    details.append(messageKey)
    details.append(key)
  }
}
