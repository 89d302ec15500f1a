// What the store knows of a task, its inputs and outputs.

/// How far a task has come.
public struct TaskProgress: Hashable, Sendable {
  /// How many records have been read: the position of the next (P in R12).
  public var position: Int64 = 0
  /// Stream time of the segmenter, and how many events it has applied.
  public var streamTime: EventTime = .beforeAll
  public var sequence: Int64 = 0
  /// Stream time of what has arrived, and the number of the next arrival (R9).
  public var arrivedStreamTime: EventTime = .beforeAll
  public var nextArrival: Int64 = 0
  /// The timeout that the task ran with, in milliseconds; nil for none.
  public var timeout: UInt64?
  /// How far stream time had to advance for a silent session to close (R5: timeout and lateness),
  /// in milliseconds; nil for no timeout.
  public var silence: UInt64?
  /// The changelog that this is written to as well.
  public var changelog = ChangelogIdentity.unnamed
  /// The schema of the last event that came.
  public var schema = SchemaFingerprint.none

  public init() {}
}

/// The layout of the table `positions`: `v`; `n`; `f`; `t` and a task, or `c` and a task; `s`, a task and
/// the fingerprint of an Avro schema (8 bytes, big-endian), whose text is the value; or `i` or `o` and a
/// hash of a path, which itself stands behind the fields of the value.
enum StoredPositions {
  enum Kind: UInt8 {
    case version = 0x76
    case task = 0x74
    case input = 0x69
    case output = 0x6F
    case schema = 0x73
    case checkpoint = 0x63
    case process = 0x6E
    case origin = 0x66
  }

  static func appendKey(_ kind: Kind, to key: inout ByteBlock) { key.append(kind.rawValue) }

  static func appendTaskKey(_ task: Int32, to key: inout ByteBlock) {
    appendKey(.task, to: &key)
    key.append(keyField: UInt32(bitPattern: task))
  }

  static func appendCheckpointKey(_ task: Int32, to key: inout ByteBlock) {
    appendKey(.checkpoint, to: &key)
    key.append(keyField: UInt32(bitPattern: task))
  }

  /// What the keys of the task's schemas begin with.
  static func appendSchemaKey(_ task: Int32, to key: inout ByteBlock) {
    appendKey(.schema, to: &key)
    key.append(keyField: UInt32(bitPattern: task))
  }

  static func appendSchemaKey(
    _ task: Int32, _ fingerprint: SchemaFingerprint, to key: inout ByteBlock
  ) {
    appendSchemaKey(task, to: &key)
    key.append(keyField: fingerprint.rawValue)
  }

  /// The text of a schema; nil where it is not that of the fingerprint, which stands in `key` from
  /// `place` on.
  static func readSchema(
    _ key: Span<UInt8>, from place: Int, _ value: Span<UInt8>
  ) -> (fingerprint: SchemaFingerprint, text: String)? {
    var reader = FieldReader(from: place)
    let fingerprint = SchemaFingerprint(rawValue: UInt64(bigEndian: reader.next(key)))
    let text = String(decodingBytes: value)
    let isOurs = reader.isComplete && reader.end == key.count
    return isOurs && SchemaFingerprint(of: text) == fingerprint ? (fingerprint, text) : nil
  }

  static func appendKey(_ kind: Kind, _ path: String, to key: inout ByteBlock) {
    appendKey(kind, to: &key)
    withUTF8Bytes(of: path) {
      key.append(field: Hash.of($0))
      key.append(field: Hash.of($0, seed: 1))
    }
  }

  // MARK: Values

  /// No timeout, and so no silence, is written as 0, which none is. The changelog's identity and the
  /// schema stand last: versions before them read what they know and wrote no more.
  static func appendValue(_ progress: TaskProgress, to value: inout ByteBlock) {
    value.append(field: progress.position)
    value.append(field: progress.streamTime.milliseconds)
    value.append(field: progress.sequence)
    value.append(field: progress.arrivedStreamTime.milliseconds)
    value.append(field: progress.nextArrival)
    value.append(field: progress.timeout ?? 0)
    value.append(field: progress.silence ?? 0)
    value.append(field: progress.changelog.rawValue)
    value.append(field: progress.schema.rawValue)
  }

  static func readProgress(_ value: Span<UInt8>) -> TaskProgress? {
    var reader = FieldReader()
    var progress = TaskProgress()
    progress.position = reader.next(value)
    progress.streamTime.milliseconds = reader.next(value)
    progress.sequence = reader.next(value)
    progress.arrivedStreamTime.milliseconds = reader.next(value)
    progress.nextArrival = reader.next(value)
    let timeout: UInt64 = reader.next(value)
    progress.timeout = timeout == 0 ? nil : timeout
    let silence: UInt64 = reader.next(value)
    progress.silence = silence == 0 ? nil : silence
    if reader.end < value.count {
      progress.changelog = ChangelogIdentity(rawValue: reader.next(value))
    }
    if reader.end < value.count {
      progress.schema = SchemaFingerprint(rawValue: reader.next(value))
    }
    return reader.isComplete ? progress : nil
  }

  static func appendValue(_ position: InputPosition, _ path: String, to value: inout ByteBlock) {
    value.append(field: position.offset)
    value.append(field: position.line)
    value.append(field: position.recordsOfBlock)
    value.append(field: position.headOffset)
    value.append(field: position.fingerprint)
    value.append(text: path)
  }

  static func readInput(_ value: Span<UInt8>) -> (path: String, position: InputPosition)? {
    var reader = FieldReader()
    var position = InputPosition(
      offset: reader.next(value), line: reader.next(value), fingerprint: 0)
    position.recordsOfBlock = reader.next(value)
    position.headOffset = reader.next(value)
    position.fingerprint = reader.next(value)
    guard reader.isComplete else { return nil }
    return (path(value, from: reader.end), position)
  }

  static func appendValue(_ checkpoint: ChangelogCheckpoint, to value: inout ByteBlock) {
    value.append(field: checkpoint.offset)
    value.append(field: checkpoint.savedAt.milliseconds)
    value.append(field: checkpoint.progressOffset ?? -1)
  }

  static func readCheckpoint(_ value: Span<UInt8>) -> ChangelogCheckpoint? {
    var reader = FieldReader()
    let offset: Int64 = reader.next(value)
    let time = EventTime(milliseconds: reader.next(value))
    let progress: Int64 = reader.end < value.count ? reader.next(value) : -1
    if !reader.isComplete { return nil }
    return ChangelogCheckpoint(
      offset: offset, progressOffset: progress < 0 ? nil : progress, savedAt: time)
  }

  /// A byte for the kind; then the topic; then, behind a NUL, the application.
  static func appendValue(_ origin: StateOrigin, to value: inout ByteBlock) {
    switch origin {
    case .files: value.append(UInt8(ascii: "f"))
    case .topic(let topic):
      value.append(UInt8(ascii: "t"))
      value.append(text: topic)
    case .application(let identifier, let topic):
      value.append(UInt8(ascii: "a"))
      value.append(text: "\(topic)\0\(identifier)")
    }
  }

  static func readOrigin(_ value: Span<UInt8>) -> StateOrigin? {
    if value.isEmpty { return nil }
    let names = path(value, from: 1).split(
      separator: "\0", maxSplits: 1, omittingEmptySubsequences: false
    ).map(String.init)
    switch value[0] {
    case UInt8(ascii: "f"): return .files
    case UInt8(ascii: "t"): return .topic(names[0])
    case UInt8(ascii: "a") where names.count == 2:
      return .application(names[1], topic: names[0])
    default: return nil
    }
  }

  static func appendValue(length: Int64, _ path: String, to value: inout ByteBlock) {
    value.append(field: length)
    value.append(text: path)
  }

  static func readOutput(_ value: Span<UInt8>) -> (path: String, length: Int64)? {
    var reader = FieldReader()
    let length: Int64 = reader.next(value)
    return reader.isComplete ? (path(value, from: reader.end), length) : nil
  }

  private static func path(_ value: Span<UInt8>, from offset: Int) -> String {
    String(decodingBytes: value.extracting(offset..<value.count))
  }
}
