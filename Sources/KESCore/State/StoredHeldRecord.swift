// A record that waits for the watermark, as the store keeps it, and the schemas that such records name.

/// The layout of the table `held`. Key: the task and the arrival, big-endian. Value: role (1 byte, with
/// bit 7 where the form of its time follows, 1 byte), fingerprint of the schema (8), time and position (8 each), lengths of the key and of the headers (4
/// each), the key's bytes, the record's, and the headers (`RecordHeaders`).
enum StoredHeldRecord {
  private static let hasTimeForm: UInt8 = 0x80

  static func appendKey(task: Int32, arrival: Int64, to key: inout ByteBlock) {
    StoredSession.appendTask(task, to: &key)
    key.append(keyField: arrival)
  }

  static func appendValue(
    _ held: HeldRecord, _ schema: SchemaFingerprint, _ bytes: Span<UInt8>,
    to value: inout ByteBlock
  ) {
    value.append(held.role.rawValue | (held.timeForm == 0 ? 0 : hasTimeForm))
    if held.timeForm != 0 { value.append(held.timeForm) }
    value.append(field: schema.rawValue)
    value.append(field: held.time.milliseconds)
    value.append(field: held.position)
    value.append(field: held.keyLength)
    value.append(field: held.headersLength)
    value.append(bytes)
  }

  /// Hands the record, without a number of its schema, and its bytes to `body`; returns whether the
  /// entry could be read.
  static func read(
    _ key: Span<UInt8>, _ value: Span<UInt8>,
    _ body: (_ held: HeldRecord, _ schema: SchemaFingerprint, _ bytes: Span<UInt8>) -> Void
  ) -> Bool {
    var keyReader = FieldReader(from: 4)
    let arrival = Int64(bigEndian: keyReader.next(key))
    var reader = FieldReader()
    let first: UInt8 = reader.next(value)
    let role = Role(rawValue: first & ~hasTimeForm)
    let timeForm: UInt8 = first & hasTimeForm == 0 ? 0 : reader.next(value)
    let schema = SchemaFingerprint(rawValue: reader.next(value))
    let time = EventTime(milliseconds: reader.next(value))
    let position: Int64 = reader.next(value)
    let keyLength = Int(reader.next(value, as: UInt32.self))
    let headersLength = Int(reader.next(value, as: UInt32.self))
    let recordLength = value.count - reader.end - keyLength - headersLength
    guard let role, keyReader.isComplete, reader.isComplete, recordLength >= 0,
      RecordHeaders.areHeaders(value.extracting(value.count - headersLength..<value.count))
    else { return false }
    body(
      HeldRecord(
        time: time, arrival: arrival, position: position, keyLength: keyLength,
        recordLength: recordLength, headersLength: headersLength, role: role, timeForm: timeForm,
        schema: 0),
      schema, value.extracting(reader.end..<value.count))
    return true
  }
}

/// What a store knows of the schemas of a task's held records.
public struct StoredSchemas {
  /// Those that records name which are held, in the order in which the records came.
  public var named: [(fingerprint: SchemaFingerprint, text: String)] = []
  /// Whether records of no schema are held.
  public var hasOthers = false
  /// All that the store has of the task.
  public var all: Set<SchemaFingerprint> = []
}

/// The schemas of a task's held records, and of its last event: in memory they have numbers, which are this process's own, in
/// the store fingerprints, with the texts beside them.
public struct HeldSchemas {
  private let text: (UInt16) -> String
  private var names: [UInt16: SchemaFingerprint] = [:]
  private var stored: Set<SchemaFingerprint>

  /// - Parameters:
  ///   - stored: those that the store has of the task.
  ///   - text: the schema with a number.
  public init(stored: Set<SchemaFingerprint> = [], text: @escaping (UInt16) -> String) {
    self.stored = stored
    self.text = text
  }

  /// The name of the schema with `number`, whose text goes to `keep` unless the store has it.
  mutating func name(
    _ number: UInt16, _ keep: (SchemaFingerprint, String) -> Void
  ) -> SchemaFingerprint {
    if number == 0 { return .none }
    if let known = names[number] { return known }
    let made = name(text: text(number), keep)
    names[number] = made
    return made
  }

  /// The name of what is kept as schemas are, whose text goes to `keep` unless the store has it.
  mutating func name(
    text: String, _ keep: (SchemaFingerprint, String) -> Void
  ) -> SchemaFingerprint {
    let made = SchemaFingerprint(of: text)
    if stored.insert(made).inserted { keep(made, text) }
    return made
  }
}
