// Avro records as JSON objects, for the encoders of JSON-lines.

/// Writes Avro records as events in JSON-lines.
public final class AvroJSONConverter: RecordConverter {
  private let schemas: AvroSchemaTable
  private var writers: [AvroJSONWriter?] = []

  public init(schemas: AvroSchemaTable) { self.schemas = schemas }

  public func convert(_ batch: borrowing Batch, into converted: inout ConvertedRecords) {
    converted.removeAll()
    for index in 0..<batch.records.count {
      let record = batch.records[index]
      if record.schema != 0 {
        let writer = writer(of: record.schema)
        batch.withRecordBytes(record) { writer.appendEvent($0, 0, to: &converted.bytes) }
      }
      converted.endRecord()
    }
  }

  private func writer(of number: UInt16) -> AvroJSONWriter {
    let place = Int(number)
    while writers.count <= place { writers.append(nil) }
    if let known = writers[place] { return known }
    let writer = AvroJSONWriter(schemas.schema(number), sessions: schemas.sessions)
    writers[place] = writer
    return writer
  }
}
