// The data of a batch's records as data of the run's schema.

/// Appends records: those of Avro as they are, because whoever reads them makes them data of the run's
/// schema; those of another format converted.
struct AvroRecordSource: ~Copyable {
  private let target: AvroTarget
  private var foreign: ForeignRecords
  /// The target's number: it is asked for once a batch, as each look at an object counts.
  private var number: UInt16 = 0

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
      precondition(record.schema == 0, "Avro is read as the schema that is written")
      foreign.append(index, of: batch, to: &output)
    }
  }
}
