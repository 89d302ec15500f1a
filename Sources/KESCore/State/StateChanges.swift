// What one commit writes, gathered before it is written.

/// The changes of a commit: they are gathered first, because a transaction that finds the map full
/// is made again.
public struct StateChanges: ~Copyable {
  // Not private: as an element of a column it is named in other files (a compiler fault, 6.3.1).
  struct Entry: BitwiseCopyable {
    var table: UInt8
    var isRemoval: Bool
    var key: TextRange
    var value: TextRange
  }

  private(set) var entries = Column<Entry>()
  private var bytes = ByteBlock()
  /// The input partition that is spoken of; 0 for files and pipes.
  private(set) var task: Int32

  public init(task: Int32 = 0) { self.task = task }

  /// What is added from now on is another task's.
  mutating func begin(task: Int32) { self.task = task }

  public var isEmpty: Bool { entries.isEmpty }

  public mutating func removeAll() {
    entries.removeAll()
    bytes.truncate(to: 0)
  }

  /// Adds what has changed in the segmenter since the last time.
  public mutating func take(from segmenter: inout Segmenter) {
    segmenter.takeChanges { key, session in
      if let session { put(key, session) } else { removeSession(key) }
    }
  }

  /// Adds what has changed in the reorderer since the last time, and the schemas that the store does
  /// not have.
  public mutating func take(from reorderer: inout Reorderer, naming schemas: inout HeldSchemas) {
    reorderer.takeChanges { arrival, held, bytes in
      guard let held else { return remove(arrival) }
      let schema = schemas.name(held.schema) { set(schema: $1, $0) }
      put(arrival, held, schema, bytes)
    }
  }

  public mutating func put(_ key: Span<UInt8>, _ session: SessionSnapshot) {
    let task = task
    let keyRange = range { StoredSession.appendKey(task: task, key, to: &$0) }
    let value = range { StoredSession.appendValue(session, key: key, to: &$0) }
    append(.sessions, isRemoval: false, keyRange, value)
  }

  public mutating func removeSession(_ key: Span<UInt8>) {
    let task = task
    let keyRange = range { StoredSession.appendKey(task: task, key, to: &$0) }
    append(.sessions, isRemoval: true, keyRange, .empty)
  }

  private mutating func put(
    _ arrival: Int64, _ held: HeldRecord, _ schema: SchemaFingerprint, _ bytes: Span<UInt8>
  ) {
    let task = task
    let keyRange = range { StoredHeldRecord.appendKey(task: task, arrival: arrival, to: &$0) }
    let value = range { StoredHeldRecord.appendValue(held, schema, bytes, to: &$0) }
    append(.held, isRemoval: false, keyRange, value)
  }

  private mutating func remove(_ arrival: Int64) {
    let task = task
    let keyRange = range { StoredHeldRecord.appendKey(task: task, arrival: arrival, to: &$0) }
    append(.held, isRemoval: true, keyRange, .empty)
  }

  public mutating func set(_ progress: TaskProgress) {
    let task = task
    let key = range { StoredPositions.appendTaskKey(task, to: &$0) }
    let value = range { StoredPositions.appendValue(progress, to: &$0) }
    append(.positions, isRemoval: false, key, value)
  }

  public mutating func set(_ input: KnownInput) {
    let key = range { StoredPositions.appendKey(.input, input.key, to: &$0) }
    let value = range { StoredPositions.appendValue(input, to: &$0) }
    append(.positions, isRemoval: false, key, value)
  }

  public mutating func remove(input file: FileKey) {
    let key = range { StoredPositions.appendKey(.input, file, to: &$0) }
    append(.positions, isRemoval: true, key, .empty)
  }

  /// Keeps the schema that the task's held records, or its progress, name by its fingerprint.
  public mutating func set(schema text: String, _ fingerprint: SchemaFingerprint) {
    let task = task
    let key = range { StoredPositions.appendSchemaKey(task, fingerprint, to: &$0) }
    let value = range { $0.append(text: text) }
    append(.positions, isRemoval: false, key, value)
  }

  public mutating func set(_ output: KnownOutput) {
    let key = range { StoredPositions.appendKey(.output, output.key, to: &$0) }
    let value = range { StoredPositions.appendValue(output, to: &$0) }
    append(.positions, isRemoval: false, key, value)
    let earlier = range { StoredPositions.appendKey(.earlierOutput, output.key, to: &$0) }
    append(.positions, isRemoval: true, earlier, .empty)
  }

  /// Keeps what the store is the state of.
  mutating func set(_ origin: StateOrigin) {
    let key = range { StoredPositions.appendKey(.origin, to: &$0) }
    let value = range { StoredPositions.appendValue(origin, to: &$0) }
    append(.positions, isRemoval: false, key, value)
  }

  /// Keeps the shape of the records whose sessions the store has; nil for devices.
  mutating func set(shape text: String?) {
    let key = range { StoredPositions.appendKey(.shape, to: &$0) }
    let value = range { $0.append(text: text ?? "") }
    append(.positions, isRemoval: text == nil, key, value)
  }

  /// Lends the bytes at `range`. Valid until `body` returns.
  func withBytes<Result: ~Copyable, Failure: Error>(
    _ range: TextRange, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try bytes.withBytes(Int(range.offset), range.length, body)
  }

  /// The range of what `write` appends.
  mutating func range(_ write: (inout ByteBlock) -> Void) -> TextRange {
    let offset = bytes.count
    write(&bytes)
    return TextRange(offset: offset, length: bytes.count - offset)
  }

  mutating func append(
    _ table: Table, isRemoval: Bool, _ key: TextRange, _ value: TextRange
  ) {
    entries.append(
      Entry(
        table: UInt8(table.rawValue), isRemoval: isRemoval, key: key, value: value))
  }

  /// Writes all into `transaction`.
  borrowing func write(to transaction: borrowing Database.Transaction) throws(Failure) {
    for index in 0..<entries.count {
      let entry = entries[index]
      guard let table = Table(rawValue: Int(entry.table)) else { continue }
      try bytes.withBytes(Int(entry.key.offset), entry.key.length) { key throws(Failure) in
        if entry.isRemoval {
          try transaction.remove(key, from: table)
        } else {
          try bytes.withBytes(Int(entry.value.offset), entry.value.length) {
            value throws(Failure) in
            try transaction.put(key, value, in: table)
          }
        }
      }
    }
  }
}
