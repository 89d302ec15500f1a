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
  /// The shape of the records, whose text is kept as those of schemas are; none for devices.
  public var shape = SchemaFingerprint.none

  public init() {}
}

/// The layout of the table `positions`: `v`; `n`; `f`; `r`; `t` and a task, or `c` and a task; `s`, a task and
/// the fingerprint of an Avro schema (8 bytes, big-endian), whose text is the value; or `i` or `w` and the
/// key of a file (16 bytes), whose path comes behind the fields of the value. Instead of `w` earlier
/// builds wrote `o`, with the length alone.
enum StoredPositions {
  enum Kind: UInt8 {
    case version = 0x76
    case task = 0x74
    case input = 0x69
    case earlierOutput = 0x6F
    case output = 0x77
    case schema = 0x73
    case checkpoint = 0x63
    case process = 0x6E
    case origin = 0x66
    case shape = 0x72
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

  /// The text of a schema; nil where it is not that of the fingerprint, which `key` has from `offset`
  /// on.
  static func readSchema(
    _ key: Span<UInt8>, from offset: Int, _ value: Span<UInt8>
  ) -> (fingerprint: SchemaFingerprint, text: String)? {
    var reader = FieldReader(from: offset)
    let fingerprint = SchemaFingerprint(rawValue: UInt64(bigEndian: reader.next(key)))
    let text = String(decodingBytes: value)
    let isOurs = reader.isComplete && reader.end == key.count
    return isOurs && SchemaFingerprint(of: text) == fingerprint ? (fingerprint, text) : nil
  }

  static func appendKey(_ kind: Kind, _ file: FileKey, to key: inout ByteBlock) {
    appendKey(kind, to: &key)
    key.append(field: file.first)
    key.append(field: file.second)
  }

  private static func fileKey(_ key: Span<UInt8>) -> FileKey? {
    var reader = FieldReader(from: 1)
    let file = FileKey(first: reader.next(key), second: reader.next(key))
    return reader.isComplete ? file : nil
  }

  // MARK: Values

  /// No timeout, and so no silence, is written as 0, which none is. The changelog's identity, the
  /// schema and the shape come last: versions before them read what they know and wrote no more.
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
    if progress.shape != .none { value.append(field: progress.shape.rawValue) }
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
    if reader.end < value.count {
      progress.shape = SchemaFingerprint(rawValue: reader.next(value))
    }
    return reader.isComplete ? progress : nil
  }

  static func appendValue(_ input: KnownInput, to value: inout ByteBlock) {
    value.append(field: input.position.offset)
    value.append(field: input.position.line)
    value.append(field: input.position.recordsOfBlock)
    value.append(field: input.position.headOffset)
    value.append(field: input.position.fingerprint)
    value.append(text: "\(input.path)\0\(input.wasMoved ? "m" : "")\(input.isAtEnd ? "e" : "")")
  }

  /// Behind a NUL there is `m` for a file that was moved, and `e` where its position is its end; earlier
  /// builds kept a number there, how often a file was named before in its run.
  static func readInput(_ key: Span<UInt8>, _ value: Span<UInt8>) -> KnownInput? {
    guard let file = fileKey(key) else { return nil }
    var reader = FieldReader()
    var position = InputPosition(
      offset: reader.next(value), line: reader.next(value), fingerprint: 0)
    position.recordsOfBlock = reader.next(value)
    position.headOffset = reader.next(value)
    position.fingerprint = reader.next(value)
    guard reader.isComplete else { return nil }
    let text = path(value, from: reader.end)
    let path = text.prefix { $0 != "\0" }
    let flags = text[path.endIndex...]
    var input = KnownInput(key: file, path: String(path), position: position)
    (input.wasMoved, input.isAtEnd) = (flags.contains("m"), flags.contains("e"))
    return input
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

  /// A length of -1 is none; a byte says whether there is a fingerprint.
  static func appendValue(_ output: KnownOutput, to value: inout ByteBlock) {
    value.append(field: output.length)
    value.append(field: output.finalLength ?? -1)
    value.append(UInt8(output.fingerprint == nil ? 0 : 1))
    value.append(field: output.fingerprint ?? 0)
    value.append(text: output.path)
  }

  static func readOutput(_ key: Span<UInt8>, _ value: Span<UInt8>) -> KnownOutput? {
    guard let file = fileKey(key) else { return nil }
    var reader = FieldReader()
    let (length, finalLength): (Int64, Int64) = (reader.next(value), reader.next(value))
    let hasFingerprint = reader.next(value, as: UInt8.self) == 1
    let fingerprint: UInt64 = reader.next(value)
    guard reader.isComplete else { return nil }
    return KnownOutput(
      key: file, path: path(value, from: reader.end), length: length,
      finalLength: finalLength < 0 ? nil : finalLength,
      fingerprint: hasFingerprint ? fingerprint : nil)
  }

  static func readEarlierOutput(_ key: Span<UInt8>, _ value: Span<UInt8>) -> KnownOutput? {
    guard let file = fileKey(key) else { return nil }
    var reader = FieldReader()
    let length: Int64 = reader.next(value)
    guard reader.isComplete else { return nil }
    return KnownOutput(key: file, path: path(value, from: reader.end), length: length)
  }

  private static func path(_ value: Span<UInt8>, from offset: Int) -> String {
    String(decodingBytes: value.extracting(offset..<value.count))
  }
}
