// The records of a block: scanned as they are, or each transcoded first.

/// How far the scan of some of a block's records has come.
struct AvroBlockScan {
  let count: Int64
  /// The place of the next record in the batch's bytes.
  var index: Int
  /// How many records need no decoding, or have been decoded.
  var passed: Int64
  /// The position before which decoding stops.
  let last: Int64
  /// Where the block begins in the input, and where the first record does unless it is compressed.
  let byteOffset: Int64
  let dataOffset: Int64?
  private let dataStart: Int

  init(
    count: Int64, index: Int, passed: Int64, last: Int64, byteOffset: Int64, dataOffset: Int64?
  ) {
    self.count = count
    self.index = index
    self.passed = passed
    self.last = last
    self.byteOffset = byteOffset
    self.dataOffset = dataOffset
    dataStart = index
  }

  /// The place in the input of a byte of the data; of the block where it is compressed.
  func byte(of offset: Int) -> Int64 {
    dataOffset.map { $0 + Int64(offset - dataStart) } ?? byteOffset
  }
}

extension AvroContainerDecoder {
  // MARK: Records as they are

  /// Scans the block's next slice; false where that ends the run.
  mutating func scan(
    _ head: BlockHead, of container: AvroContainer, _ block: inout AvroOpenBlock,
    _ entry: AvroSchemaTable.Entry, last: Int64, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Bool {
    let (index, wanted) = (block.index, head.count - block.records)
    let slice = withData(of: head, container) {
      block.slice(of: $0, wanted, entry.layout)
    }
    let start = isInPlace ? head.dataStart : batch.bytes.count
    if !isInPlace { appendData(of: head, container, index, slice.length, to: &batch.bytes) }
    var scan = AvroBlockScan(
      count: slice.records, index: start, passed: max(0, recordsOfBlock - block.records),
      last: last, byteOffset: offset(of: used),
      dataOffset: container.isCompressed ? nil : offset(of: head.dataStart + index))
    if scanSlice(&scan, start + slice.length, container.reading.schema, entry, &batch, limits) {
      block.index += slice.length
      block.records += slice.records
      return true
    }
    recordsOfBlock = max(recordsOfBlock, block.records + scan.passed)
    return false
  }

  /// Scans records in the batch's bytes, or in those that are to become them, up to `end`.
  private mutating func scanSlice(
    _ scan: inout AvroBlockScan, _ end: Int, _ schema: UInt16, _ entry: AvroSchemaTable.Entry,
    _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Bool {
    if !isInPlace {
      return batch.decode { bytes, columns in
        entry.withPlan { scanRecords(bytes, $0, $1, &scan, schema, entry, &columns, limits) }
      }
    }
    var block = ByteBlock(capacity: 0)
    swap(&block, &raw)
    let isWhole = batch.decode(block, end) { bytes, columns in
      entry.withPlan { scanRecords(bytes, $0, $1, &scan, schema, entry, &columns, limits) }
    }
    swap(&block, &raw)
    return isWhole
  }

  /// Scans records up to the end of `bytes`; false where it stopped before.
  private mutating func scanRecords(
    _ bytes: Span<UInt8>, _ steps: Span<AvroEventStep>, _ tables: Span<Int32>,
    _ scan: inout AvroBlockScan, _ schema: UInt16, _ entry: AvroSchemaTable.Entry,
    _ columns: inout Batch.Columns, _ limits: DecodingLimits
  ) -> Bool {
    var number: Int64 = 0
    let last = scan.last
    while number < scan.count {
      if position == last { return stop(at: number, &scan) }
      let start = scan.index
      let end = scanner.scan(steps, tables, entry.layout, bytes, start)
      if number < scan.passed {
        // Decoded by an earlier run.
        if end < 0 { return rejectRest(bytes, scan, from: number, &columns, limits) }
      } else if end >= 0 && scanner.reader.flaw == nil && end &- start <= greatestRecord
        && (scanner.time <= limits.ahead.greatest.milliseconds
          || isTaken(start, end, scan.byte(of: start), limits.ahead, &columns))
      {
        append(start, end, schema, to: &columns)
        position &+= 1
      } else if end < 0 {
        scan.passed = number
        return rejectRest(bytes, scan, from: number, &columns, limits)
      } else if !refuse(scanner.reader.flaw, start, end, scan, limits, &columns) {
        return stop(at: number, &scan)
      }
      scan.index = end
      number &+= 1
    }
    if scan.index == bytes.count { return true }
    scan.passed = number
    return rejectRest(bytes, scan, fault: .leftOver, from: number - 1, &columns, limits)
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

  /// Whether an event that is ahead of the clock is taken all the same; then it is noted.
  ///
  /// - Parameter byte: where it stands in the input.
  @inline(never)
  private mutating func isTaken(
    _ start: Int, _ end: Int, _ byte: Int64, _ ahead: AheadLimit, _ columns: inout Batch.Columns
  ) -> Bool {
    let flaw = AvroFlaw(fault: .aheadOfClock, field: .timestamp, offset: start)
    if ahead.rejects {
      scanner.reader.note(flaw.fault, flaw.field, at: start)
      return false
    }
    var record = makeRejection(
      .whole, flaw, place: columns.records.count, start, end - start, byte: byte)
    record.ahead = scanner.ahead(of: ahead)
    columns.ahead.note(record)
    return true
  }

  // MARK: Records of another schema

  /// Transcodes the block's next records to the end of the batch's bytes, and scans each there; false
  /// where that ends the run.
  mutating func transcode(
    _ head: BlockHead, of container: AvroContainer, _ block: inout AvroOpenBlock,
    by transcoder: AvroTranscoder, _ entry: AvroSchemaTable.Entry, last: Int64,
    _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Bool {
    let (begin, first) = (batch.bytes.count, block.records)
    while block.records < head.count {
      if AvroOpenBlock.isFull(
        length: batch.bytes.count - begin, records: block.records - first)
      {
        return true
      }
      if position == last { return false }
      let (start, index) = (batch.bytes.count, block.index)
      let end = withData(of: head, container) {
        transcoder.transcode($0, index, to: &batch.bytes)
      }
      if end < 0 {
        batch.bytes.truncate(to: start)
        let reader = transcoder.reader
        return rejectRest(
          of: head, container, &block, reader.fault, at: reader.faultOffset, &batch, limits)
      }
      if block.records < recordsOfBlock {
        // Decoded by an earlier run.
        batch.bytes.truncate(to: start)
      } else if !admit(
        start, index..<end, transcoder.reader.flaw, of: head, container, entry, &batch, limits)
      {
        return false
      }
      block.index = end
      block.records += 1
    }
    if block.index == withData(of: head, container, { $0.count }) { return true }
    return rejectRest(of: head, container, &block, .leftOver, at: block.index, &batch, limits)
  }

  /// Scans the record that was transcoded to `start`, or rejects what stands at `source` in the block's
  /// data; false where that ends the run.
  private mutating func admit(
    _ start: Int, _ source: Range<Int>, _ flaw: AvroFlaw?, of head: BlockHead,
    _ container: AvroContainer, _ entry: AvroSchemaTable.Entry, _ batch: inout Batch,
    _ limits: DecodingLimits
  ) -> Bool {
    let (records, rejections) = (batch.records.count, batch.rejections.count)
    // What is wrong with what was made of it stands somewhere in the record as it came.
    var scan = AvroBlockScan(
      count: 1, index: start, passed: 0, last: .max,
      byteOffset: byte(of: flaw?.offset ?? source.lowerBound, in: head, container), dataOffset: nil)
    let isWhole =
      if let flaw {
        batch.decode { refuse(flaw, start, $0.count, scan, limits, &$1) }
      } else {
        scanSlice(&scan, batch.bytes.count, container.reading.schema, entry, &batch, limits)
      }
    if batch.records.count == records { batch.bytes.truncate(to: start) }
    if batch.rejections.count > rejections {
      appendData(of: head, container, source.lowerBound, source.count, to: &batch.bytes)
      batch.rejections[rejections].length = UInt32(truncatingIfNeeded: source.count)
      batch.rejections[rejections].faultOffset = batch.rejections[rejections].offset
    }
    return isWhole
  }

  // MARK: What is no event

  /// Rejects a record whose end is known, or passes over it; false where that ends the run.
  ///
  /// - Parameter flaw: nil for a record that is too long.
  private mutating func refuse(
    _ flaw: AvroFlaw?, _ start: Int, _ end: Int, _ scan: AvroBlockScan, _ limits: DecodingLimits,
    _ columns: inout Batch.Columns
  ) -> Bool {
    let flaw = flaw ?? AvroFlaw(fault: .tooLong, field: .none, offset: start)
    // An old closing, or an event that is none of ours.
    if flaw.fault == .oldClosing || (unknownEvents == .filter && flaw.isUnknownEvent) {
      columns.unknownCount += 1
      position &+= 1
      return true
    }
    var rejection = makeRejection(
      .whole, flaw, place: columns.records.count, start, end - start,
      byte: scan.byte(of: flaw.offset))
    rejection.ahead = scanner.ahead(of: limits.ahead)
    columns.rejections.append(rejection)
    return goesOn(behind: rejection, limits)
  }

  /// Rejects what is left of some records that cannot be followed; false where that ends the run.
  private mutating func rejectRest(
    _ bytes: Span<UInt8>, _ scan: AvroBlockScan, fault: Fault? = nil, from number: Int64,
    _ columns: inout Batch.Columns, _ limits: DecodingLimits
  ) -> Bool {
    let offset = fault == nil ? scanner.reader.faultOffset : scan.index
    let flaw = AvroFlaw(fault: fault ?? scanner.reader.fault, field: .none, offset: offset)
    var rejection = makeRejection(
      .whole, flaw, place: columns.records.count, scan.index, bytes.count - scan.index,
      byte: scan.byte(of: offset))
    rejection.recordCount = UInt32(clamping: max(1, scan.count - number))
    columns.rejections.append(rejection)
    return goesOn(behind: rejection, limits)
  }

  /// Rejects what is left of a block whose data cannot be followed; false where that ends the run.
  private mutating func rejectRest(
    of head: BlockHead, _ container: AvroContainer, _ block: inout AvroOpenBlock, _ fault: Fault,
    at index: Int, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Bool {
    let start = batch.bytes.count
    let length = withData(of: head, container) { $0.count } - block.index
    appendData(of: head, container, block.index, length, to: &batch.bytes)
    var rejection = makeRejection(
      .whole, AvroFlaw(fault: fault, field: .none, offset: start), place: batch.records.count,
      start, length, byte: byte(of: index, in: head, container))
    rejection.recordCount = UInt32(clamping: max(1, head.count - block.records))
    batch.rejections.append(rejection)
    if !goesOn(behind: rejection, limits) { return false }
    block.records = head.count
    return true
  }
}
