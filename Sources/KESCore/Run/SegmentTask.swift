// One input partition with its segmenter and its stream time (design.md, "What flows").

/// A task: an input partition, or a file or pipe. Records go through it in their order; nothing of
/// it is shared with other tasks.
///
///     records ──▶ (Reorderer) ──▶ Segmenter ──▶ SegmentWriter
struct SegmentTask: ~Copyable {
  /// About how many bytes make a batch of records that were held.
  private static let releaseSize = 128 * 1024

  private(set) var segmenter: Segmenter
  private var reorderer: Reorderer
  private let rules: SegmentationRules
  private var released = Batch(blockSize: 1)
  private let formats: RecordFormats?
  private var heldSchemas: HeldSchemas
  /// Records that an earlier run held; they count as read by this one.
  var restoredHeld: Int64 = 0
  /// Whether something has changed since the last `takeChanges`.
  var isDirty = false
  /// The changelog that its changes are written to.
  private var changelog = ChangelogIdentity.unnamed
  /// When the last records came, and stream time then (R13).
  private var lastArrival: Int64
  private var streamTimeAtArrival: EventTime = .beforeAll

  /// - Parameters:
  ///   - tracksChanges: whether changes are kept for a store.
  ///   - formats: the run's, where records may be Avro.
  ///   - now: milliseconds of the monotonic clock.
  init(
    rules: SegmentationRules, tracksChanges: Bool, formats: RecordFormats? = nil, now: Int64
  ) {
    self.rules = rules
    segmenter = Segmenter(rules: rules, tracksChanges: tracksChanges)
    reorderer = Reorderer(lateness: rules.lateness, tracksChanges: tracksChanges)
    self.formats = formats
    heldSchemas = SegmentTask.heldSchemas(of: formats)
    lastArrival = now
  }

  var openCount: Int { segmenter.openCount }
  var heldCount: Int64 { Int64(reorderer.count) }
  /// Where the first record in the partition stands that is held.
  var firstHeldPosition: Int64? { reorderer.firstPosition }
  /// The greatest time that has arrived (R1).
  var streamTime: EventTime { max(segmenter.streamTime, reorderer.streamTime) }

  // MARK: Records

  /// Takes the records of `batch`, and writes what is known of them.
  @inline(__always)
  mutating func process(
    _ batch: borrowing Batch, to writer: SegmentWriter
  ) throws(Failure) {
    isDirty = true
    if !rules.reorders {
      try writer.write(batch) { segmenter.segment($0, into: &$1) }
      return
    }
    var index = 0
    var isPassed = false
    while !isPassed {
      isPassed = reorderer.pass(
        batch, from: &index, into: &released, blockSize: SegmentTask.releaseSize)
      try writeReleased(to: writer)
    }
  }

  /// Notes that records came at `now`, in milliseconds of the monotonic clock.
  mutating func noteArrival(now: Int64) {
    lastArrival = now
    streamTimeAtArrival = streamTime
  }

  /// Applies what is still held, in order (R9).
  mutating func drain(
    to writer: SegmentWriter
  ) throws(Failure) {
    var isDrained = false
    while !isDrained {
      isDrained = reorderer.drain(into: &released, blockSize: SegmentTask.releaseSize)
      try writeReleased(to: writer)
    }
  }

  private mutating func writeReleased(
    to writer: SegmentWriter
  ) throws(Failure) {
    if released.records.isEmpty && released.finalStreamTime == .beforeAll { return }
    isDirty = true
    try writer.write(released) { segmenter.segment($0, into: &$1) }
    released.removeAll()
  }

  /// Closes every open session (R11, `--flush`).
  mutating func closeAll(
    to writer: SegmentWriter
  ) throws(Failure) {
    released.removeAll()
    let hasClosed = try writer.write(released) { segmenter.flush(into: &$1) }
    isDirty = isDirty || hasClosed
  }

  // MARK: Time

  /// R13: where nothing has come for `idleTimeout`, stream time goes on with the wall clock. Times in
  /// milliseconds, `now` of the monotonic clock.
  mutating func goOnWithClock(
    now: Int64, idleTimeout: Int64, to writer: SegmentWriter
  ) throws(Failure) {
    let silent = now - lastArrival
    if streamTimeAtArrival == .beforeAll || silent < idleTimeout { return }
    try advance(to: streamTimeAtArrival.advanced(by: UInt64(silent)), writer: writer)
  }

  /// Lets stream time go on without a record.
  mutating func advance(
    to time: EventTime, writer: SegmentWriter
  ) throws(Failure) {
    if rules.reorders {
      reorderer.advance(to: time)
      try process(Batch(blockSize: 1), to: writer)
    } else {
      released.removeAll()
      let hasClosed = try writer.write(released) { segmenter.advance(to: time, into: &$1) }
      isDirty = isDirty || hasClosed
    }
  }

  /// When `goOnWithClock` may have something to do; nil for never.
  func nextTick(now: Int64, idleTimeout: Int64) -> Int64? {
    if rules.reorders && reorderer.count > 0 { return max(lastArrival + idleTimeout, now + 100) }
    guard let due = segmenter.millisecondsUntilDue else { return nil }
    return max(lastArrival + idleTimeout, now + Int64(clamping: min(due, 1 << 40)))
  }

  // MARK: For a store

  /// Takes up what the store holds for `task`. Throws `Failure`, also where records that were held
  /// cannot be written any more.
  mutating func restore(from store: StateStore, task: Int32) throws(Failure) {
    try store.requireShape(formats?.shape?.description, task: task)
    let schemas = try store.schemas(task: task)
    let reader = try HeldRecordReader(schemas, formats: formats)
    try store.restore(task: task, into: &segmenter)
    try store.restore(task: task, into: &reorderer) { reader.read($0, $1, into: &$2) }
    changelog = try store.progress(task: task)?.changelog ?? .unnamed
    if let formats, let last = try store.lastSchema(task: task) {
      segmenter.schema = formats.number(ofLast: last)
    }
    if let failure = reader.failure { throw failure }
    if segmenter.streamTime != .beforeAll { formats?.timeMemory.last = segmenter.streamTime }
    heldSchemas = SegmentTask.heldSchemas(of: formats, stored: schemas.all)
    restoredHeld = Int64(reorderer.count)
    streamTimeAtArrival = streamTime
  }

  /// Gives the changelog an identity, where nobody has. It is the changelog's when a commit has written
  /// it: where that fails, the next task gives another.
  mutating func nameChangelog() {
    if changelog == .unnamed { changelog = .random() }
  }

  private static func heldSchemas(
    of formats: RecordFormats?, stored: Set<SchemaFingerprint> = []
  ) -> HeldSchemas {
    HeldSchemas(stored: stored) { number in
      guard let formats else { preconditionFailure("only formats number schemas") }
      return formats.schemas.schema(number).text
    }
  }

  /// Adds what has changed since the last time.
  ///
  /// - Parameter position: the number of the record that is next.
  mutating func takeChanges(into changes: inout StateChanges, position: Int64) {
    changes.take(from: &segmenter)
    changes.take(from: &reorderer, naming: &heldSchemas)
    var progress = TaskProgress()
    progress.position = position
    progress.streamTime = segmenter.streamTime
    progress.sequence = segmenter.sequence
    progress.arrivedStreamTime = max(reorderer.streamTime, segmenter.streamTime)
    progress.nextArrival = reorderer.nextArrival
    progress.timeout = rules.timeout
    progress.silence = rules.silence
    progress.changelog = changelog
    progress.schema = heldSchemas.name(segmenter.schema) { changes.set(schema: $1, $0) }
    if let shape = formats?.shape?.description {
      progress.shape = heldSchemas.name(text: shape) { changes.set(schema: $1, $0) }
    }
    changes.set(progress)
    isDirty = false
  }
}

/// Reads held records by the schemas that a store has of them, as a decoder would if they came now:
/// where this run reads Avro as one schema, they become data of that.
final class HeldRecordReader {
  private var readings: [SchemaFingerprint: AvroReading] = [:]
  /// What writes lines, where the output is Avro.
  private let lines: JSONLinesAvroConverter?
  /// Why a record could not be read.
  private(set) var failure: Failure?

  /// Throws where records of one of the schemas cannot be written in this run.
  init(_ schemas: StoredSchemas, formats: RecordFormats?) throws(Failure) {
    let found = try formats?.admitHeld(
      schemas.named.map(\.text), hasOthers: schemas.hasOthers)
    lines = formats?.linesConverter
    guard let found else { return }
    for (schema, reading) in zip(schemas.named, found) { readings[schema.fingerprint] = reading }
  }

  /// Appends the record to `output`, and returns the number of its schema in this run.
  func read(
    _ record: Span<UInt8>, _ schema: SchemaFingerprint, into output: inout ByteBlock
  ) -> UInt16 {
    let reading = readings[schema]
    if reading == nil, let lines, !lines.canWrite(record) {
      failure = RecordFormats.unwritable("the schema that is written cannot hold one")
    }
    guard let transcoder = reading?.transcoder else {
      output.append(record)
      return reading?.schema ?? 0
    }
    let end = transcoder.transcode(record, 0, to: &output)
    if end != record.count || transcoder.reader.flaw != nil {
      failure = RecordFormats.unwritable("one is no data of the schema that is written")
    }
    return reading?.schema ?? 0
  }
}
