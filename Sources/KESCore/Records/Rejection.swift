// A record that could not be decoded: a value that goes where the user chose.

/// The fields of events that a message may name.
public enum FieldName: UInt8, BitwiseCopyable, CaseIterable, Sendable {
  case none, device, timestamp, event, session, duplicate
  case name, value, status, start, end, events, partial

  public var text: StaticString {
    switch self {
    case .none: ""
    case .device: "device"
    case .timestamp: "timestamp"
    case .event: "event"
    case .session: "session"
    case .duplicate: "duplicate"
    case .name: "name"
    case .value: "value"
    case .status: "status"
    case .start: "start"
    case .end: "end"
    case .events: "events"
    case .partial: "partial"
    }
  }
}

/// What is done with an event that is none of ours: one of another branch of the union, or in JSON-lines
/// of another name.
public enum UnknownEventPolicy: String, CaseIterable, Sendable {
  /// It is a record that cannot be decoded.
  case reject
  /// It is passed over and counts as filtered.
  case filter
}

/// Why a record was rejected. The decoder that found it words the message.
public enum Fault: UInt8, BitwiseCopyable, Sendable {
  // Not the format.
  case expectedObject, expectedKey, expectedColon, expectedComma, expectedValue
  case unclosedString, controlCharacter, badEscape, loneSurrogate, invalidUTF8
  case badNumber, badLiteral, tooDeep, trailingBytes, tooLong
  // Not the schema.
  case missingField, expectedString, expectedNumber, expectedBoolean, expectedBranch
  case notWhole, outOfRange, unknownBranch, severalBranches, unknownStatus, notAnEvent
  case unexpectedSession, unwritableEvent, unwritableTime
  // Not what a session is given to (`SessionFields`).
  case fieldTaken, oldClosing
  // Not what the selectors of the run can be asked of, which the decoder words by asking once more.
  case notUnderstood, closingAmongEvents, badClosing
  // Not now.
  case aheadOfClock
  // Not Avro data.
  case truncated, badLong, badLength, badCount, badBoolean, badBranch, badSymbol, leftOver,
    unresolvedSymbol
  // Not an Avro file, or not one that we read.
  case badHeader, badBlock, wrongSync, unusableSchema
  case badCompression, wrongChecksum, hugeBlock, hugeExpansion
}

/// One rejected record of a batch.
public struct Rejection: BitwiseCopyable, Sendable {
  /// Which part of the record the batch holds: a record longer than the limit comes in several.
  public enum Part: UInt8, BitwiseCopyable, Sendable {
    case whole, first, middle, last
  }

  public var part: Part
  /// How many records it stands for: the rest of an Avro block is rejected as one.
  public var recordCount: UInt32 = 1
  public var fault: Fault
  public var field: FieldName
  /// How many records of the batch come before it.
  public var place: UInt32
  /// Where its bytes begin in `Batch.bytes`, how many there are, and which of them is at fault.
  public var offset: UInt32
  public var length: UInt32
  public var faultOffset: UInt32
  /// The record's number in its input, from 0, and its line (JSON-lines) or block (Avro), from 1.
  public var position: Int64
  public var line: Int64
  /// Where it stands in the input: the byte, from 0 (Avro only).
  public var byteOffset: Int64 = 0
  /// How far its event is ahead of the wall clock, in milliseconds (`.aheadOfClock` only).
  public var ahead: UInt64 = 0

  public init(
    part: Part, fault: Fault, field: FieldName, place: Int, offset: Int, length: Int,
    faultOffset: Int, position: Int64, line: Int64
  ) {
    self.part = part
    self.fault = fault
    self.field = field
    self.place = UInt32(truncatingIfNeeded: place)
    self.offset = UInt32(truncatingIfNeeded: offset)
    self.length = UInt32(truncatingIfNeeded: length)
    self.faultOffset = UInt32(truncatingIfNeeded: faultOffset)
    self.position = position
    self.line = line
  }
}
