// The data of a batch's records as data of the run's schema.

/// Appends records: those of the run's schema as they are, those of another Avro schema resolved (an
/// earlier run may have held some), those of another format converted.
struct AvroRecordSource: ~Copyable {
  private let target: AvroTarget
  private var foreign: ForeignRecords
  /// The target's number: it is asked for once a batch, as each look at an object counts.
  private var number: UInt16 = 0
  private var transcoders: [UInt16: AvroTranscoder] = [:]

  init(target: AvroTarget, converter: any RecordConverter) {
    self.target = target
    foreign = ForeignRecords(converter: converter)
  }

  /// To be called before the first record of a batch.
  mutating func beginBatch() {
    foreign.beginBatch()
    number = target.number
  }

  @inline(__always)
  mutating func append(_ index: Int, of batch: borrowing Batch, to output: inout ByteBlock) {
    let record = batch.records[index]
    if record.schema == number && number != 0 {
      output.append(batch.bytes, Int(record.offset), Int(record.length))
    } else {
      appendOther(index, of: batch, to: &output)
    }
  }

  @inline(never)
  private mutating func appendOther(
    _ index: Int, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    let record = batch.records[index]
    if record.schema == 0 {
      foreign.append(index, of: batch, to: &output)
    } else if let transcoder = transcoder(of: record.schema) {
      _ = batch.withRecordBytes(record) { transcoder.transcode($0, 0, to: &output) }
    }
  }

  /// `RecordFormats.restore` has made sure that there is one.
  private mutating func transcoder(of number: UInt16) -> AvroTranscoder? {
    if let known = transcoders[number] { return known }
    guard let resolution = try? target.resolution(of: number) else { return nil }
    let transcoder = AvroTranscoder(resolution)
    transcoders[number] = transcoder
    return transcoder
  }
}
