// Avro object container files to records: cuts the blocks, expands and scans them.

/// Decodes events, or session events, in object container files (Avro 1.11 spec, "Object Container
/// Files"), one file behind the other if need be: a new header may stand where a block would.
///
///     head ──▶ blocks ──▶ head (another container)
///      │         │ ▲
///      ▼         ▼ │ sync marker
///     passing  seeking
///
/// A record that is wrong but whose end is known is rejected alone; where its end is not known the
/// rest of its block is, as so many records as the block says. Where the block itself cannot be
/// followed, reading goes on at the next sync marker. Memory: one block as it is in the file, and
/// one expanded; a large one is decoded in slices.
///
/// Data that need neither be expanded nor transcoded are not copied: the bytes that came in become
/// those of the batch.
public struct AvroContainerDecoder: ~Copyable, RecordDecoder {
  /// How large a block may be, in the file and expanded. Our choice.
  public static let greatestBlock = 256 << 20
  /// Blocks are decoded together up to so many bytes.
  private static let batchSize = 128 * 1024
  /// Blocks that become larger are decoded in slices, as those are that are larger than a batch in
  /// the file: what is known of records takes more memory than they do.
  private static let sliceLimit = 1 << 20

  private enum State { case head, blocks, seeking, passing }

  public internal(set) var position: Int64
  public private(set) var hasMore = false
  private let schemas: AvroSchemaTable
  /// Which schema the records are to have; nil for that of their container.
  var target: AvroTarget?
  private let greatestRecord: Int
  private let wantsDetails: Bool

  private var state = State.head
  private var container: AvroContainer?
  private var scanner = AvroEventScanner()
  /// What has come in and is not decoded yet begins at `used`.
  private var raw = ByteBlock()
  private var used = 0
  /// Whether what comes in becomes the bytes of the batch at hand.
  private var isInPlace = false
  /// The data of a block that have to be transcoded.
  private var data = ByteBlock()
  /// How many bytes of the input come before the end of `raw`.
  private var given: Int64 = 0
  private var headOffset: Int64 = 0
  /// The number of the block at `used`, from 1, and how many of its records are decoded.
  private var block: Int64 = 1
  private var recordsOfBlock: Int64 = 0
  private var headProblem = ""
  /// The block at `used`, while it is decoded in slices.
  private var opened: AvroOpenBlock?
  /// Why containers could not be read whose blocks were rejected with the bytes decoded last.
  private var problems: [String] = []

  /// - Parameters:
  ///   - schemas: where the schemas of the containers get their numbers, and how events are read.
  ///   - target: which schema the records are to have; nil for that of their container.
  ///   - greatestRecord: how many bytes a record may have.
  ///   - position: the number of the first record.
  public init(
    schemas: AvroSchemaTable, target: AvroTarget? = nil, wantsDetails: Bool, greatestRecord: Int,
    position: Int64 = 0
  ) {
    self.schemas = schemas
    self.target = target
    self.wantsDetails = wantsDetails
    self.greatestRecord = greatestRecord
    self.position = position
  }

  public var isInsideRecord: Bool { state == .seeking || state == .passing }

  // MARK: Inputs

  public mutating func beginInput(_ start: InputStart) {
    state = .head
    container = nil
    raw.truncate(to: 0)
    (used, given, headOffset, block, recordsOfBlock) = (0, 0, 0, 1, 0)
    opened = nil
    hasMore = false
    if case .resumed(let position, let head) = start, position.offset > 0 {
      resume(at: position, head: head)
    }
  }

  /// Takes up the container whose header an earlier run read.
  private mutating func resume(at position: InputPosition, head: [UInt8]) {
    (given, headOffset) = (position.offset, position.headOffset)
    (block, recordsOfBlock) = (position.line, position.recordsOfBlock)
    if case .header(let header) = AvroContainerHeader.find(head.span, 0) {
      container = AvroContainer(header, schemas: schemas, target: target)
      state = .blocks
    }
  }

  public func place(after batch: borrowing Batch) -> DecodingPlace {
    var place = DecodingPlace(unread: raw.count - used, line: block)
    place.recordsOfBlock = recordsOfBlock
    place.headOffset = headOffset
    return place
  }

  /// The place in the input of what stands at `index` in `raw`.
  private func offset(of index: Int) -> Int64 { given - Int64(raw.count - index) }

  // MARK: Decoding

  /// What became of a step.
  private enum Progress { case done, needsBytes, stopped }

  public mutating func withInput<Result, Failure: Error>(
    _ batch: inout Batch, _ fill: (inout ByteBlock) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    forgetUsed()
    let before = raw.count
    defer { given += Int64(raw.count - before) }
    return try fill(&raw)
  }

  private mutating func forgetUsed() {
    raw.removeFirst(used)
    used = 0
  }

  public mutating func decode(_ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits) {
    take(&batch)
    hasMore = false
    isInPlace = opened == nil && container?.isPlain ?? false
    var limits = limits
    while !isEnough(batch, limits) {
      let before = position
      let progress = step(&batch, endOfInput: endOfInput, limits: limits)
      limits.records -= position - before
      if progress != .done { break }
    }
    // What waits for the rest of a block is not copied each time that some more of it comes in.
    if isInPlace && !batch.isEmpty { giveAway(to: &batch) }
    batch.decodedCount = batch.bytes.count
  }

  /// Moves the batch's bytes behind those that wait.
  private mutating func take(_ batch: inout Batch) {
    forgetUsed()
    given += Int64(batch.bytes.count)
    raw.append(batch.bytes, 0, batch.bytes.count)
    batch.bytes.truncate(to: 0)
    problems.removeAll()
  }

  /// Whether the batch is to be handed on as it is. Notes whether more could be had at once.
  private mutating func isEnough(_ batch: borrowing Batch, _ limits: DecodingLimits) -> Bool {
    let isPlain = container?.isPlain ?? false
    if batch.isEmpty { isInPlace = isPlain && opened == nil && batch.bytes.isEmpty }
    let isFull = batch.bytes.count >= AvroContainerDecoder.batchSize
    let isOther = !batch.isEmpty && isPlain != isInPlace
    guard limits.records <= 0 || isFull || isOther else { return false }
    hasMore = raw.count > used && limits.records > 0
    return true
  }

  /// Makes the bytes that came in those of the batch, and keeps a copy of what is not decoded.
  private mutating func giveAway(to batch: inout Batch) {
    swap(&raw, &batch.bytes)
    raw.truncate(to: 0)
    raw.append(batch.bytes, used, batch.bytes.count - used)
    used = 0
  }

  /// Where `length` bytes from `start` of what came in stand in the batch.
  private func stage(_ start: Int, _ length: Int, in batch: inout Batch) -> Int {
    if isInPlace { return start }
    let offset = batch.bytes.count
    batch.bytes.append(raw, start, length)
    return offset
  }

  private mutating func step(
    _ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits
  ) -> Progress {
    if used == raw.count && !(endOfInput && isInsideRecord) { return .needsBytes }
    switch state {
    case .head: return readHead(&batch, endOfInput, limits)
    case .blocks: return readBlock(&batch, endOfInput, limits)
    case .seeking: return seek(&batch, endOfInput)
    case .passing: return pass(&batch, endOfInput)
    }
  }

  // MARK: Headers

  private mutating func readHead(
    _ batch: inout Batch, _ endOfInput: Bool, _ limits: DecodingLimits
  ) -> Progress {
    let start = used
    let finding = raw.withBytes { bytes -> AvroContainerHeader.Finding in
      switch AvroContainerHeader.isMagic(bytes, start) {
      case nil: .incomplete
      case false?: .none(reason: "it does not begin with \"Obj\" and 1")
      case true?: AvroContainerHeader.find(bytes, start)
      }
    }
    switch finding {
    case .header(let header):
      headOffset = offset(of: used)
      used += header.length
      container = AvroContainer(header, schemas: schemas, target: target)
      state = .blocks
      return .done
    case .incomplete where !endOfInput: return .needsBytes
    case .incomplete: headProblem = "it ends inside the header"
    case .none(let reason): headProblem = reason
    }
    return lose(.badHeader, recordCount: 1, then: .passing, &batch, limits)
  }

  // MARK: Blocks

  private mutating func readBlock(
    _ batch: inout Batch, _ endOfInput: Bool, _ limits: DecodingLimits
  ) -> Progress {
    guard let container else { return .stopped }
    switch findBlock(container) {
    case .head:
      state = .head
      return .done
    case .incomplete(let count):
      if !endOfInput { return .needsBytes }
      return lose(.truncated, recordCount: count, then: .seeking, &batch, limits)
    case .fault(let fault, let count):
      return lose(fault, recordCount: count, then: .seeking, &batch, limits)
    case .block(let head):
      return decode(head, of: container, &batch, limits)
    }
  }

  /// A block's head: how many records it says it has, and where its data are in `raw`.
  private struct BlockHead {
    var count: Int64
    var dataStart: Int
    var dataLength: Int
    var end: Int { dataStart + dataLength + AvroContainerHeader.syncLength }
  }

  private enum BlockFinding {
    case block(BlockHead)
    /// Another container begins.
    case head
    /// The bytes end inside it; how many records it says it has, where that is known.
    case incomplete(Int64)
    case fault(Fault, Int64)
  }

  private func findBlock(_ container: AvroContainer) -> BlockFinding {
    let start = used
    let sync = container.sync
    return raw.withBytes { bytes in
      switch AvroContainerHeader.isMagic(bytes, start) {
      case true?: return .head
      case nil: return .incomplete(1)
      case false?: break
      }
      var reader = AvroReader()
      var index = reader.long(bytes, start)
      let count = reader.value
      if index >= 0 {
        if count < 0 { return .fault(.badBlock, 1) }
        index = reader.long(bytes, index)
      }
      if index < 0 {
        return reader.fault == .truncated ? .incomplete(1) : .fault(.badBlock, 1)
      }
      let length = reader.value
      if length < 0 || length > AvroContainerDecoder.greatestBlock { return .fault(.badBlock, 1) }
      let head = BlockHead(count: count, dataStart: index, dataLength: Int(length))
      let lost = AvroContainerDecoder.lostCount(head, container)
      if head.end > bytes.count { return .incomplete(lost) }
      let marker = bytes.extracting(head.end - AvroContainerHeader.syncLength..<head.end)
      if !marker.hasSameBytes(as: sync.span) {
        return .fault(.wrongSync, lost)
      }
      return .block(head)
    }
  }

  /// How many records are lost with a block that is not read: as many as it says, and as can be.
  private static func lostCount(_ head: BlockHead, _ container: AvroContainer) -> Int64 {
    // A byte of compressed data may be any number of records.
    max(1, min(head.count, Int64(container.isCompressed ? greatestBlock : head.dataLength)))
  }

  private mutating func decode(
    _ head: BlockHead, of container: AvroContainer, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Progress {
    guard container.reading.problem == nil, let entry = container.reading.entry else {
      return reject(head, .unusableSchema, &batch, limits)
    }
    let isLarge = opened != nil || head.dataLength > AvroContainerDecoder.batchSize
    if isLarge && container.reading.transcoder == nil {
      if isInPlace && !batch.isEmpty {
        hasMore = true
        return .stopped
      }
      isInPlace = false
      return decodeSlice(head, of: container, entry, &batch, limits)
    }
    if isInPlace {
      if !isPossible(head.count, head.dataLength, entry) {
        return reject(head, .badCount, &batch, limits)
      }
      var scan = makeScan(head, at: head.dataStart, container)
      var block = ByteBlock(capacity: 0)
      swap(&block, &raw)
      let isWhole = batch.decode(block, head.dataStart + head.dataLength) { bytes, columns in
        entry.withPlan { steps, tables in
          scanRecords(
            bytes, steps, tables, &scan, container.reading.schema, entry, &columns, limits)
        }
      }
      swap(&block, &raw)
      return end(head, scan, isWhole)
    }
    return expand(head, of: container, entry, &batch, limits)
  }

  /// Decodes a block whose data have to be expanded, transcoded or copied.
  private mutating func expand(
    _ head: BlockHead, of container: AvroContainer, _ entry: AvroSchemaTable.Entry,
    _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Progress {
    data.truncate(to: 0)
    // Data that are not transcoded are expanded to where they stay.
    if container.reading.transcoder == nil { swap(&data, &batch.bytes) }
    let start = data.count
    let isExpanded = raw.withBytes(head.dataStart, head.dataLength) {
      container.codec.expand($0, limit: AvroContainerDecoder.greatestBlock, to: &data)
    }
    let isPossible = isPossible(head.count, data.count - start, entry)
    if !isExpanded || !isPossible { data.truncate(to: start) }
    if container.reading.transcoder == nil { swap(&data, &batch.bytes) }
    if !isExpanded { return reject(head, .badCompression, &batch, limits) }
    if !isPossible { return reject(head, .badCount, &batch, limits) }
    if container.reading.transcoder == nil
      && batch.bytes.count - start > AvroContainerDecoder.sliceLimit
    {
      // Few bytes have become many: they are expanded once more, elsewhere.
      batch.bytes.truncate(to: start)
      return decodeSlice(head, of: container, entry, &batch, limits)
    }
    var scan = makeScan(head, at: start, container)
    let isWhole =
      if let transcoder = container.reading.transcoder {
        transcodeRecords(transcoder, &scan, container.reading.schema, entry, &batch, limits)
      } else {
        batch.decode { bytes, columns in
          entry.withPlan { steps, tables in
            scanRecords(
              bytes, steps, tables, &scan, container.reading.schema, entry, &columns, limits)
          }
        }
      }
    return end(head, scan, isWhole)
  }

  /// Whether so many records can stand in so many bytes.
  private func isPossible(_ count: Int64, _ length: Int, _ entry: AvroSchemaTable.Entry) -> Bool {
    count <= Int64(length) || !entry.rootTakesBytes
  }

  private func makeScan(
    _ head: BlockHead, at start: Int, _ container: AvroContainer
  ) -> AvroBlockScan {
    AvroBlockScan(
      count: head.count, index: start, passed: recordsOfBlock, byteOffset: offset(of: used),
      dataOffset: container.codec == .null ? offset(of: head.dataStart) : nil)
  }

  private mutating func end(
    _ head: BlockHead, _ scan: AvroBlockScan, _ isWhole: Bool
  ) -> Progress {
    recordsOfBlock = isWhole ? 0 : scan.passed
    if isWhole { finish(head) }
    return isWhole ? .done : .stopped
  }

  /// Goes behind a block.
  private mutating func finish(_ head: BlockHead) {
    used = head.end
    block += 1
    recordsOfBlock = 0
    opened = nil
  }

  // MARK: Slices

  /// Decodes the next slice of a large block, which is expanded once.
  private mutating func decodeSlice(
    _ head: BlockHead, of container: AvroContainer, _ entry: AvroSchemaTable.Entry,
    _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Progress {
    // What is not compressed stays where it is.
    let isPlain = container.codec == .null
    if opened == nil, let fault = expand(head, of: container, entry, isPlain: isPlain) {
      return reject(head, fault, &batch, limits)
    }
    let open = opened ?? AvroOpenBlock()
    let wanted = head.count - open.records
    let slice =
      isPlain
      ? raw.withBytes(head.dataStart, head.dataLength) { open.slice(of: $0, wanted, entry.layout) }
      : data.withBytes { open.slice(of: $0, wanted, entry.layout) }
    var scan = AvroBlockScan(
      count: slice.isLast ? wanted : slice.records, index: batch.bytes.count,
      passed: max(0, recordsOfBlock - open.records), byteOffset: offset(of: used),
      dataOffset: isPlain ? offset(of: head.dataStart + open.index) : nil)
    if isPlain {
      batch.bytes.append(raw, head.dataStart + open.index, slice.length)
    } else {
      batch.bytes.append(data, open.index, slice.length)
    }
    let isWhole = batch.decode { bytes, columns in
      entry.withPlan { steps, tables in
        scanRecords(bytes, steps, tables, &scan, container.reading.schema, entry, &columns, limits)
      }
    }
    if !isWhole {
      recordsOfBlock = open.records + scan.passed
      return .stopped
    }
    if slice.isLast {
      finish(head)
    } else {
      let next = AvroOpenBlock(
        index: open.index + slice.length, records: open.records + slice.records)
      opened = next
      recordsOfBlock = max(recordsOfBlock, next.records)
    }
    return .done
  }

  /// Opens a large block, its data in `data` unless they stay where they are. Returns what is wrong
  /// with it.
  private mutating func expand(
    _ head: BlockHead, of container: AvroContainer, _ entry: AvroSchemaTable.Entry, isPlain: Bool
  ) -> Fault? {
    data.truncate(to: 0)
    let isExpanded =
      isPlain
      || raw.withBytes(head.dataStart, head.dataLength) {
        container.codec.expand($0, limit: AvroContainerDecoder.greatestBlock, to: &data)
      }
    if !isExpanded { return .badCompression }
    let length = isPlain ? head.dataLength : data.count
    if entry.rootTakesBytes && head.count > Int64(length) { return .badCount }
    opened = AvroOpenBlock()
    return nil
  }

  /// Rejects all records of a block.
  private mutating func reject(
    _ head: BlockHead, _ fault: Fault, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Progress {
    if head.count == 0 {
      finish(head)
      return .done
    }
    let start = stage(head.dataStart, head.dataLength, in: &batch)
    var rejection = makeRejection(.whole, fault, start, head.dataLength, batch)
    rejection.recordCount = UInt32(
      clamping: container.map { AvroContainerDecoder.lostCount(head, $0) } ?? 1)
    if fault == .unusableSchema { rejection.faultOffset = notedProblem() }
    batch.rejections.append(rejection)
    if limits.stopsAtRejection { return .stopped }
    position += Int64(rejection.recordCount)
    finish(head)
    return .done
  }

  /// Which of `problems` is the container's. Another may be at hand when messages are worded.
  private mutating func notedProblem() -> UInt32 {
    let problem = container?.reading.problem ?? ""
    if problems.last != problem { problems.append(problem) }
    return UInt32(problems.count - 1)
  }

  // MARK: Records

  /// Scans the records of a block; false where it stopped before the block's end.
  private mutating func scanRecords(
    _ bytes: Span<UInt8>, _ steps: Span<AvroEventStep>, _ tables: Span<Int32>,
    _ scan: inout AvroBlockScan, _ schema: UInt16, _ entry: AvroSchemaTable.Entry,
    _ columns: inout Batch.Columns, _ limits: DecodingLimits
  ) -> Bool {
    var number: Int64 = 0
    let last = position &+ min(limits.records, Int64.max &- position)
    while number < scan.count {
      if position == last { return stop(at: number, &scan) }
      let start = scan.index
      let end = scanner.scan(steps, tables, entry.layout, bytes, start)
      if number < scan.passed {
        // Decoded by an earlier run.
        if end < 0 { return rejectRest(bytes, scan, from: number, &columns, limits) }
      } else if end >= 0 && scanner.reader.flaw == nil && end &- start <= greatestRecord {
        append(start, end, schema, to: &columns)
        position &+= 1
      } else if end < 0 {
        scan.passed = number
        return rejectRest(bytes, scan, from: number, &columns, limits)
      } else {
        reject(start, end, scan, &columns)
        if limits.stopsAtRejection { return stop(at: number, &scan) }
        position &+= 1
      }
      scan.index = end
      number &+= 1
    }
    if scan.index == bytes.count { return true }
    scan.passed = number
    return rejectRest(bytes, scan, fault: .leftOver, from: number - 1, &columns, limits)
  }

  /// Transcodes the records of a block, which stand in `data`, into the batch's bytes, and scans them
  /// there; false where it stopped before the block's end.
  private mutating func transcodeRecords(
    _ transcoder: AvroTranscoder, _ scan: inout AvroBlockScan, _ schema: UInt16,
    _ entry: AvroSchemaTable.Entry, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Bool {
    var number: Int64 = 0
    let last = position &+ min(limits.records, Int64.max &- position)
    while number < scan.count {
      if position == last { return stop(at: number, &scan) }
      let start = batch.bytes.count
      let end = data.withBytes { transcoder.transcode($0, scan.index, to: &batch.bytes) }
      if end < 0 {
        batch.bytes.truncate(to: start)
        scan.passed = number
        return rejectRest(transcoder.reader, scan, from: number, &batch, limits)
      }
      if number < scan.passed {
        batch.bytes.truncate(to: start)
      } else {
        admit(start, transcoder.reader.flaw, schema, entry, scan, dataEnd: end, &batch)
        if limits.stopsAtRejection && !batch.rejections.isEmpty { return stop(at: number, &scan) }
        position &+= 1
      }
      scan.index = end
      number &+= 1
    }
    if scan.index == data.count { return true }
    scan.passed = number
    return rejectRest(nil, scan, from: number - 1, &batch, limits)
  }

  /// Appends the record that was transcoded to `start`, or rejects what it was made of.
  private mutating func admit(
    _ start: Int, _ flaw: AvroFlaw?, _ schema: UInt16, _ entry: AvroSchemaTable.Entry,
    _ scan: AvroBlockScan, dataEnd: Int, _ batch: inout Batch
  ) {
    let (first, block, position) = (scan.index, block, position)
    var flaw = flaw
    if flaw == nil {
      let end = batch.decode { bytes, columns in
        let end = entry.withPlan { scanner.scan($0, $1, entry.layout, bytes, start) }
        if end >= 0 && scanner.reader.flaw == nil && end - start <= greatestRecord {
          append(start, end, schema, to: &columns)
          return end
        }
        return AvroReader.failed
      }
      if end >= 0 { return }
      flaw = scanner.reader.flaw ?? AvroFlaw(fault: .tooLong, field: .none, offset: first)
      // What is wrong stands somewhere in the record as it was.
      flaw = flaw.map { AvroFlaw(fault: $0.fault, field: $0.field, offset: first) }
    }
    guard let flaw else { return }
    batch.bytes.truncate(to: start)
    batch.bytes.append(data, first, dataEnd - first)
    var rejection = Rejection(
      part: .whole, fault: flaw.fault, field: flaw.field, place: batch.records.count, offset: start,
      length: dataEnd - first, faultOffset: start, position: position, line: block)
    rejection.byteOffset = scan.byte(of: flaw.offset)
    batch.rejections.append(rejection)
  }

  /// Rejects what is left of a block of data; `reader` is nil where there is too much of it.
  private mutating func rejectRest(
    _ reader: AvroReader?, _ scan: AvroBlockScan, from number: Int64, _ batch: inout Batch,
    _ limits: DecodingLimits
  ) -> Bool {
    let start = batch.bytes.count
    let length = data.count - scan.index
    batch.bytes.append(data, scan.index, length)
    var rejection = Rejection(
      part: .whole, fault: reader?.fault ?? .leftOver, field: .none, place: batch.records.count,
      offset: start, length: length, faultOffset: start, position: position, line: block)
    rejection.recordCount = UInt32(clamping: max(1, scan.count - number))
    rejection.byteOffset = scan.byte(of: reader?.faultOffset ?? scan.index)
    batch.rejections.append(rejection)
    if limits.stopsAtRejection { return false }
    position += Int64(rejection.recordCount)
    return true
  }

  private func stop(at number: Int64, _ scan: inout AvroBlockScan) -> Bool {
    scan.passed = number
    return false
  }

  @inline(__always)
  private mutating func append(
    _ start: Int, _ end: Int, _ schema: UInt16, to columns: inout Batch.Columns
  ) {
    columns.records.append(scanner.record(at: start, end, position: position, schema: schema))
    if wantsDetails { columns.details.append(scanner.detailOfKind) }
  }

  /// Rejects one record whose end is known.
  private func reject(
    _ start: Int, _ end: Int, _ scan: AvroBlockScan, _ columns: inout Batch.Columns
  ) {
    let flaw =
      scanner.reader.flaw ?? AvroFlaw(fault: .tooLong, field: .none, offset: start)
    var rejection = Rejection(
      part: .whole, fault: flaw.fault, field: flaw.field, place: columns.records.count,
      offset: start, length: end - start, faultOffset: flaw.offset, position: position, line: block)
    rejection.byteOffset = scan.byte(of: flaw.offset)
    columns.rejections.append(rejection)
  }

  /// Rejects what is left of a block whose data cannot be followed; false where that ends the run.
  private mutating func rejectRest(
    _ bytes: Span<UInt8>, _ scan: AvroBlockScan, fault: Fault? = nil, from number: Int64,
    _ columns: inout Batch.Columns, _ limits: DecodingLimits
  ) -> Bool {
    let faultOffset = fault == nil ? scanner.reader.faultOffset : scan.index
    var rejection = Rejection(
      part: .whole, fault: fault ?? scanner.reader.fault, field: .none,
      place: columns.records.count, offset: scan.index, length: bytes.count - scan.index,
      faultOffset: faultOffset, position: position, line: block)
    rejection.recordCount = UInt32(clamping: max(1, scan.count - number))
    rejection.byteOffset = scan.byte(of: faultOffset)
    columns.rejections.append(rejection)
    if limits.stopsAtRejection { return false }
    position += Int64(rejection.recordCount)
    return true
  }

  // MARK: What cannot be followed

  private func makeRejection(
    _ part: Rejection.Part, _ fault: Fault, _ start: Int, _ length: Int, _ batch: borrowing Batch
  ) -> Rejection {
    var rejection = Rejection(
      part: part, fault: fault, field: .none, place: batch.records.count, offset: start,
      length: length, faultOffset: start, position: position, line: block)
    rejection.byteOffset = offset(of: used)
    return rejection
  }

  /// Rejects what begins here and ends nobody knows where.
  private mutating func lose(
    _ fault: Fault, recordCount: Int64, then next: State, _ batch: inout Batch,
    _ limits: DecodingLimits
  ) -> Progress {
    var rejection = makeRejection(.first, fault, stage(used, 0, in: &batch), 0, batch)
    rejection.recordCount = UInt32(clamping: recordCount)
    batch.rejections.append(rejection)
    if limits.stopsAtRejection { return .stopped }
    position += recordCount
    state = next
    return .done
  }

  /// Passes over what stands before the next sync marker, and that.
  private mutating func seek(_ batch: inout Batch, _ endOfInput: Bool) -> Progress {
    guard let container else { return .stopped }
    let start = used
    let sync = container.sync
    if let found = raw.withBytes({ $0.firstIndex(of: sync.span, from: start) }) {
      passOver(to: found + AvroContainerHeader.syncLength, .last, &batch)
      state = .blocks
      block += 1
      recordsOfBlock = 0
      return .done
    }
    // The marker may have begun.
    let kept = endOfInput ? 0 : AvroContainerHeader.syncLength - 1
    passOver(to: max(used, raw.count - kept), endOfInput ? .last : .middle, &batch)
    if endOfInput { state = .blocks }
    return .needsBytes
  }

  private mutating func pass(_ batch: inout Batch, _ endOfInput: Bool) -> Progress {
    passOver(to: raw.count, endOfInput ? .last : .middle, &batch)
    if endOfInput { state = .head }
    return .needsBytes
  }

  private mutating func passOver(to end: Int, _ part: Rejection.Part, _ batch: inout Batch) {
    let start = stage(used, end - used, in: &batch)
    batch.rejections.append(makeRejection(part, .badBlock, start, end - used, batch))
    used = end
  }

  // MARK: Messages

  public func location(of rejection: Rejection) -> String {
    ": block \(rejection.line), byte \(rejection.byteOffset)"
  }

  public var isBinary: Bool { true }

  public func message(for rejection: Rejection, in batch: borrowing Batch) -> String {
    switch rejection.fault {
    case .unusableSchema: problems[Int(rejection.faultOffset)]
    case .badHeader: "not an Avro container file: \(headProblem)"
    default: AvroFaultMessage(rejection: rejection, greatestRecord: greatestRecord).text
    }
  }
}

/// How far the scan of a block has come.
struct AvroBlockScan {
  let count: Int64
  /// The place of the next record in the batch's bytes.
  var index: Int
  /// How many records need no decoding, or have been decoded.
  var passed: Int64
  /// Where the block begins in the input, and where its data do unless they are compressed.
  let byteOffset: Int64
  let dataOffset: Int64?
  private let dataStart: Int

  init(count: Int64, index: Int, passed: Int64, byteOffset: Int64, dataOffset: Int64?) {
    self.count = count
    self.index = index
    self.passed = passed
    self.byteOffset = byteOffset
    self.dataOffset = dataOffset
    dataStart = index
  }

  /// The place in the input of a byte of the data; of the block where it is compressed.
  func byte(of offset: Int) -> Int64 {
    dataOffset.map { $0 + Int64(offset - dataStart) } ?? byteOffset
  }
}

/// How much of a block that is decoded in slices has been decoded.
struct AvroOpenBlock {
  private static let sliceLength = 128 * 1024
  private static let sliceRecords: Int64 = 1 << 16

  /// How many bytes of its data, and how many records they are.
  var index = 0
  var records: Int64 = 0

  /// The next records of `data`: how many, and their bytes. The last slice has all that is left,
  /// also what cannot be followed.
  func slice(
    of data: Span<UInt8>, _ wanted: Int64, _ layout: borrowing AvroLayout
  ) -> (records: Int64, length: Int, isLast: Bool) {
    var reader = AvroReader()
    var end = index
    var count: Int64 = 0
    while count < wanted {
      if end - index >= AvroOpenBlock.sliceLength || count == AvroOpenBlock.sliceRecords {
        return (count, end - index, false)
      }
      reader.beginRecord()
      end = reader.skip(layout.root, of: layout, data, end)
      if end < 0 { break }
      count += 1
    }
    return (count, data.count - index, true)
  }
}
