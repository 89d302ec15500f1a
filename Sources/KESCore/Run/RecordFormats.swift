// What the decoders and encoders of a run share: schemas, the output's format, converters.

/// The formats of one run.
public final class RecordFormats {
  public let schemas: AvroSchemaTable
  /// What all records are to be where the output is Avro.
  public let target: AvroTarget
  /// What records are to be in outputs that hold one schema, where the target follows records.
  private let containerTarget: AvroTarget?
  /// Whether events are read with all that they hold.
  public let wantsDetails: Bool
  let unknownEvents: UnknownEventPolicy
  /// The name of the tool that reads, for advice.
  let reader: String
  /// How the fields of sessions are called.
  public var sessions: SessionFields { schemas.sessions }
  /// The shape of records; nil for devices.
  public let shape: RecordShape?
  /// For times that tell no year.
  let timeMemory = TimeMemory()
  /// Whether messages that are written have the records' keys also where they came in messages.
  let keysAnew: Bool
  public let output: RecordFormat
  /// Whether records are read as the target's schema, whatever the output is.
  private let isSchemaForced: Bool
  /// Where the schemas of Avro messages are, where the inputs hold such; nil for container files.
  public let messageRegistry: (any SchemaRegistry)?
  /// What ends a run that meets JSON lines: why an option of Avro has nothing to do there. Nil where
  /// there is no such option.
  private let refusalOfLines: String?
  /// Whether a state knows inputs by what they hold, which it does not of pipes.
  let knowsInputs: Bool
  /// Whether records are read from a topic: then those that are JSON may hold line feeds.
  let readsTopic: Bool
  /// For encoders of Avro, as which JSON lines are written, too; nil where the output is not Avro.
  public let linesConverter: JSONLinesAvroConverter?
  private var hasAdmitted = false

  /// - Parameters:
  ///   - schema: what Avro records are to be read as; nil for their own schemas, or where the output
  ///     is Avro, for that of the first.
  ///   - followsRecords: whether the output's records name their schemas, so that each keeps its own
  ///     unless `schema` says otherwise.
  ///   - refusalOfLines: what ends a run that meets JSON lines; nil where they are welcome.
  ///   - knowsInputs: whether a state knows inputs by what they hold.
  ///   - readsTopic: whether records are read from a topic.
  ///   - reader: the name of the tool that reads, for advice.
  ///   - sessions: how the fields of sessions are called.
  ///   - shape: that of records; nil for devices.
  ///   - keysAnew: whether messages have the records' keys also where those came in messages.
  ///   - adapt: what the run writes records of a schema as.
  public init(
    wantsDetails: Bool = false, output: RecordFormat, schema: AvroSchema? = nil,
    unknownEvents: UnknownEventPolicy = .reject, messageRegistry: (any SchemaRegistry)? = nil,
    followsRecords: Bool = false, refusalOfLines: String? = nil, knowsInputs: Bool = false,
    readsTopic: Bool = false, reader: String = "kes-segment", sessions: SessionFields = .usual,
    shape: RecordShape? = nil, keysAnew: Bool = false,
    adapt: @escaping (AvroSchema) -> AvroSchema = { $0 }
  ) {
    self.wantsDetails = wantsDetails
    self.output = output
    self.shape = shape
    self.keysAnew = keysAnew
    self.unknownEvents = unknownEvents
    self.reader = reader
    self.messageRegistry = messageRegistry
    self.refusalOfLines = refusalOfLines
    self.knowsInputs = knowsInputs
    self.readsTopic = readsTopic
    schemas = AvroSchemaTable(wantsDetails: wantsDetails, sessions: sessions)
    let follows = followsRecords && schema == nil
    target = AvroTarget(schemas: schemas, followsRecords: follows, adapt: adapt)
    containerTarget = follows ? AvroTarget(schemas: schemas) : nil
    linesConverter =
      output == .avro ? JSONLinesAvroConverter(target: target, wantsDetails: wantsDetails) : nil
    isSchemaForced = schema != nil
    if let schema {
      target.isForced = true
      target.fix(schema)
    }
  }

  /// What an output holds that is a container, or not.
  public func outputTarget(isContainer: Bool) -> AvroTarget {
    isContainer ? containerTarget ?? target : target
  }

  /// The number of the schema that the last event of a task had in an earlier run; 0 where this run
  /// cannot say.
  func number(ofLast text: String) -> UInt16 {
    guard let schema = try? AvroSchema(parsing: text) else { return 0 }
    if target.followsRecords { return (try? target.number(for: schema)) ?? 0 }
    return schemas.number(of: schema) ?? 0
  }

  /// What Avro records are to be read as, where that is not their own schema.
  var readingTarget: AvroTarget? { isSchemaForced || output == .avro ? target : nil }

  /// Sees to it that records which an earlier run held can be written: those of Avro schemas, in the
  /// order in which they came, and whether there are others. Returns how data of each schema are read.
  /// Throws where they cannot be.
  func admitHeld(
    _ texts: [String], hasOthers: Bool
  ) throws(Failure) -> [AvroReading] {
    var readings: [AvroReading] = []
    for text in texts {
      let reading = AvroReading(text, schemas: schemas, target: readingTarget)
      if let problem = reading.problem { throw RecordFormats.unwritable(problem) }
      readings.append(reading)
    }
    if hasOthers, let linesConverter { try admitLines(as: .event, linesConverter) }
    return readings
  }

  static func unwritable(_ problem: String) -> Failure {
    Failure(
      .badData, .input,
      "records that an earlier run held cannot be written any more: \(problem)", cause: .schema)
  }

  /// Decodes the run's inputs.
  ///
  /// - Parameters:
  ///   - input: the format of all inputs; nil to find each's.
  ///   - greatestRecord: how many bytes a record may have.
  ///   - position: the number of the first record.
  public func makeDecoder(
    input: RecordFormat?, greatestRecord: Int, position: Int64 = 0
  ) -> FormatDecoder {
    FormatDecoder(self, forced: input, greatestRecord: greatestRecord, position: position)
  }

  /// How closings are written as JSON.
  var closingForm: JSONClosingForm {
    shape.map { JSONClosingForm(of: $0) } ?? .devices(sessions)
  }

  /// For encoders of JSON-lines.
  public func makeAvroConverter() -> AvroJSONConverter { AvroJSONConverter(schemas: schemas) }

  /// Has `reader` reject records that cannot be written with the run's schema.
  func limit(_ reader: inout JSONRecordReader) {
    linesConverter?.limit(&reader, sessionRule)
  }

  /// Which JSON lines can be written with the run's schema.
  private var sessionRule: JSONRecordReader.SessionRule {
    if !wantsDetails { return .any }
    guard let schema = target.schema else { return .likeFirst }
    return schema.hasSession(sessions.session) ? .required : .refused
  }

  /// Throws where no JSON lines are to come. In Avro output, fixes what they are written as before the
  /// first is; throws where they are no data of the schema that is fixed already.
  func admitLines(of batch: borrowing Batch) throws(Failure) {
    if hasAdmitted || batch.records.isEmpty { return }
    guard let linesConverter else {
      hasAdmitted = true
      if let refusalOfLines { throw Failure(.usage, .input, refusalOfLines, cause: .schema) }
      return
    }
    try admitLines(
      as: JSONLinesAvroConverter.schema(of: batch, wantsDetails: wantsDetails, sessions),
      linesConverter)
  }

  private func admitLines(
    as schema: AvroSchema, _ linesConverter: JSONLinesAvroConverter
  ) throws(Failure) {
    hasAdmitted = true
    target.fix(schema)
    // Lines become data of one schema, in every output.
    containerTarget?.fix(schema)
    if let containerTarget, containerTarget.number != target.number {
      throw Failure(
        .badData, .input,
        "JSON lines cannot be written: a container file holds data of another schema; say"
          + " --output-framing confluent", cause: .schema)
    }
    try linesConverter.begin()
  }
}

extension StoredSchemas {
  /// The format of the records that are held; nil where there are none.
  public var format: RecordFormat? {
    if !named.isEmpty { return .avro }
    return hasOthers ? .json : nil
  }
}
