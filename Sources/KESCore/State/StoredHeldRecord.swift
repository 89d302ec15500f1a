// A record that waits for the watermark, as the store keeps it.

/// The layout of the table `held`. Key: the task and the arrival, big-endian. Value: role (1 byte),
/// fingerprint of the schema (8), time and position (8 each), lengths of the key and of the headers (4
/// each), the key's bytes, the record's, and the headers (`RecordHeaders`).
enum StoredHeldRecord {
  static func appendKey(task: Int32, arrival: Int64, to key: inout ByteBlock) {
    StoredSession.appendTask(task, to: &key)
    key.append(keyField: arrival)
  }

  static func appendValue(
    _ held: HeldRecord, _ schema: SchemaFingerprint, _ bytes: Span<UInt8>,
    to value: inout ByteBlock
  ) {
    value.append(held.role.rawValue)
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
    let role = Role(rawValue: reader.next(value))
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
        recordLength: recordLength, headersLength: headersLength, role: role, schema: 0),
      schema, value.extracting(reader.end..<value.count))
    return true
  }
}
