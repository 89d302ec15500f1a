// The file-backed store of open sessions, with the positions that belong to them.

internal import Glibc

/// The store in a state directory (design.md, "State is written at commit").
///
/// One process at a time writes; others may read a consistent snapshot meanwhile. A commit is one
/// transaction: it is on the disk when `commit` returns, and a crash at any moment leaves either
/// the state before it or the state after it.
public final class StateStore {
  /// The format of what the tables hold. Version 3, which knew files by their paths, is read, and
  /// becomes this one when it is opened to be changed.
  public static let formatVersion: UInt32 = 4
  private static let readableVersions: ClosedRange<UInt32> = 3...formatVersion
  /// Address space to begin with; grown when full.
  public static let defaultMapSize = 64 << 30

  public let directory: String
  private let database: Database
  private let lock: StateLock?

  private init(directory: String, database: Database, lock: StateLock?) {
    self.directory = directory
    self.database = database
    self.lock = lock
  }

  /// Opens the store for a process that changes it.
  ///
  /// - Parameter creating: whether the directory and the store are made where they are missing.
  /// Throws `.inUse`, `.missing`, `.cannotOpen`, `.corrupted`, `.database` or
  /// `.unknownVersion`.
  public static func open(
    _ directory: String, creating: Bool, mapSize: Int = defaultMapSize
  ) throws(Failure) -> StateStore {
    if creating {
      if unsafe mkdir(directory, 0o777) != 0 && errno != EEXIST {
        throw .cannotOpen(directory: directory, reason: systemReason(errno))
      }
    } else {
      try requireStore(directory)
    }
    let lock: StateLock
    do { lock = try StateLock(directory: directory) } catch {
      throw hasStore(directory) ? error : error.ofNewStore
    }
    // Under the lock nobody else makes one.
    let isNew = !hasStore(directory)
    do {
      let database = try Database(directory: directory, access: .readWrite, mapSize: mapSize)
      let store = StateStore(directory: directory, database: database, lock: lock)
      try store.establishVersion()
      return store
    } catch {
      if !isNew { throw error }
      // The next run is not to find a part of one.
      DatabaseFile.empty(in: directory)
      throw error.ofNewStore
    }
  }

  /// Opens the store for a process that only looks, also while another changes it. Throws as
  /// `open` does, but `.inUse`.
  public static func openForReading(_ directory: String) throws(Failure) -> StateStore {
    try requireStore(directory)
    let database = try Database(directory: directory, access: .readOnly, mapSize: 0)
    let store = StateStore(directory: directory, database: database, lock: nil)
    if let version = try store.version() { try store.require(version) }
    return store
  }

  private static func requireStore(_ directory: String) throws(Failure) {
    if !hasStore(directory) { throw .missing(directory: directory) }
  }

  /// An empty file is no store yet: its maker came no further.
  private static func hasStore(_ directory: String) -> Bool {
    var status = stat()
    return unsafe stat(directory + "/" + DatabaseFile.name, &status) == 0 && status.st_size > 0
  }

  /// The files that a store consists of, there or not: nobody else may write to them.
  public static func files(in directory: String) -> [String] {
    [DatabaseFile.name, DatabaseLockFile.name, StateLock.name].map { directory + "/" + $0 }
  }

  /// When something was last committed, by the wall clock; nil where that cannot be told.
  public func lastCommit() -> EventTime? {
    modificationTime(ofFile: directory + "/" + DatabaseFile.name)
      .map { EventTime(milliseconds: $0) }
  }

  // MARK: Version

  private func establishVersion() throws(Failure) {
    if let version = try version() {
      try require(version)
      if version == StateStore.formatVersion { return }
    }
    try database.write { transaction throws(Failure) in
      var key = ByteBlock()
      var value = ByteBlock()
      StoredPositions.appendKey(.version, to: &key)
      value.append(field: StateStore.formatVersion)
      try key.withBytes { key throws(Failure) in
        try value.withBytes { value throws(Failure) in
          try transaction.put(key, value, in: .positions)
        }
      }
    }
  }

  private func require(_ version: UInt32) throws(Failure) {
    if !StateStore.readableVersions.contains(version) {
      throw .unknownVersion(directory: directory, version: version)
    }
  }

  private func version() throws(Failure) -> UInt32? {
    var found: UInt32?
    try forEachPosition(.version) { value in
      var reader = FieldReader()
      found = reader.next(value)
      return reader.isComplete
    }
    return found
  }

  // MARK: Reading

  /// How far the task had come at the last commit; nil where there was none.
  public func progress(task: Int32 = 0) throws(Failure) -> TaskProgress? {
    try position(StoredPositions.readProgress) { StoredPositions.appendTaskKey(task, to: &$0) }
  }

  /// Which changelog record comes next for the task's part of the store; nil where it has none.
  func checkpoint(task: Int32) throws(Failure) -> ChangelogCheckpoint? {
    try position(StoredPositions.readCheckpoint) {
      StoredPositions.appendCheckpointKey(task, to: &$0)
    }
  }

  /// Whether any task's part follows a changelog.
  func hasCheckpoints() throws(Failure) -> Bool {
    var isFound = false
    try forEachPosition(.checkpoint) { _ in
      isFound = true
      return true
    }
    return isFound
  }

  /// What the store is the state of; nil where it does not say.
  public func origin() throws(Failure) -> StateOrigin? {
    try position(StoredPositions.readOrigin) { StoredPositions.appendKey(.origin, to: &$0) }
  }

  /// The shape of the records whose sessions it keeps, as options say it; nil for devices.
  public func shape() throws(Failure) -> String? {
    try position({ String(decodingBytes: $0) }) { StoredPositions.appendKey(.shape, to: &$0) }
  }

  /// A name for whoever works on this store, the same at every start. Made at the first.
  public func processIdentifier() throws(Failure) -> String {
    var found: String?
    try forEachPosition(.process) { value in
      found = String(decodingBytes: value)
      return true
    }
    if let found { return found }
    let made = String(UInt64.random(in: .min ... .max), radix: 16)
    var changes = StateChanges()
    changes.set(processIdentifier: made)
    do { try commit(changes) } catch { throw error.ofNewStore }
    return made
  }

  /// The tasks of which something was committed, in their order.
  public func tasks() throws(Failure) -> [Int32] {
    var tasks: [Int32] = []
    var prefix = ByteBlock()
    StoredPositions.appendKey(.task, to: &prefix)
    try forEach(prefix, .positions) { key, _ in
      var reader = FieldReader(from: 1)
      tasks.append(Int32(bitPattern: UInt32(bigEndian: reader.next(key))))
      return reader.isComplete
    }
    return tasks
  }

  /// The inputs, and the position of each at the last commit, in no order.
  public func inputs() throws(Failure) -> [KnownInput] {
    try files(.input, StoredPositions.readInput)
  }

  /// The outputs, and how long each was at the last commit, in no order.
  public func outputs() throws(Failure) -> [KnownOutput] {
    try files(.output, StoredPositions.readOutput)
      + files(.earlierOutput, StoredPositions.readEarlierOutput)
  }

  private func files<File>(
    _ kind: StoredPositions.Kind, _ read: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> File?
  ) throws(Failure) -> [File] {
    var files: [File] = []
    var prefix = ByteBlock()
    StoredPositions.appendKey(kind, to: &prefix)
    try forEach(prefix, .positions) { key, value in
      guard let file = read(key, value) else { return false }
      files.append(file)
      return true
    }
    return files
  }

  /// The schemas that the task's held records name. Throws also where one of those is missing. Cost:
  /// O(held).
  public func schemas(task: Int32 = 0) throws(Failure) -> StoredSchemas {
    let texts = try schemaTexts(task)
    var found = StoredSchemas()
    found.all = Set(texts.keys)
    var seen: Set<SchemaFingerprint> = []
    try forEachHeld(task) { _, schema, _ in
      if !seen.insert(schema).inserted { return true }
      if schema == .none {
        found.hasOthers = true
        return true
      }
      guard let text = texts[schema] else { return false }
      found.named.append((schema, text))
      return true
    }
    return found
  }

  /// The text of the schema of the last event that came to the task; nil where that was not Avro, or
  /// the store does not tell.
  public func lastSchema(task: Int32 = 0) throws(Failure) -> String? {
    guard let progress = try progress(task: task), progress.schema != .none else { return nil }
    return try schemaTexts(task)[progress.schema]
  }

  /// Throws `Failure.ofOtherShape` where the task's sessions are those of records of another shape; nil
  /// stands for devices.
  public func requireShape(_ shape: String?, task: Int32) throws(Failure) {
    guard let progress = try progress(task: task) else { return }
    let found = progress.shape == .none ? nil : try schemaTexts(task)[progress.shape]
    if found == shape { return }
    throw .ofOtherShape(directory: directory, of: found, wanted: shape)
  }

  private func schemaTexts(_ task: Int32) throws(Failure) -> [SchemaFingerprint: String] {
    var texts: [SchemaFingerprint: String] = [:]
    var prefix = ByteBlock()
    StoredPositions.appendSchemaKey(task, to: &prefix)
    let start = prefix.count
    try forEach(prefix, .positions) { key, value in
      guard let schema = StoredPositions.readSchema(key, from: start, value) else { return false }
      texts[schema.fingerprint] = schema.text
      return true
    }
    return texts
  }

  /// Hands every session of the task and its key to `body`, in the order of the keys.
  public func forEachSession(
    task: Int32 = 0, _ body: (_ key: Span<UInt8>, _ session: SessionSnapshot) -> Void
  ) throws(Failure) {
    var prefix = ByteBlock()
    StoredSession.appendTask(task, to: &prefix)
    try forEach(prefix, .sessions) { StoredSession.read($0, $1, body) }
  }

  /// How many sessions of the task are open.
  public func openCount(task: Int32 = 0) throws(Failure) -> Int64 {
    var count: Int64 = 0
    try forEachSession(task: task) { _, session in if session.state == .open { count += 1 } }
    return count
  }

  /// Puts the task's sessions into a fresh segmenter.
  public func restore(task: Int32 = 0, into segmenter: inout Segmenter) throws(Failure) {
    try forEachSession(task: task) { segmenter.restore($0, $1) }
    let progress = try progress(task: task) ?? TaskProgress()
    segmenter.finishRestoring(streamTime: progress.streamTime, sequence: progress.sequence)
  }

  /// Makes of a held record, as the store has it, one of this run: appends its bytes to `output` and
  /// returns the number of its schema.
  public typealias HeldRecordReading = (
    _ record: Span<UInt8>, _ schema: SchemaFingerprint, _ output: inout ByteBlock
  ) -> UInt16

  /// Puts the task's held records into a fresh reorderer, as `read` makes them.
  public func restore(
    task: Int32 = 0, into reorderer: inout Reorderer,
    _ read: HeldRecordReading = { record, _, output in
      output.append(record)
      return 0
    }
  ) throws(Failure) {
    var joined = ByteBlock()
    try forEachHeld(task) { stored, schema, bytes in
      var held = stored
      let (key, headers) = (Int(held.keyLength), bytes.count - Int(held.headersLength))
      joined.truncate(to: 0)
      joined.append(bytes.extracting(0..<key))
      held.schema = read(bytes.extracting(key..<headers), schema, &joined)
      held.recordLength = UInt32(truncatingIfNeeded: joined.count - key)
      joined.append(bytes.extracting(headers..<bytes.count))
      joined.withBytes { reorderer.restore(held, $0) }
      return true
    }
    let progress = try progress(task: task) ?? TaskProgress()
    reorderer.finishRestoring(
      streamTime: progress.arrivedStreamTime, nextArrival: progress.nextArrival)
  }

  /// Hands the task's held records, in the order in which they came, to `body`, which says whether it
  /// could make something of them.
  private func forEachHeld(
    _ task: Int32, _ body: (HeldRecord, SchemaFingerprint, _ bytes: Span<UInt8>) -> Bool
  ) throws(Failure) {
    var prefix = ByteBlock()
    StoredSession.appendTask(task, to: &prefix)
    try forEach(prefix, .held) { key, value in
      var isTaken = false
      let isRead = StoredHeldRecord.read(key, value) { isTaken = body($0, $1, $2) }
      return isRead && isTaken
    }
  }

  /// How many of the task's held records are of a later time. Cost: O(held).
  func heldCount(task: Int32, after time: EventTime) throws(Failure) -> Int {
    var count = 0
    try forEachHeld(task) { held, _, _ in
      if held.time > time { count += 1 }
      return true
    }
    return count
  }

  /// The one entry among the positions whose key `append` writes; nil where there is none.
  private func position<Value>(
    _ read: (Span<UInt8>) -> Value?, _ append: (inout ByteBlock) -> Void
  ) throws(Failure) -> Value? {
    var found: Value?
    var key = ByteBlock()
    append(&key)
    try forEach(key, .positions) { _, value in
      found = read(value)
      return found != nil
    }
    return found
  }

  private func forEachPosition(
    _ kind: StoredPositions.Kind, _ body: (Span<UInt8>) -> Bool
  ) throws(Failure) {
    var prefix = ByteBlock()
    StoredPositions.appendKey(kind, to: &prefix)
    try forEach(prefix, .positions) { _, value in body(value) }
  }

  /// Hands entries to `body`, which says whether it could read them.
  private func forEach(
    _ prefix: borrowing ByteBlock, _ table: Table,
    _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
  ) throws(Failure) {
    let directory = directory
    try database.read { transaction throws(Failure) in
      try prefix.withBytes { prefix throws(Failure) in
        try transaction.forEach(prefix: prefix, in: table) { key, value throws(Failure) in
          if !body(key, value) {
            throw .corrupted(directory: directory, what: "an entry of \(table.name)")
          }
        }
      }
    }
  }

  // MARK: Writing

  /// Forgets all that it has of `task`.
  func clear(task: Int32) throws(Failure) {
    var changes = StateChanges(task: task)
    for table in [Table.sessions, .held] {
      var prefix = ByteBlock()
      StoredSession.appendTask(task, to: &prefix)
      try forEach(prefix, table) { key, _ in
        changes.remove(key, from: table)
        return true
      }
    }
    var schemas = ByteBlock()
    StoredPositions.appendSchemaKey(task, to: &schemas)
    try forEach(schemas, .positions) { key, _ in
      changes.remove(key, from: .positions)
      return true
    }
    changes.removePositions()
    try commit(changes)
  }

  /// Takes up what a run is going to write to, and forgets inputs, before it begins.
  public func prepare(writing outputs: [KnownOutput], forgetting inputs: [FileKey] = [])
    throws(Failure)
  {
    if outputs.isEmpty && inputs.isEmpty { return }
    var changes = StateChanges()
    for output in outputs { changes.set(output) }
    for input in inputs { changes.remove(input: input) }
    try commit(changes)
  }

  /// Makes `changes` durable, all or nothing.
  public func commit(_ changes: borrowing StateChanges) throws(Failure) {
    try database.write { transaction throws(Failure) in try changes.write(to: transaction) }
  }
}
