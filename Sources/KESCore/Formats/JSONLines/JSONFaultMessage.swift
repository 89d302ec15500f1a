// What is wrong with a line, in words.

/// Words the fault of a rejected line: what was expected, and what was found instead.
struct JSONFaultMessage {
  /// How much of a line a message shows.
  private static let excerptLength = 24

  let rejection: Rejection
  let greatestRecord: Int
  /// What the input is instead of records a line, where its first record shows that.
  var foreign: ForeignInput?
  var sessions = SessionFields.usual
  var shape: RecordShape?

  func text(in batch: borrowing Batch) -> String {
    if let foreign { return "expected a JSON object a line, found \(foreign.name)" }
    if rejection.fault == .tooLong {
      return "a record longer than \(greatestRecord) bytes; --max-record SIZE allows longer ones"
    }
    if rejection.fault == .notUnderstood, let shape {
      return batch.bytes.withBytes(Int(rejection.offset), Int(rejection.length)) {
        JSONShapeReader.reason($0, shape)
      }
    }
    return expectation + found(in: batch)
  }

  private var field: String { "\"\(fieldName)\"" }

  private var fieldName: String {
    rejection.field == .session ? sessions.session : "\(rejection.field.text)"
  }

  private var expectation: String {
    switch rejection.fault {
    case .expectedObject: "expected a JSON object"
    case .expectedKey: "expected a member's name in quotes"
    case .expectedColon: "expected a colon"
    case .expectedComma: "expected a comma or the end of the object or array"
    case .expectedValue, .badLiteral: "expected a JSON value"
    case .unclosedString: "a string without its closing quote"
    case .controlCharacter: "a control character in a string"
    case .badEscape: "an escape that JSON does not have"
    case .loneSurrogate: "half of a surrogate pair"
    case .invalidUTF8: "bytes that are not UTF-8"
    case .badNumber: "expected a number as JSON writes them"
    case .tooDeep: "more than \(JSONScanner.greatestDepth) objects and arrays inside each other"
    case .trailingBytes: "something behind the record's closing brace"
    case .tooLong: "a record that is too long"
    case .missingField: "the record has no \(field)"
    case .expectedString: "expected a string for \(field)"
    case .expectedNumber: "expected a number for \(field)"
    case .expectedBoolean: "expected true or false for \(field)"
    case .expectedBranch: "expected an object with one member, the event's name, for \(field)"
    case .notWhole: "expected a whole number for \(field)"
    case .outOfRange: "expected a number of 64 bits for \(field)"
    case .unknownBranch: "an event that the schema does not have"
    case .severalBranches: "a second event in one record"
    case .unknownStatus: "a status that the schema does not have"
    case .unexpectedSession: "a session event among events, which Avro has one schema for"
    case .aheadOfClock: AheadLimit.text(ahead: rejection.ahead)
    case .unwritableTime: "a time that the unit of the output's schema cannot hold"
    case .closingAmongEvents:
      "a closing of a session among events, as session events have, which kes-read and kes-purge take"
    case .badClosing: "a SessionClosed without all that one has"
    case .fieldTaken: sessions.refusal("the record has", fieldName)
    case .unwritableEvent: "an event that the schema of the output does not have"
    default: "not an event"
    }
  }

  /// `, found …` with the bytes at fault, where showing them helps.
  private func found(in batch: borrowing Batch) -> String {
    let aboutAll: [Fault] = [
      .missingField, .unexpectedSession, .unwritableEvent, .unwritableTime, .aheadOfClock,
      .fieldTaken, .closingAmongEvents, .badClosing,
    ]
    if aboutAll.contains(rejection.fault) { return "" }
    let fault = Int(rejection.faultOffset)
    let end = Int(rejection.offset + rejection.length)
    if fault >= end { return ", found the end of the line" }
    return batch.bytes.withBytes(fault, end - fault) { rest in
      if ByteOrderMark.begins(rest) == true {
        return ", found a byte order mark, which only the start of an input may have"
      }
      return ", found " + JSONFaultMessage.excerpt(rest)
    }
  }

  /// The value that begins the bytes, cut where it is long, between two characters where they are.
  private static func excerpt(_ rest: Span<UInt8>) -> String {
    let end = valueEnd(rest)
    var shown = min(end, excerptLength)
    while shown < end && shown > excerptLength - 3 && rest[shown] & 0xC0 == 0x80 { shown -= 1 }
    let text = VisibleText.of(String(decodingBytes: rest.extracting(0..<shown)))
    return shown < end ? text + "..." : text
  }

  /// Where a string or a bare word ends; a bracket stands for itself and what follows.
  private static func valueEnd(_ rest: Span<UInt8>) -> Int {
    if rest[0] == UInt8(ascii: "\"") {
      return (rest.firstIndex(of: UInt8(ascii: "\""), from: 1) ?? rest.count - 1) + 1
    }
    if rest[0] == UInt8(ascii: "{") || rest[0] == UInt8(ascii: "[") { return rest.count }
    var index = 1
    while index < rest.count, rest[index] > 0x20, rest[index] != UInt8(ascii: ","),
      rest[index] != UInt8(ascii: "}"), rest[index] != UInt8(ascii: "]")
    {
      index += 1
    }
    return index
  }
}
