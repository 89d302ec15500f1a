// Container files made by hand, and what our decoder makes of them.

import Testing

@testable import KESCore

/// Writes container files, naively (spec 1.11, "Object Container Files").
enum TestContainer {
  static let sync: [UInt8] = Array(1...16)

  /// A header; metadata as they are given.
  static func header(_ metadata: [(String, String)], sync: [UInt8] = sync) -> [UInt8] {
    var bytes: [UInt8] = [0x4F, 0x62, 0x6A, 1]
    if !metadata.isEmpty { bytes += TestAvroEncoder.long(Int64(metadata.count)) }
    for (key, value) in metadata {
      bytes += TestAvroEncoder.text(Array(key.utf8)) + TestAvroEncoder.text(Array(value.utf8))
    }
    return bytes + [0] + sync
  }

  static func header(
    _ schema: AvroSchema = .event, codec: AvroCodec = .null, sync: [UInt8] = sync
  ) -> [UInt8] {
    header([("avro.schema", schema.text), ("avro.codec", codec.rawValue)], sync: sync)
  }

  /// A block of data that are compressed here.
  static func block(
    _ count: Int, _ data: [UInt8], codec: AvroCodec = .null, sync: [UInt8] = sync
  ) -> [UInt8] {
    var compressed = ByteBlock()
    codec.compress(data.span, to: &compressed)
    let bytes = compressed.withBytes { $0.copied }
    return TestAvroEncoder.long(Int64(count)) + TestAvroEncoder.text(bytes) + sync
  }

  /// A block of records of `schema`.
  static func block(
    _ records: [TestAvroValue], of schema: AvroSchema = .event, codec: AvroCodec = .null,
    sync: [UInt8] = sync
  ) -> [UInt8] {
    let data = records.flatMap { TestAvroEncoder.encode($0, as: schema) }
    return block(records.count, data, codec: codec, sync: sync)
  }

  // MARK: Events

  static func woke(_ device: String, _ time: Int64) -> TestAvroValue {
    .record([.of(device), .long(time), .branch(0, .record([]))])
  }

  static func received(
    _ device: String, _ time: Int64, _ name: String = "n", _ value: Double = 0.5
  ) -> TestAvroValue {
    .record([.of(device), .long(time), .branch(1, .record([.of(name), .of(value)]))])
  }

  static func sent(_ device: String, _ time: Int64) -> TestAvroValue {
    .record([.of(device), .long(time), .branch(2, .record([]))])
  }
}

/// What a decoder made of an input: comparable, with nothing that depends on how it came in.
struct ContainerDecoding: Equatable {
  struct Rejected: Equatable {
    var fault: Fault
    var field: FieldName
    var count: UInt32
    var position: Int64
    /// How many records came before it.
    var place: Int
    var location: String
    var message: String
    var bytes: [UInt8]
  }

  var records: [DecodedRecord] = []
  var rejections: [Rejected] = []
  /// The position of the next record.
  var position: Int64 = 0
  /// How many bytes waited at most, and how many a batch had at most.
  var greatestWait = 0
  var greatestBatch = 0
  /// Where decoding stands: what a store would keep, unless that is inside a record.
  var isInsideRecord = false
  var place = InputPosition(offset: 0, line: 0, fingerprint: 0)

  /// The first thing that is not the same, for messages.
  func difference(from other: ContainerDecoding) -> Comment? {
    if self == other { return nil }
    if outline != other.outline { return "\(outline) and \(other.outline)" }
    for (mine, others) in zip(records, other.records) where mine != others {
      return "\(mine) and \(others)"
    }
    for (mine, others) in zip(rejections, other.rejections) where mine != others {
      return "\(mine) and \(others)"
    }
    return "at \(position) and \(other.position)"
  }

  static func == (left: ContainerDecoding, right: ContainerDecoding) -> Bool {
    left.records == right.records && left.rejections == right.rejections
      && left.position == right.position
  }

  /// Adds what came of the rest of an input.
  mutating func append(_ rest: ContainerDecoding) {
    for var rejection in rest.rejections {
      rejection.place += records.count
      rejections.append(rejection)
    }
    records += rest.records
    position = rest.position
  }

  /// The records' keys, and a number for each rejection, in the order of the input.
  var outline: [String] {
    var shown: [String] = []
    var rest = rejections[...]
    for index in 0...records.count {
      while let first = rest.first, first.place == index {
        shown.append("\(first.fault) \(first.count)")
        rest = rest.dropFirst()
      }
      if index < records.count { shown.append(records[index].key) }
    }
    return shown
  }
}

/// Decodes container files in pieces, as `Intake` does.
struct ContainerDriver {
  var schemas = AvroSchemaTable(wantsDetails: false)
  var target: AvroTarget?
  var wantsDetails = false
  var greatestRecord = 1 << 20
  var greatestCount = Int64.max
  var stopsAtRejection = false
  /// Whether the bytes of records are compared, too.
  var keepsBytes = true
  /// Whether input is given to the decoder itself, as `Intake` does, and not with the batch.
  var givesToDecoder = true

  /// - Parameters:
  ///   - pieces: how large the pieces are; the last takes the rest.
  ///   - resumed: where an earlier run stood in `bytes`, and how many records came before.
  func decode(
    _ bytes: [UInt8], pieces: [Int] = [], resumed: InputPosition? = nil, position: Int64 = 0
  ) -> ContainerDecoding {
    var decoder = AvroContainerDecoder(
      schemas: schemas, target: target, wantsDetails: wantsDetails,
      greatestRecord: greatestRecord, position: position)
    var found = ContainerDecoding()
    var given = 0
    if let resumed {
      given = Int(resumed.offset)
      let head = Array(
        bytes[Int(resumed.headOffset)..<given].prefix(AvroContainerHeader.greatestLength))
      decoder.beginInput(.resumed(resumed, head: head))
    } else {
      decoder.beginInput(.beginning)
    }
    var batch = Batch(blockSize: 16)
    var pieces = pieces[...]
    while true {
      let size = min(pieces.popFirst() ?? bytes.count, bytes.count - given)
      let piece = bytes.span.extracting(given..<given + size)
      if givesToDecoder {
        decoder.withInput(&batch) { $0.append(piece) }
      } else {
        batch.bytes.append(piece)
      }
      given += size
      let isEnd = given == bytes.count
      turn(&decoder, &batch, endOfInput: isEnd, &found, position)
      while decoder.hasMore { turn(&decoder, &batch, endOfInput: isEnd, &found, position) }
      let isStopped =
        (stopsAtRejection && !found.rejections.isEmpty)
        || found.position - position >= greatestCount
      if isEnd || isStopped { break }
    }
    found.isInsideRecord = decoder.isInsideRecord
    let place = decoder.place(after: batch)
    found.place = InputPosition(
      offset: Int64(given - place.unread), line: place.line, fingerprint: 0)
    found.place.recordsOfBlock = place.recordsOfBlock
    found.place.headOffset = place.headOffset
    return found
  }

  private func turn(
    _ decoder: inout AvroContainerDecoder, _ batch: inout Batch, endOfInput: Bool,
    _ found: inout ContainerDecoding, _ start: Int64
  ) {
    let limits = DecodingLimits(
      records: greatestCount - (decoder.position - start), stopsAtRejection: stopsAtRejection)
    decoder.decode(&batch, endOfInput: endOfInput, limits: limits)
    found.position = decoder.position
    found.greatestWait = max(found.greatestWait, decoder.place(after: batch).unread)
    found.greatestBatch = max(found.greatestBatch, batch.bytes.count)
    var rejected = 0
    for index in 0...batch.records.count {
      while rejected < batch.rejections.count, Int(batch.rejections[rejected].place) == index {
        note(batch.rejections[rejected], decoder, batch, &found)
        rejected += 1
      }
      if index < batch.records.count { note(batch.records[index], batch, &found) }
    }
    // All is decoded or kept by the decoder.
    #expect(batch.decodedCount == batch.bytes.count)
    batch.recycle()
  }

  private func note(_ record: Record, _ batch: borrowing Batch, _ found: inout ContainerDecoding) {
    found.records.append(
      DecodedRecord(
        key: batch.withText(record.key) { String(decodingBytes: $0) },
        time: record.time.milliseconds, role: record.role, position: record.position,
        bytes: keepsBytes
          ? batch.withRecordBytes(record) { $0.copied } : []))
  }

  private func note(
    _ rejection: Rejection, _ decoder: borrowing AvroContainerDecoder, _ batch: borrowing Batch,
    _ found: inout ContainerDecoding
  ) {
    let bytes = batch.bytes.withBytes(Int(rejection.offset), Int(rejection.length)) { $0.copied }
    if rejection.part == .middle || rejection.part == .last {
      found.rejections[found.rejections.count - 1].bytes += bytes
      return
    }
    found.rejections.append(
      ContainerDecoding.Rejected(
        fault: rejection.fault, field: rejection.field, count: rejection.recordCount,
        position: rejection.position, place: found.records.count,
        location: decoder.location(of: rejection),
        message: decoder.message(for: rejection, in: batch),
        bytes: bytes))
  }
}
