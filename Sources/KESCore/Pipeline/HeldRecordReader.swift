// Records that an earlier run or another process held, as records of this run.

/// Reads held records by the schemas that a store has of them, as a decoder would if they came now:
/// where this run reads Avro as one schema, they become data of that.
final class HeldRecordReader {
  private var readings: [SchemaFingerprint: AvroReading] = [:]
  /// What writes lines, where the output is Avro.
  private let lines: JSONLinesAvroConverter?
  /// Why a record could not be read.
  private(set) var failure: Failure?

  /// Throws where records of one of the schemas cannot be written in this run.
  init(_ schemas: StoredSchemas, formats: RecordFormats?) throws(Failure) {
    let found = try formats?.admitHeld(
      schemas.named.map(\.text), hasOthers: schemas.hasOthers)
    lines = formats.flatMap { $0.output == .avro ? $0.linesConverter : nil }
    guard let found else { return }
    for (schema, reading) in zip(schemas.named, found) { readings[schema.fingerprint] = reading }
  }

  /// Appends the record to `output`, and returns the number of its schema in this run.
  func read(
    _ record: Span<UInt8>, _ schema: SchemaFingerprint, into output: inout ByteBlock
  ) -> UInt16 {
    let reading = readings[schema]
    if reading == nil, let lines, !lines.canWrite(record) {
      failure = RecordFormats.unwritable("the schema that is written cannot hold one")
    }
    guard let transcoder = reading?.transcoder else {
      output.append(record)
      return reading?.schema ?? 0
    }
    let end = transcoder.transcode(record, 0, to: &output)
    if end != record.count || transcoder.reader.flaw != nil {
      failure = RecordFormats.unwritable("one is no data of the schema that is written")
    }
    return reading?.schema ?? 0
  }
}
