// JSON-lines as Avro data, for the encoders of Avro.

/// Writes JSON lines as data of the run's schema. What a line has besides the fields of our schemas
/// is left out: nobody says of what type it is.
public final class JSONLinesAvroConverter: RecordConverter {
  private let target: AvroTarget
  private let wantsDetails: Bool
  /// The lines again, with their details.
  private var lines = Batch(blockSize: 1024)
  private var decoder: JSONLinesDecoder
  /// What the data of our own schema become; nil where they stay as they are.
  private var transcoder: AvroTranscoder?
  private var known = AvroSchema.event
  private var scratch = ByteBlock()

  init(target: AvroTarget, wantsDetails: Bool) {
    self.target = target
    self.wantsDetails = wantsDetails
    // What was a record once must be one again.
    decoder = JSONLinesDecoder(
      purpose: wantsDetails ? .reading : .converting, greatestRecord: .max,
      sessions: target.sessions)
  }

  /// Which schema of ours the lines belong to of which `batch` has the first. Session events may be
  /// marked as duplicates: one that is may come at any time.
  static func schema(
    of batch: borrowing Batch, wantsDetails: Bool, _ sessions: SessionFields
  ) -> AvroSchema {
    wantsDetails && batch.details[0].hasSession
      ? .sessionEvent(named: sessions.session, marksDuplicates: true) : .event
  }

  /// Has `decoder` reject what the run's schema, where it is fixed, cannot hold.
  func limit(_ decoder: inout JSONLinesDecoder, _ rule: JSONLinesDecoder.SessionRule) {
    let resolution = target.schema.flatMap { try? AvroResolution(from: known(for: $0), to: $0) }
    decoder.admit(
      rule, refusing: resolution?.lostKinds ?? [],
      times: resolution?.writableTimes ?? .min ... .max)
  }

  /// Whether an event that was read once, in one line, can be written with the run's schema.
  func canWrite(_ line: Span<UInt8>) -> Bool {
    var decoder = JSONLinesDecoder(purpose: .converting, greatestRecord: .max)
    limit(&decoder, .any)
    lines.removeAll()
    lines.bytes.append(line)
    decoder.decode(&lines, endOfInput: true, limits: DecodingLimits())
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

  /// Decodes the batch's lines with all their details.
  private func readAgain(_ batch: borrowing Batch) {
    lines.removeAll()
    for index in 0..<batch.records.count where batch.records[index].schema == 0 {
      let record = batch.records[index]
      lines.bytes.append(batch.bytes, Int(record.offset), Int(record.length))
      lines.bytes.append(UInt8(ascii: "\n"))
    }
    decoder.decode(&lines, endOfInput: true, limits: DecodingLimits())
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
