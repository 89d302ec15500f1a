// The blocks of a container: where they begin and end, and what is made of their data.

extension AvroContainerDecoder {
  mutating func readBlock(
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
  struct BlockHead {
    var count: Int64
    var dataStart: Int
    var dataLength: Int
    var end: Int { dataStart + dataLength + AvroContainerHeader.syncLength }
  }

  enum BlockFinding {
    case block(BlockHead)
    /// Another container begins.
    case head
    /// The bytes end inside it; how many records it says it has, where that is known.
    case incomplete(Int64)
    case fault(Fault, Int64)
  }

  func findBlock(_ container: AvroContainer) -> BlockFinding {
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
      if length < 0 { return .fault(.badBlock, 1) }
      if length > AvroContainerDecoder.greatestBlock { return .fault(.hugeBlock, 1) }
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
  static func lostCount(_ head: BlockHead, _ container: AvroContainer) -> Int64 {
    // A byte of compressed data may be any number of records.
    max(1, min(head.count, Int64(container.isCompressed ? greatestBlock : head.dataLength)))
  }

  mutating func decode(
    _ head: BlockHead, of container: AvroContainer, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Progress {
    guard container.reading.problem == nil, let entry = container.reading.entry else {
      return reject(head, .unusableSchema, &batch, limits)
    }
    if let transcoder = container.reading.transcoder {
      return decodeSlice(head, of: container, entry, by: transcoder, &batch, limits)
    }
    if opened != nil || head.dataLength > AvroContainerDecoder.batchSize {
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

  /// Decodes a block whose data have to be expanded or copied.
  mutating func expand(
    _ head: BlockHead, of container: AvroContainer, _ entry: AvroSchemaTable.Entry,
    _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Progress {
    let start = batch.bytes.count
    let fault = raw.withBytes(head.dataStart, head.dataLength) {
      container.codec.expand($0, limit: AvroContainerDecoder.greatestBlock, to: &batch.bytes)
    }
    let length = batch.bytes.count - start
    let isPossible = isPossible(head.count, length, entry)
    if fault != nil || !isPossible || length > AvroContainerDecoder.sliceLimit {
      batch.bytes.truncate(to: start)
    }
    if let fault { return reject(head, fault, &batch, limits) }
    if !isPossible { return reject(head, .badCount, &batch, limits) }
    if length > AvroContainerDecoder.sliceLimit {
      // Few bytes have become many: they are expanded once more, elsewhere.
      return decodeSlice(head, of: container, entry, &batch, limits)
    }
    var scan = makeScan(head, at: start, container)
    let isWhole = batch.decode { bytes, columns in
      entry.withPlan { steps, tables in
        scanRecords(bytes, steps, tables, &scan, container.reading.schema, entry, &columns, limits)
      }
    }
    return end(head, scan, isWhole)
  }

  /// Whether so many records can stand in so many bytes.
  func isPossible(_ count: Int64, _ length: Int, _ entry: AvroSchemaTable.Entry) -> Bool {
    count <= Int64(length) || !entry.rootTakesBytes
  }

  func makeScan(
    _ head: BlockHead, at start: Int, _ container: AvroContainer
  ) -> AvroBlockScan {
    AvroBlockScan(
      count: head.count, index: start, passed: recordsOfBlock, byteOffset: offset(of: used),
      dataOffset: container.codec == .null ? offset(of: head.dataStart) : nil)
  }

  mutating func end(
    _ head: BlockHead, _ scan: AvroBlockScan, _ isWhole: Bool
  ) -> Progress {
    recordsOfBlock = isWhole ? 0 : scan.passed
    if isWhole { finish(head) }
    return isWhole ? .done : .stopped
  }

  /// Goes behind a block.
  mutating func finish(_ head: BlockHead) {
    used = head.end
    block += 1
    recordsOfBlock = 0
    opened = nil
  }

  // MARK: Slices

  /// Decodes the next slice of a large block, which is expanded once.
  mutating func decodeSlice(
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

  /// Decodes the next slice of a block whose records are transcoded: their defaults may make many
  /// bytes of few.
  mutating func decodeSlice(
    _ head: BlockHead, of container: AvroContainer, _ entry: AvroSchemaTable.Entry,
    by transcoder: AvroTranscoder, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Progress {
    if opened == nil, let fault = expand(head, of: container, entry, isPlain: false) {
      return reject(head, fault, &batch, limits)
    }
    let open = opened ?? AvroOpenBlock()
    var scan = AvroBlockScan(
      count: head.count - open.records, index: open.index,
      passed: max(0, recordsOfBlock - open.records), byteOffset: offset(of: used),
      dataOffset: container.codec == .null ? offset(of: head.dataStart + open.index) : nil)
    let ending = transcodeRecords(
      transcoder, &scan, container.reading.schema, entry, &batch, limits)
    switch ending {
    case .whole: finish(head)
    case .stopped:
      recordsOfBlock = open.records + scan.passed
      return .stopped
    case .full:
      let next = AvroOpenBlock(index: scan.index, records: open.records + scan.passed)
      opened = next
      recordsOfBlock = max(recordsOfBlock, next.records)
    }
    return .done
  }

  /// Opens a large block, its data in `data` unless they stay where they are. Returns what is wrong
  /// with it.
  mutating func expand(
    _ head: BlockHead, of container: AvroContainer, _ entry: AvroSchemaTable.Entry, isPlain: Bool
  ) -> Fault? {
    data.truncate(to: 0)
    if !isPlain {
      let fault = raw.withBytes(head.dataStart, head.dataLength) {
        container.codec.expand($0, limit: AvroContainerDecoder.greatestBlock, to: &data)
      }
      if let fault { return fault }
    }
    let length = isPlain ? head.dataLength : data.count
    if entry.rootTakesBytes && head.count > Int64(length) { return .badCount }
    opened = AvroOpenBlock()
    return nil
  }

  /// Rejects all records of a block.
  mutating func reject(
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
  mutating func notedProblem() -> UInt32 {
    let problem = container?.reading.problem ?? ""
    if problems.last != problem { problems.append(problem) }
    return UInt32(problems.count - 1)
  }
}
