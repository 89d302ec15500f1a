// The records of a block: scanned where they are, or transcoded first.

extension AvroContainerDecoder {
  /// Scans the records of a block; false where it stopped before the block's end.
  mutating func scanRecords(
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
      } else if end >= 0 && scanner.reader.flaw == nil && end &- start <= greatestRecord
        && (scanner.time <= limits.ahead.greatest.milliseconds
          || isTaken(start, end, scan.byte(of: start), limits.ahead, &columns))
      {
        append(start, end, schema, to: &columns)
        position &+= 1
      } else if end < 0 {
        scan.passed = number
        return rejectRest(bytes, scan, from: number, &columns, limits)
      } else if passesOver(scanner.reader.flaw) {
        columns.unknownCount += 1
        position &+= 1
      } else {
        reject(start, end, scan, limits.ahead, &columns)
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

  /// Whether a record with that flaw counts as filtered: an old closing, or an event that is none of ours.
  private func passesOver(_ flaw: AvroFlaw?) -> Bool {
    guard let flaw else { return false }
    return flaw.fault == .oldClosing || (unknownEvents == .filter && flaw.isUnknownEvent)
  }

  /// Why transcoding ended: behind the block's last record, or before its next one, because a slice
  /// is full or the run goes no further.
  enum TranscodingEnd { case whole, full, stopped }

  /// Transcodes records of a block, which stand in `data`, into the batch's bytes, and scans them
  /// there.
  mutating func transcodeRecords(
    _ transcoder: AvroTranscoder, _ scan: inout AvroBlockScan, _ schema: UInt16,
    _ entry: AvroSchemaTable.Entry, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> TranscodingEnd {
    var number: Int64 = 0
    let begin = batch.bytes.count
    let last = position &+ min(limits.records, Int64.max &- position)
    while number < scan.count {
      let isFull = AvroOpenBlock.isFull(length: batch.bytes.count - begin, records: number)
      if position == last || isFull {
        scan.passed = number
        return isFull ? .full : .stopped
      }
      let start = batch.bytes.count
      let end = data.withBytes { transcoder.transcode($0, scan.index, to: &batch.bytes) }
      if end < 0 {
        batch.bytes.truncate(to: start)
        scan.passed = number
        return rejectRest(transcoder.reader, scan, from: number, &batch, limits)
          ? .whole : .stopped
      }
      if number < scan.passed {
        batch.bytes.truncate(to: start)
      } else {
        admit(
          start, transcoder.reader.flaw, schema, entry, scan, dataEnd: end, limits.ahead, &batch)
        if limits.stopsAtRejection && !batch.rejections.isEmpty {
          scan.passed = number
          return .stopped
        }
        position &+= 1
      }
      scan.index = end
      number &+= 1
    }
    if scan.index == data.count { return .whole }
    scan.passed = number
    return rejectRest(nil, scan, from: number - 1, &batch, limits) ? .whole : .stopped
  }

  /// Appends the record that was transcoded to `start`, or rejects what it was made of.
  mutating func admit(
    _ start: Int, _ flaw: AvroFlaw?, _ schema: UInt16, _ entry: AvroSchemaTable.Entry,
    _ scan: AvroBlockScan, dataEnd: Int, _ ahead: AheadLimit, _ batch: inout Batch
  ) {
    let (first, block, position) = (scan.index, block, position)
    var flaw = flaw
    if flaw == nil {
      let end = batch.decode { bytes, columns in
        let end = entry.withPlan { scanner.scan($0, $1, entry.layout, bytes, start) }
        if end >= 0 && scanner.reader.flaw == nil && end - start <= greatestRecord
          && (scanner.time <= ahead.greatest.milliseconds
            || isTaken(start, end, scan.byte(of: first), ahead, &columns))
        {
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
    if passesOver(flaw) {
      batch.unknownCount += 1
      return
    }
    batch.bytes.append(data, first, dataEnd - first)
    var rejection = Rejection(
      part: .whole, fault: flaw.fault, field: flaw.field, place: batch.records.count, offset: start,
      length: dataEnd - first, faultOffset: start, position: position, line: block)
    rejection.byteOffset = scan.byte(of: flaw.offset)
    rejection.ahead = scanner.ahead(of: ahead)
    batch.rejections.append(rejection)
  }

  /// Whether an event that is ahead of the clock is taken all the same; then it is noted.
  ///
  /// - Parameter byte: where it stands in the input.
  @inline(never)
  mutating func isTaken(
    _ start: Int, _ end: Int, _ byte: Int64, _ ahead: AheadLimit, _ columns: inout Batch.Columns
  ) -> Bool {
    if ahead.rejects {
      scanner.reader.note(.aheadOfClock, .timestamp, at: start)
      return false
    }
    var record = Rejection(
      part: .whole, fault: .aheadOfClock, field: .timestamp, place: columns.records.count,
      offset: start, length: end - start, faultOffset: start, position: position, line: block)
    record.byteOffset = byte
    record.ahead = scanner.ahead(of: ahead)
    columns.ahead.note(record)
    return true
  }

  /// Rejects what is left of a block of data; `reader` is nil where there is too much of it.
  mutating func rejectRest(
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

  func stop(at number: Int64, _ scan: inout AvroBlockScan) -> Bool {
    scan.passed = number
    return false
  }

  @inline(__always)
  mutating func append(
    _ start: Int, _ end: Int, _ schema: UInt16, to columns: inout Batch.Columns
  ) {
    columns.records.append(scanner.record(at: start, end, position: position, schema: schema))
    if wantsDetails { columns.details.append(scanner.detailOfKind) }
  }

  /// Rejects one record whose end is known.
  func reject(
    _ start: Int, _ end: Int, _ scan: AvroBlockScan, _ ahead: AheadLimit,
    _ columns: inout Batch.Columns
  ) {
    let flaw =
      scanner.reader.flaw ?? AvroFlaw(fault: .tooLong, field: .none, offset: start)
    var rejection = Rejection(
      part: .whole, fault: flaw.fault, field: flaw.field, place: columns.records.count,
      offset: start, length: end - start, faultOffset: flaw.offset, position: position, line: block)
    rejection.byteOffset = scan.byte(of: flaw.offset)
    rejection.ahead = scanner.ahead(of: ahead)
    columns.rejections.append(rejection)
  }

  /// Rejects what is left of a block whose data cannot be followed; false where that ends the run.
  mutating func rejectRest(
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

  /// Whether so many bytes of so many records are enough for a slice.
  static func isFull(length: Int, records: Int64) -> Bool {
    length >= sliceLength || records == sliceRecords
  }

  /// The next records of `data`: how many, and their bytes. The last slice has all that is left,
  /// also what cannot be followed.
  func slice(
    of data: Span<UInt8>, _ wanted: Int64, _ layout: borrowing AvroLayout
  ) -> (records: Int64, length: Int, isLast: Bool) {
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
    return (count, data.count - index, true)
  }
}
