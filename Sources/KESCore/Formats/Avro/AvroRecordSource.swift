// The data of a batch's records as data of what an output holds.

/// Appends records: those of Avro as they are, because whoever reads them makes them data of what the
/// run writes; those of another format converted. Where this output has one schema, and the run's
/// main output follows its records, Avro is resolved into the one schema here.
struct AvroRecordSource: ~Copyable {
  private let writer: any AvroWriter
  private let target: AvroTarget
  private let followsRecords: Bool
  private var foreign: ForeignRecords
  /// The target's number: it is asked for once a batch, as each look at an object counts.
  private var number: UInt16 = 0
  /// From the schemas of records to the target's, by their numbers.
  private var transcoders: [UInt16: AvroTranscoder] = [:]

  init(writer: any AvroWriter, target: AvroTarget, converter: any RecordConverter) {
    self.writer = writer
    self.target = target
    followsRecords = target.followsRecords
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
    if record.schema == 0 {
      foreign.append(index, of: batch, to: &output)
    } else if followsRecords || record.schema == number {
      output.append(batch.bytes, Int(record.offset), Int(record.length))
    } else {
      resolve(record, of: batch, to: &output)
    }
  }

  @inline(never)
  private mutating func resolve(
    _ record: Record, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    number = target.written(record.schema)
    if record.schema == number {
      output.append(batch.bytes, Int(record.offset), Int(record.length))
      return
    }
    do throws(AvroSchemaError) {
      let transcoder = try transcoder(from: record.schema)
      let end = batch.withRecordBytes(record) { transcoder.transcode($0, 0, to: &output) }
      if end == Int(record.length) && transcoder.reader.flaw == nil { return }
      fail("one has what its schema does not have")
    } catch {
      fail(error.description)
    }
  }

  private mutating func transcoder(
    from schema: UInt16
  ) throws(AvroSchemaError) -> AvroTranscoder {
    if let known = transcoders[schema] { return known }
    let made = AvroTranscoder(
      try AvroResolution(from: target.schemas.schema(schema), to: target.schemas.schema(number)))
    transcoders[schema] = made
    return made
  }

  private func fail(_ reason: String) {
    writer.failure = SchemaFailure(
      kind: .badData,
      message: "records cannot become data of the one schema of a container file: \(reason);"
        + " say --output-framing confluent")
  }
}
