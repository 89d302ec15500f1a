// The segmenting of an application without files, brokers or time.

@testable import KESCore

/// Runs the tasks of kes-segment on records that a test pipes in, and hands out what they write.
///
/// Nothing is read, sent or waited for: records are there when `pipe` returns, and the wall clock goes
/// on where the test says so. Kafka Streams has the like in its `TopologyTestDriver`.
///
///     let driver = TopologyTestDriver(rules: rules)
///     try driver.pipe(#"{"device":"a","timestamp":0,"event":{"DeviceWokeUp":{}}}"#)
///     try driver.advanceWallClock(by: 10_000)
///     driver.takeOutput()    // the event with its session, and behind it its SessionClosed
final class TopologyTestDriver {
  /// A header of a record.
  struct Header: Hashable, Sendable {
    var name: String
    /// Nil for none.
    var value: [UInt8]?

    init(_ name: String, _ value: [UInt8]?) {
      self.name = name
      self.value = value
    }
  }

  /// A session event as it would be sent to a topic.
  struct Output: Hashable, Sendable {
    /// Of the input.
    var partition: Int32
    var key: String
    /// The session's id.
    var session: String
    /// Of the event, or of the closing.
    var time: EventTime
    /// The JSON object.
    var value: String
    /// Those of the input's record.
    var headers: [Header] = []
  }

  /// A session that is open, or remembered.
  struct OpenSession: Sendable {
    var key: String
    var session: SessionSnapshot
  }

  private final class Task {
    var task: SegmentTask
    var position: Int64 = 0

    init(_ task: consuming SegmentTask) { self.task = task }
  }

  private let rules: SegmentationRules
  private let idleTimeout: Int64?
  private var now: Int64 = 0
  private var tasks: [Int32: Task] = [:]
  private var reader: JSONRecordReader
  private var batch = Batch(blockSize: 1024)
  private let gathered: GatheredOutput
  private let writer: SegmentWriter
  private var records: Int64 = 0
  private var rejected: Int64 = 0

  /// - Parameters:
  ///   - emission: which session events are written.
  ///   - idleTimeout: R13, in milliseconds; nil for none.
  init(
    rules: SegmentationRules, emission: Emission = .all, idleTimeout: Int64? = nil
  ) {
    self.rules = rules
    self.idleTimeout = idleTimeout
    reader = JSONRecordReader(purpose: .segmenting)
    gathered = GatheredOutput()
    let stream = OutputStream(gathered, name: "the test")
    let output = FormatOutput(
      stream, formats: RecordFormats(output: .json), records: gathered.records)
    writer = SegmentWriter(
      encoder: output.makeSessionEncoder(
        emission: emission, marksDuplicates: rules.duplicates == .mark),
      outputs: SegmentOutputs(sessions: stream, late: nil), isUnbuffered: true)
  }

  // MARK: In

  /// Has the task of `partition` take a record, a JSON object that is the value of a message. One that is
  /// no event is rejected, and counted. Throws `Failure`, which means a bug.
  func pipe(
    _ value: String, headers: [Header] = [], partition: Int32 = 0
  ) throws(Failure) {
    let running = task(partition)
    batch.read([Array(value.utf8)], by: &reader, from: running.position)
    running.position += 1
    records += 1
    rejected += Int64(batch.rejections.count)
    gathered.partition = partition
    for header in headers where !batch.records.isEmpty { add(header) }
    if !batch.records.isEmpty { try running.task.process(batch, to: writer) }
    running.task.noteArrival(now: now)
  }

  private func add(_ header: Header) {
    let offset = batch.records[0].offset
    withUTF8Bytes(of: header.name) { name in
      if let value = header.value {
        batch.headers.append(name, value.span, ofRecordAt: offset)
      } else {
        batch.headers.append(name, nil, ofRecordAt: offset)
      }
    }
  }

  /// Lets the wall clock go on by so many milliseconds (R13). Throws `Failure`, which means a
  /// bug.
  func advanceWallClock(by milliseconds: Int64) throws(Failure) {
    now += milliseconds
    guard let idleTimeout else { return }
    for (partition, running) in tasks.sorted(by: { $0.key < $1.key }) {
      gathered.partition = partition
      try running.task.goOnWithClock(now: now, idleTimeout: idleTimeout, to: writer)
    }
  }

  /// Lets stream time of a partition go on to `time` without a record. Throws `Failure`, which
  /// means a bug.
  func advanceStreamTime(
    to time: EventTime, partition: Int32 = 0
  ) throws(Failure) {
    gathered.partition = partition
    try task(partition).task.advance(to: time, writer: writer)
  }

  /// Ends the input: what is held is applied (R9), and where `flushes` all sessions close (R11).
  /// Throws `Failure`, which means a bug.
  func endInput(flushes: Bool = false) throws(Failure) {
    for (partition, running) in tasks.sorted(by: { $0.key < $1.key }) {
      gathered.partition = partition
      try running.task.drain(to: writer)
      if flushes { try running.task.closeAll(to: writer) }
    }
  }

  private func task(_ partition: Int32) -> Task {
    if let known = tasks[partition] { return known }
    let made = Task(SegmentTask(rules: rules, tracksChanges: false, now: now))
    tasks[partition] = made
    return made
  }

  // MARK: Out

  /// What was written since the last call, in the order in which it happened.
  func takeOutput() -> [Output] {
    defer { gathered.outputs = [] }
    return gathered.outputs
  }

  /// The sessions of a partition that are open, in the order of their latest events, and behind them
  /// those that are remembered.
  func openSessions(partition: Int32 = 0) -> [OpenSession] {
    var found: [OpenSession] = []
    tasks[partition]?.task.segmenter.forEachSession { key, session in
      found.append(OpenSession(key: String(decodingBytes: key), session: session))
    }
    return found
  }

  /// What became of every record.
  var ledger: Ledger {
    var ledger = writer.ledger
    ledger.records = records
    ledger.rejected = rejected
    ledger.held = tasks.values.reduce(0) { $0 + $1.task.heldCount }
    return ledger
  }
}

/// Keeps what is written, record by record.
private final class GatheredOutput: OutputDestination {
  let records = TopicRecords()
  var partition: Int32 = 0
  var outputs: [TopologyTestDriver.Output] = []

  func write(_ bytes: borrowing ByteBlock) {
    var start = 0
    for index in 0..<records.count {
      let note = records.notes[index]
      outputs.append(
        TopologyTestDriver.Output(
          partition: partition, key: text(note.key), session: text(note.session), time: note.time,
          value: bytes.withBytes(start, note.end - start) { String(decodingBytes: $0) },
          headers: headers(note.headers)))
      start = note.end
    }
    records.removeAll()
  }

  private func text(_ range: TextRange) -> String {
    records.bytes.withBytes(Int(range.offset), range.length) { String(decodingBytes: $0) }
  }

  private func headers(_ range: TextRange) -> [TopologyTestDriver.Header] {
    var found: [TopologyTestDriver.Header] = []
    records.bytes.withBytes(Int(range.offset), range.length) { bytes in
      RecordHeaders.forEach(in: bytes) { name, value in
        var header = TopologyTestDriver.Header(String(decodingBytes: name), nil)
        if let value { header.value = value.copied }
        found.append(header)
      }
    }
    return found
  }

  func sync() {}
  func finish() {}
}

extension Segmenter {
  /// Hands every session to `body`: those that are open in the order of their latest events, then those
  /// that are remembered.
  func forEachSession(_ body: (_ key: Span<UInt8>, _ session: SessionSnapshot) -> Void) {
    for first in [table.firstOpen, table.firstRemembered] {
      var index = first
      while index != .none {
        table.withKey(of: index) { body($0, table.snapshot(of: index)) }
        index = table.next(after: index)
      }
    }
  }
}
