// Records as Avro: with their sessions, as they are, and closings among them.

/// Writes a segmented batch as data of the run's schema, or of each record's own, with the session
/// (`AvroSchema.withSession`). A closing has the schema that it names.
public struct AvroSessionEncoder: ~Copyable, SessionEventEncoder {
  private let emission: Emission
  private let marksDuplicates: Bool
  private let avro: AvroOutput
  private var data: AvroAppender

  /// - Parameters:
  ///   - avro: what is to be told of the data.
  ///   - target: to which the decoder keeps, too; its schema must have a `withSession`.
  ///   - converter: turns records that are not Avro into data of the target.
  ///   - records: what is to be told of each record where the output is a topic.
  public init(
    emission: Emission, marksDuplicates: Bool, avro: AvroOutput, target: AvroTarget,
    converter: any RecordConverter, records: TopicRecords? = nil
  ) {
    self.emission = emission
    self.marksDuplicates = marksDuplicates
    self.avro = avro
    let name = target.sessions.session
    let sessions = {
      AvroSessionEncoder.sessions(of: $0, marksDuplicates: marksDuplicates, named: name)
    }
    data = AvroAppender(
      avro, target: target, converter: converter, records: records,
      marksDuplicates: marksDuplicates, schema: sessions)
    avro.schemaOfNone = { sessions(target.schema ?? .event) }
  }

  public var wantsClosings: Bool { emission != .events }

  public mutating func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    if batch.records.isEmpty && outcome.closings.isEmpty { return }
    data.beginBatch()
    var cuts = avro.cuts
    var closed = 0
    let closings = emission == .events ? 0 : outcome.closings.count
    for index in 0..<batch.records.count {
      while closed < closings && Int(outcome.closings[closed].place) <= index {
        data.append(outcome.closings[closed], of: outcome, to: &output, &cuts)
        closed &+= 1
      }
      if emission != .closed {
        append(index, outcome.assignments[index], of: batch, to: &output, &cuts)
      }
    }
    while closed < closings {
      data.append(outcome.closings[closed], of: outcome, to: &output, &cuts)
      closed &+= 1
    }
    avro.cuts = cuts
  }

  private static func sessions(
    of schema: AvroSchema, marksDuplicates: Bool, named name: String
  ) -> AvroSchema {
    schema.withSession(marksDuplicates: marksDuplicates, named: name)
      ?? .sessionEvent(named: name, marksDuplicates: marksDuplicates)
  }

  /// Appends an event and its session, where it is one of the output.
  @inline(__always)
  private mutating func append(
    _ index: Int, _ assignment: Assignment, of batch: borrowing Batch, to output: inout ByteBlock,
    _ cuts: inout AvroBlockCuts
  ) {
    let isDuplicate = assignment.disposition == .duplicate
    guard assignment.disposition == .assigned || (isDuplicate && marksDuplicates) else { return }
    data.choose(batch.records[index].schema, &cuts)
    data.append(index, of: batch, to: &output)
    AvroEventData.append(
      assignment.session, isDuplicate: marksDuplicates ? isDuplicate : nil, to: &output)
    cuts.note(end: output.count)
    if let records = data.records {
      records.note(index, of: batch, session: assignment.session, end: output.count)
    }
  }
}

/// Writes a batch of session events that have their sessions already. A closing has the schema that it
/// names.
public struct AvroThroughEncoder: ~Copyable, SessionEventEncoder {
  private let avro: AvroOutput
  private var data: AvroAppender

  /// As `AvroRecordEncoder.init`.
  public init(
    _ avro: AvroOutput, target: AvroTarget, converter: any RecordConverter,
    records: TopicRecords? = nil
  ) {
    self.avro = avro
    data = AvroAppender(avro, target: target, converter: converter, records: records)
    avro.schemaOfNone = {
      target.schema ?? .sessionEvent(named: target.sessions.session, marksDuplicates: false)
    }
  }

  public var wantsClosings: Bool { true }

  public mutating func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    data.beginBatch()
    var cuts = avro.cuts
    var index = 0
    for closed in 0..<outcome.closings.count {
      let closing = outcome.closings[closed]
      while index < Int(closing.place) { append(&index, of: batch, to: &output, &cuts) }
      data.append(closing, of: outcome, to: &output, &cuts)
    }
    while index < batch.records.count { append(&index, of: batch, to: &output, &cuts) }
    avro.cuts = cuts
  }

  @inline(__always)
  private mutating func append(
    _ index: inout Int, of batch: borrowing Batch, to output: inout ByteBlock,
    _ cuts: inout AvroBlockCuts
  ) {
    data.choose(batch.records[index].schema, &cuts)
    data.append(index, of: batch, to: &output)
    cuts.note(end: output.count)
    if let records = data.records { records.note(index, of: batch, end: output.count) }
    index &+= 1
  }
}

/// Writes records as data of the run's schema, or each of its own: Avro records as they are, others
/// converted.
public struct AvroRecordEncoder: ~Copyable, RecordAppender {
  private let avro: AvroOutput
  private var data: AvroAppender

  /// - Parameters:
  ///   - avro: what is to be told of the data.
  ///   - target: to which the decoder keeps, too.
  ///   - converter: turns records that are not Avro into data of the target.
  ///   - records: what is to be told of each record where the output is a topic.
  public init(
    _ avro: AvroOutput, target: AvroTarget, converter: any RecordConverter,
    records: TopicRecords? = nil
  ) {
    self.avro = avro
    data = AvroAppender(avro, target: target, converter: converter, records: records)
    avro.schemaOfNone = { target.schema ?? .event }
  }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    beginBatch()
    for index in 0..<batch.records.count { append(index, of: batch, to: &output) }
  }

  public mutating func beginBatch() { data.beginBatch() }

  @inline(__always)
  public mutating func append(
    _ index: Int, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    let schema = batch.records[index].schema
    if !data.isChosen(schema) { data.choose(schema, &avro.cuts) }
    data.append(index, of: batch, to: &output)
    avro.cuts.note(end: output.count)
    if let records = data.records { records.note(index, of: batch, end: output.count) }
  }
}

/// Appends records and closings to an output's buffer, each as data of the schema that is written for it.
///
/// Records of Avro stay as they are, because whoever reads them makes them data of what the run writes;
/// those of another format are converted. Where this output has one schema, and the run's main output
/// follows its records, Avro is resolved into the one schema here.
private struct AvroAppender: ~Copyable {
  private let avro: AvroOutput
  /// What is to be told of each record where the output is a topic: by whoever has appended all of it.
  let records: TopicRecords?
  private let target: AvroTarget
  private let followsRecords: Bool
  private let marksDuplicates: Bool
  private let schema: (AvroSchema) -> AvroSchema
  private var foreign: ForeignRecords
  /// The target's number: it is asked for once a batch, as each look at an object counts.
  private var number: UInt16 = 0
  /// From the schemas of records to the target's, by their numbers.
  private var transcoders: [UInt16: AvroTranscoder] = [:]
  /// What is written for records of each schema, by its number, made when the first of them comes.
  private var forms: [AvroForm?] = []
  private var chosen: AvroForm?
  private var chosenNumber: UInt16 = 0

  /// - Parameters:
  ///   - marksDuplicates: whether closings have the field `duplicate`.
  ///   - schema: what is written for records of a schema of the target's.
  init(
    _ avro: AvroOutput, target: AvroTarget, converter: any RecordConverter,
    records: TopicRecords?, marksDuplicates: Bool = false,
    schema: @escaping (AvroSchema) -> AvroSchema = { $0 }
  ) {
    self.avro = avro
    self.records = records
    self.target = target
    self.marksDuplicates = marksDuplicates
    self.schema = schema
    followsRecords = target.followsRecords
    foreign = ForeignRecords(converter: converter)
  }

  /// To be called before the first record of a batch.
  mutating func beginBatch() {
    foreign.beginBatch()
    records?.beginBatch()
    number = target.number
  }

  // MARK: Schemas

  /// Whether the data that come next are those of records whose schema has `number` already.
  @inline(__always)
  func isChosen(_ number: UInt16) -> Bool { number == chosenNumber && chosen != nil }

  /// Has the data that come next be those of records whose schema has `number`, 0 for records that are
  /// not Avro. Constant time; a schema is compiled where it is new.
  @inline(__always)
  mutating func choose(_ number: UInt16, _ cuts: inout AvroBlockCuts) {
    if !isChosen(number) { change(to: number, &cuts) }
  }

  @inline(never)
  private mutating func change(to number: UInt16, _ cuts: inout AvroBlockCuts) {
    let form = form(of: number)
    (chosen, chosenNumber) = (form, number)
    cuts.form = form.number
    records?.schema = form.number
  }

  private mutating func form(of number: UInt16) -> AvroForm {
    let place = Int(number)
    while forms.count <= place { forms.append(nil) }
    if let known = forms[place] { return known }
    let written = schema(target.schemas.schema(target.written(number)))
    let form = AvroForm(
      of: written, number: avro.begin(written), marksDuplicates: marksDuplicates,
      session: target.sessions.session)
    forms[place] = form
    return form
  }

  // MARK: Data

  /// Appends a closing as data of the schema that it names, and notes it.
  mutating func append(
    _ closing: Closing, of outcome: borrowing Outcome, to output: inout ByteBlock,
    _ cuts: inout AvroBlockCuts
  ) {
    choose(closing.schema, &cuts)
    chosen?.append(closing, of: outcome, to: &output)
    cuts.note(end: output.count)
    if let records { records.note(closing, of: outcome, end: output.count) }
  }

  /// Appends a record as data of what is chosen.
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
    avro.failure = Failure(
      .badData, .output,
      "records cannot become data of the one schema of a container file: \(reason);"
        + " say --output-framing confluent", cause: .schema)
  }
}

/// One of the schemas that an output's data have, and closings as data of it. Where it has fields that
/// ours does not have, they get their defaults, or where they have none the empty values of their types
/// (our choice: a closing is no event of a device, so nobody can say more).
private final class AvroForm {
  /// The output's number of it.
  let number: Int
  private let marksDuplicates: Bool
  /// From our own schema to the output's; nil where they are alike.
  private let transcoder: AvroTranscoder?
  private var scratch = ByteBlock()

  init(of schema: AvroSchema, number: Int, marksDuplicates: Bool, session name: String) {
    self.number = number
    self.marksDuplicates = marksDuplicates
    let known = AvroSchema.sessionEvent(named: name, marksDuplicates: marksDuplicates)
    let resolution = try? AvroResolution(from: known, to: schema, missing: .isEmpty)
    transcoder = resolution.flatMap { $0.isCopy ? nil : AvroTranscoder($0) }
  }

  func append(
    _ closing: Closing, of outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    guard let transcoder else {
      appendKnown(closing, of: outcome, to: &output)
      return
    }
    var known = ByteBlock(capacity: 0)
    swap(&known, &scratch)
    known.truncate(to: 0)
    appendKnown(closing, of: outcome, to: &known)
    _ = known.withBytes { transcoder.transcode($0, 0, to: &output) }
    swap(&known, &scratch)
  }

  private func appendKnown(
    _ closing: Closing, of outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    AvroEventData.append(closing, of: outcome, to: &output)
    if marksDuplicates { output.append(avro: false) }
    AvroEventData.append(closing.session, of: outcome, to: &output)
  }
}
