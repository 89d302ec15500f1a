// JSON-lines as Avro data, for the encoders of Avro.

/// Writes JSON lines as data of the run's schema. What a line has besides the fields of our schemas
/// is left out: nobody says of what type it is.
public final class JSONLinesAvroConverter: RecordConverter {
  private let target: AvroTarget
  private let wantsDetails: Bool
  /// The lines again, with their details.
  private var lines = Batch(blockSize: 1024)
  private var reader: JSONRecordReader
  /// Where each of them is.
  private var bounds = Column<TextRange>()
  /// What the data of our own schema become; nil where they stay as they are.
  private var transcoder: AvroTranscoder?
  private var known = AvroSchema.event
  private var scratch = ByteBlock()

  init(target: AvroTarget, wantsDetails: Bool) {
    self.target = target
    self.wantsDetails = wantsDetails
    // What was a record once must be one again.
    reader = JSONRecordReader(
      purpose: wantsDetails ? .reading : .converting, sessions: target.sessions)
  }

  /// Which schema of ours the lines belong to of which `batch` has the first. Session events may be
  /// marked as duplicates: one that is may come at any time.
  static func schema(
    of batch: borrowing Batch, wantsDetails: Bool, _ sessions: SessionFields
  ) -> AvroSchema {
    wantsDetails && batch.details[0].hasSession
      ? .sessionEvent(named: sessions.session, marksDuplicates: true) : .event
  }

  /// Has `reader` reject what the run's schema, where it is fixed, cannot hold.
  func limit(_ reader: inout JSONRecordReader, _ rule: JSONRecordReader.SessionRule) {
    let resolution = target.schema.flatMap { try? AvroResolution(from: known(for: $0), to: $0) }
    reader.admit(
      rule, refusing: resolution?.lostKinds ?? [],
      times: resolution?.writableTimes ?? .min ... .max)
  }

  /// Whether an event that was read once can be written with the run's schema.
  func canWrite(_ record: Span<UInt8>) -> Bool {
    var reader = JSONRecordReader(purpose: .converting)
    limit(&reader, .any)
    lines.removeAll()
    lines.bytes.append(record)
    reader.read(lastOf: &lines, from: 0, greatest: .max)
    return lines.rejections.isEmpty
  }

  /// The schema of ours whose data the lines are, before they become data of `schema`.
  private func known(for schema: AvroSchema) -> AvroSchema {
    let name = target.sessions.session
    if !wantsDetails || !schema.hasSession(name) { return .event }
    return .sessionEvent(named: name, marksDuplicates: schema.marksDuplicates)
  }

  /// Learns what the lines become. Throws where they are no data of the run's schema.
  func begin() throws(Failure) {
    guard let schema = target.schema else { return }
    known = known(for: schema)
    do throws(AvroSchemaError) {
      let resolution = try AvroResolution(from: known, to: schema)
      transcoder = resolution.isCopy ? nil : AvroTranscoder(resolution)
    } catch {
      throw Failure(.badData, .input, "JSON lines cannot be written: \(error)", cause: .schema)
    }
  }

  public func convert(_ batch: borrowing Batch, into converted: inout ConvertedRecords) {
    converted.removeAll()
    readAgain(batch)
    var line = 0
    for index in 0..<batch.records.count {
      if batch.records[index].schema == 0 {
        append(line, to: &converted.bytes)
        line += 1
      }
      converted.endRecord()
    }
  }

  /// Reads the batch's JSON records again, with all their details.
  private func readAgain(_ batch: borrowing Batch) {
    lines.removeAll()
    bounds.removeAll()
    for index in 0..<batch.records.count where batch.records[index].schema == 0 {
      batch.withRecordBytes(batch.records[index]) {
        JSONRecordReader.append($0, to: &bounds, of: &lines)
      }
    }
    reader.read(bounds, of: &lines, greatest: .max)
  }

  private func append(_ line: Int, to output: inout ByteBlock) {
    guard let transcoder else {
      appendKnown(line, to: &output)
      return
    }
    scratch.truncate(to: 0)
    appendKnown(line, to: &scratch)
    let end = scratch.withBytes { transcoder.transcode($0, 0, to: &output) }
    precondition(end == scratch.count && transcoder.reader.flaw == nil, "an unwritable event")
  }

  private func appendKnown(_ line: Int, to output: inout ByteBlock) {
    AvroEventData.append(lines.records[line], lines.details[line], of: lines, to: &output)
    if known.hasSession(target.sessions.session) {
      AvroEventData.appendSession(
        lines.details[line], of: lines, marksDuplicates: known.marksDuplicates, to: &output)
    }
  }
}
