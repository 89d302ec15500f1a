// Holds events back until the watermark has reached them, and hands them on in order (R9).

/// One held record: an element of the heap, and its bytes in the arena.
public struct HeldRecord: BitwiseCopyable, Sendable {
  public var time: EventTime
  /// The number of its arrival: orders records of one time, and names it in the store.
  public var arrival: Int64
  public var position: Int64
  /// The key's bytes, behind them the record's, and behind them its headers (`RecordHeaders`).
  public var keyLength: UInt32
  public var recordLength: UInt32
  public var headersLength: UInt32
  fileprivate var slot: UInt32
  public var role: Role
  /// As of `Record`.
  public var timeForm: UInt8
  /// The number of the record's Avro schema; 0 for none.
  public var schema: UInt16

  public init(
    time: EventTime, arrival: Int64, position: Int64, keyLength: Int, recordLength: Int,
    headersLength: Int, role: Role, timeForm: UInt8 = 0, schema: UInt16
  ) {
    self.time = time
    self.arrival = arrival
    self.position = position
    self.keyLength = UInt32(truncatingIfNeeded: keyLength)
    self.recordLength = UInt32(truncatingIfNeeded: recordLength)
    self.headersLength = UInt32(truncatingIfNeeded: headersLength)
    self.slot = 0
    self.role = role
    self.timeForm = timeForm
    self.schema = schema
  }

  fileprivate var length: Int { Int(keyLength) + Int(recordLength) + Int(headersLength) }

  fileprivate func precedes(_ other: HeldRecord) -> Bool {
    (time, arrival) < (other.time, other.arrival)
  }
}

/// Turns records in the order of arrival into records in the order of (time, arrival), as far as
/// the watermark (stream time less lateness) has come. Late records pass through, marked.
///
/// Pure: no input or output, no clock. Memory: the records of the last `lateness` of stream time.
/// Cost: O(log held) a record.
public struct Reorderer: ~Copyable {
  private let lateness: UInt64
  private let isTracking: Bool
  private var heap = Column<HeldRecord>()
  private var arena = ByteArena()
  private var joined = ByteBlock()
  private var headers = RecordHeaders.Cursor()
  /// The greatest time that has arrived (R1).
  public private(set) var streamTime: EventTime = .beforeAll
  /// The watermark up to which all has been handed on.
  private var passed: EventTime = .beforeAll
  /// The number of the next arrival.
  public private(set) var nextArrival: Int64 = 0
  /// Arrivals from here on are not in the store yet.
  private var firstUnstored: Int64 = 0
  private var releasedStored = Column<Int64>()

  /// - Parameters:
  ///   - lateness: in milliseconds of event time.
  ///   - tracksChanges: whether changes since the last commit are kept, for a store.
  public init(lateness: UInt64, tracksChanges: Bool = false) {
    self.lateness = lateness
    isTracking = tracksChanges
  }

  /// How many records are held.
  public var count: Int { heap.count }

  /// The least position of a record that is held. Cost: O(held).
  public var firstPosition: Int64? {
    var first: Int64?
    for index in 0..<heap.count { first = min(first ?? .max, heap[index].position) }
    return first
  }

  /// Takes the records of `batch` from `index` on, and hands on to `released` what is due, until
  /// all are taken or `released` holds `blockSize` bytes. Returns whether all are taken.
  public mutating func pass(
    _ batch: borrowing Batch, from index: inout Int, into released: inout Batch, blockSize: Int
  ) -> Bool {
    if index == 0 { headers = RecordHeaders.Cursor() }
    while true {
      while heap.count > 0, heap[0].time.elapsed(until: streamTime) >= lateness {
        if released.bytes.count >= blockSize { return false }
        release(into: &released)
      }
      passed = max(passed, streamTime.retreated(by: lateness))
      if index == batch.records.count { break }
      take(batch.records[index], of: batch, into: &released)
      index += 1
    }
    released.finalStreamTime = passed
    return true
  }

  /// Hands on all that is held (end of input), until `released` holds `blockSize` bytes. Returns
  /// whether nothing is held any more.
  public mutating func drain(into released: inout Batch, blockSize: Int) -> Bool {
    while heap.count > 0 {
      if released.bytes.count >= blockSize { return false }
      release(into: &released)
    }
    return true
  }

  /// Lets stream time go on without an event (R13); what is due goes with the next `pass`.
  public mutating func advance(to time: EventTime) { streamTime = max(streamTime, time) }

  private mutating func take(
    _ record: Record, of batch: borrowing Batch, into released: inout Batch
  ) {
    streamTime = max(streamTime, record.time)
    let headers = headers.find(record, in: batch.headers)
    if record.time.elapsed(until: streamTime) > lateness {
      let bytes = released.bytes.count
      if let headers {
        batch.headers.withBytes(headers) {
          released.headers.append($0, ofRecordAt: UInt32(truncatingIfNeeded: bytes))
        }
      }
      batch.withRecordBytes(record) { released.bytes.append($0) }
      let key = released.bytes.count
      batch.withText(record.key) { released.bytes.append($0) }
      append(
        Record(
          offset: bytes, length: key - bytes,
          key: TextRange(offset: key, length: released.bytes.count - key), time: record.time,
          position: record.position, role: record.role),
        timeForm: record.timeForm, schema: record.schema, isLate: true, to: &released)
      return
    }
    joined.truncate(to: 0)
    batch.withText(record.key) { joined.append($0) }
    batch.withRecordBytes(record) { joined.append($0) }
    if let headers { batch.headers.withBytes(headers) { joined.append($0) } }
    hold(
      HeldRecord(
        time: record.time, arrival: nextArrival, position: record.position,
        keyLength: record.key.length, recordLength: Int(record.length),
        headersLength: headers?.length ?? 0, role: record.role, timeForm: record.timeForm,
        schema: record.schema))
    nextArrival += 1
  }

  /// Keeps the record whose key and bytes are in `joined`.
  private mutating func hold(_ record: HeldRecord) {
    var held = record
    held.slot = joined.withBytes { arena.insert($0) }
    heap.append(held)
    siftUp(heap.count - 1)
  }

  /// Hands on the first record of the heap.
  private mutating func release(into released: inout Batch) {
    let held = popFirst()
    if isTracking && held.arrival < firstUnstored { releasedStored.append(held.arrival) }
    let offset = released.bytes.count
    let start = offset + Int(held.keyLength)
    arena.withBytes(held.slot, length: held.length) { bytes in
      let end = bytes.count - Int(held.headersLength)
      released.bytes.append(bytes.extracting(0..<end))
      if end == bytes.count { return }
      released.headers.append(
        bytes.extracting(end..<bytes.count), ofRecordAt: UInt32(truncatingIfNeeded: start))
    }
    arena.release(held.slot, length: held.length)
    append(
      Record(
        offset: start, length: Int(held.recordLength),
        key: TextRange(offset: offset, length: Int(held.keyLength)), time: held.time,
        position: held.position, role: held.role),
      timeForm: held.timeForm, schema: held.schema, isLate: false, to: &released)
  }

  private func append(
    _ record: Record, timeForm: UInt8, schema: UInt16, isLate: Bool, to released: inout Batch
  ) {
    var record = record
    record.timeForm = timeForm
    record.schema = schema
    record.isLate = isLate
    record.streamTime = passed
    released.records.append(record)
  }

  // MARK: The heap

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      if !heap[index].precedes(heap[parent]) { return }
      swapPlaces(index, parent)
      index = parent
    }
  }

  private mutating func popFirst() -> HeldRecord {
    let first = heap[0]
    swapPlaces(0, heap.count - 1)
    heap.truncate(to: heap.count - 1)
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < heap.count && heap[child].precedes(heap[least]) { least = child }
      if least == index { return first }
      swapPlaces(index, least)
      index = least
    }
  }

  private mutating func swapPlaces(_ left: Int, _ right: Int) {
    let kept = heap[left]
    heap[left] = heap[right]
    heap[right] = kept
  }

  // MARK: For a store

  /// Adds a record that a store holds; `bytes` are its key's, its own, and its headers.
  public mutating func restore(_ record: HeldRecord, _ bytes: Span<UInt8>) {
    joined.truncate(to: 0)
    joined.append(bytes)
    hold(record)
  }

  /// Ends restoring.
  public mutating func finishRestoring(streamTime: EventTime, nextArrival: Int64) {
    self.streamTime = streamTime
    passed = streamTime.retreated(by: lateness)
    self.nextArrival = nextArrival
    firstUnstored = nextArrival
  }

  /// Hands every change since the last call to `visit`: the arrival of a stored record that is no
  /// longer held (nil), or a record that is held now, with its key's bytes, its own, and its headers.
  public mutating func takeChanges<Failure: Error>(
    _ visit: (_ arrival: Int64, _ held: HeldRecord?, _ bytes: Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    for index in 0..<releasedStored.count { try visit(releasedStored[index], nil, Span()) }
    releasedStored.removeAll()
    for index in 0..<heap.count where heap[index].arrival >= firstUnstored {
      let held = heap[index]
      try arena.withBytes(held.slot, length: held.length) { bytes throws(Failure) in
        try visit(held.arrival, held, bytes)
      }
    }
    firstUnstored = nextArrival
  }
}
