// The blocks of a container: where they begin and end, and the one way from their data to records.

/// How much of the block at hand has been decoded, while that takes several turns.
struct AvroOpenBlock {
  private static let sliceLength = 128 * 1024
  private static let sliceRecords: Int64 = 1 << 16

  /// Whether its records are scanned together.
  let isSmall: Bool
  /// How many bytes of its data are decoded, and how many records they are.
  var index = 0
  var records: Int64 = 0

  /// Whether so many bytes of so many records are enough for a slice.
  static func isFull(length: Int, records: Int64) -> Bool {
    length >= sliceLength || records == sliceRecords
  }

  /// The next of `wanted` records in `data`: how many, and their bytes. The last slice has all that is
  /// left, also what cannot be followed.
  func slice(
    of data: Span<UInt8>, _ wanted: Int64, _ layout: borrowing AvroLayout
  ) -> (records: Int64, length: Int, isLast: Bool) {
    if isSmall { return (wanted, data.count - index, true) }
    var reader = AvroReader()
    var end = index
    var count: Int64 = 0
    while count < wanted {
      if AvroOpenBlock.isFull(length: end - index, records: count) {
        return (count, end - index, false)
      }
      reader.beginRecord()
      end = reader.skip(layout.root, of: layout, data, end)
      if end < 0 { break }
      count += 1
    }
    return (wanted, data.count - index, true)
  }
}

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

  // MARK: Data

  /// Decodes what is left of a block, or as much of it as makes a slice:
  ///
  ///     in place      where nothing has to be done to the data of a small block
  ///     copied        where they come from elsewhere, or are many
  ///     transcoded    record by record, as their defaults may make many bytes of few
  ///
  /// Whichever it is, the records are scanned in the batch's bytes, and their block is expanded once.
  private mutating func decode(
    _ head: BlockHead, of container: AvroContainer, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Progress {
    let reading = container.reading
    guard reading.problem == nil, let entry = reading.entry else {
      return reject(head, .unusableSchema, &batch, limits)
    }
    if isInPlace && head.dataLength > AvroContainerDecoder.batchSize {
      if !batch.isEmpty {
        hasMore = true
        return .stopped
      }
      isInPlace = false
    }
    if opened == nil, let fault = open(head, of: container, entry) {
      return reject(head, fault, &batch, limits)
    }
    guard var block = opened else { return .stopped }
    let last = position &+ min(limits.records, Int64.max &- position)
    let isWhole =
      if let transcoder = reading.transcoder {
        transcode(
          head, of: container, &block, by: transcoder, entry, last: last, &batch, limits)
      } else {
        scan(head, of: container, &block, entry, last: last, &batch, limits)
      }
    if isWhole && block.records == head.count {
      finish(head)
      return .done
    }
    // What is in place is no more when the batch is handed on.
    opened = isInPlace ? nil : block
    recordsOfBlock = max(recordsOfBlock, block.records)
    return isWhole ? .done : .stopped
  }

  /// Opens a block: has its data expanded, unless they are as they came. Returns what is wrong with them.
  private mutating func open(
    _ head: BlockHead, of container: AvroContainer, _ entry: AvroSchemaTable.Entry
  ) -> Fault? {
    if container.isCompressed {
      data.truncate(to: 0)
      let fault = raw.withBytes(head.dataStart, head.dataLength) {
        container.codec.expand($0, limit: AvroContainerDecoder.greatestBlock, to: &data)
      }
      if let fault { return fault }
    }
    let length = container.isCompressed ? data.count : head.dataLength
    if entry.rootTakesBytes && head.count > Int64(length) { return .badCount }
    opened = AvroOpenBlock(
      isSmall: head.dataLength <= AvroContainerDecoder.batchSize
        && length <= AvroContainerDecoder.sliceLimit)
    return nil
  }

  /// Lends the data of the block at hand, as `open` made them.
  func withData<Result>(
    of head: BlockHead, _ container: AvroContainer, _ body: (Span<UInt8>) -> Result
  ) -> Result {
    container.isCompressed
      ? data.withBytes(body) : raw.withBytes(head.dataStart, head.dataLength, body)
  }

  /// Appends `length` bytes of the data from `index` on.
  func appendData(
    of head: BlockHead, _ container: AvroContainer, _ index: Int, _ length: Int,
    to output: inout ByteBlock
  ) {
    if container.isCompressed {
      output.append(data, index, length)
    } else {
      output.append(raw, head.dataStart + index, length)
    }
  }

  /// The place in the input of a byte of the data; of the block where it is compressed.
  func byte(of index: Int, in head: BlockHead, _ container: AvroContainer) -> Int64 {
    offset(of: container.isCompressed ? used : head.dataStart + index)
  }

  /// Goes behind a block.
  private mutating func finish(_ head: BlockHead) {
    used = head.end
    block += 1
    recordsOfBlock = 0
    opened = nil
  }

  // MARK: What is not decoded

  /// Rejects all records of a block.
  private mutating func reject(
    _ head: BlockHead, _ fault: Fault, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Progress {
    if head.count > 0 {
      let start = stage(head.dataStart, head.dataLength, in: &batch)
      var rejection = makeRejection(.whole, fault, start, head.dataLength, batch)
      rejection.recordCount = UInt32(
        clamping: container.map { AvroContainerDecoder.lostCount(head, $0) } ?? 1)
      if fault == .unusableSchema { rejection.faultOffset = notedProblem() }
      batch.rejections.append(rejection)
      if !goesOn(behind: rejection, limits) { return .stopped }
    }
    finish(head)
    return .done
  }

  /// Goes behind what a rejection stands for; false where that ends the run.
  mutating func goesOn(behind rejection: Rejection, _ limits: DecodingLimits) -> Bool {
    if limits.stopsAtRejection { return false }
    position += Int64(rejection.recordCount)
    return true
  }

  /// Which of `problems` is the container's. Another may be at hand when messages are worded.
  private mutating func notedProblem() -> UInt32 {
    let problem = container?.reading.problem ?? ""
    if problems.last != problem { problems.append(problem) }
    return UInt32(problems.count - 1)
  }
}
