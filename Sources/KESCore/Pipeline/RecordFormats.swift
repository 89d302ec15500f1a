// What the decoders and encoders of a run share: schemas, the output's format, converters.

/// The formats of one run. The output has the format that was asked for, or that of the first input.
public final class RecordFormats {
  public let schemas: AvroSchemaTable
  /// What all records are to be where the output is Avro.
  public let target: AvroTarget
  /// Whether events are read with all that they hold.
  public let wantsDetails: Bool
  /// Nil until it is known.
  public private(set) var output: RecordFormat?
  /// Whether records are read as the target's schema, whatever the output is.
  private let isSchemaForced: Bool
  /// Where the schemas of Avro messages are, where the inputs hold such; nil for container files.
  public let messageRegistry: (any SchemaRegistry)?
  private var lines: JSONLinesAvroConverter?
  private var hasAdmitted = false

  /// - Parameters:
  ///   - output: the format that was asked for; nil for that of the first input.
  ///   - schema: what Avro records are to be read as; nil for their own schemas, or where the output
  ///     is Avro, for that of the first.
  ///   - accepts: whether the run can write records of a schema; others are read as `Event`.
  public init(
    wantsDetails: Bool = false, output: RecordFormat?, schema: AvroSchema? = nil,
    messageRegistry: (any SchemaRegistry)? = nil,
    accepts: @escaping (AvroSchema) -> Bool = { _ in true }
  ) {
    self.wantsDetails = wantsDetails
    self.output = output
    self.messageRegistry = messageRegistry
    schemas = AvroSchemaTable(wantsDetails: wantsDetails)
    target = AvroTarget(schemas: schemas, accepts: accepts)
    isSchemaForced = schema != nil
    if let schema { target.fix(schema) }
  }

  /// What Avro records are to be read as, where that is not their own schema.
  var readingTarget: AvroTarget? { isSchemaForced || output == .avro ? target : nil }

  /// Takes up the schemas that an earlier run met, in the order of their numbers, before any other
  /// is met. Throws where one is no schema.
  public func restore(_ texts: [String]) throws(SchemaFailure) {
    for text in texts {
      do throws(AvroSchemaError) {
        _ = schemas.number(of: try AvroSchema(parsing: text))
      } catch {
        throw SchemaFailure(kind: .badData, message: "the state holds what is no schema: \(error)")
      }
    }
  }

  /// Sees to it that records which an earlier run held can be written. Throws where they cannot.
  public func admitRestored() throws(SchemaFailure) {
    if schemas.count > 0 { meet(.avro) }
    guard output == .avro, schemas.count > 0 else { return }
    target.fix(schemas.schema(UInt16(schemas.count)))
    for number in 1...UInt16(schemas.count) where number != target.number {
      do throws(AvroSchemaError) {
        _ = try target.resolution(of: number)
      } catch {
        throw SchemaFailure(
          kind: .badData,
          message: "records that an earlier run held cannot be written any more: \(error)")
      }
    }
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

  /// Notes the format of an input: the first's is that of the output where no other was asked for.
  public func meet(_ format: RecordFormat) { output = output ?? format }

  /// For encoders of JSON-lines.
  public func makeAvroConverter() -> AvroJSONConverter { AvroJSONConverter(schemas: schemas) }

  /// For encoders of Avro: one, as it knows what the run's target is.
  public var linesConverter: JSONLinesAvroConverter {
    if let lines { return lines }
    let converter = JSONLinesAvroConverter(target: target, wantsDetails: wantsDetails)
    lines = converter
    return converter
  }

  /// Which JSON lines can be written with the run's schema.
  var sessionRule: JSONLinesDecoder.SessionRule {
    guard let schema = target.schema else { return .likeFirst }
    return schema.hasSession ? .required : .refused
  }

  /// Fixes what JSON-lines are written as, before the first is. Throws where they are no data of the
  /// schema that is fixed already.
  func admitLines(of batch: borrowing Batch) throws(SchemaFailure) {
    if hasAdmitted || batch.records.isEmpty { return }
    hasAdmitted = true
    target.fix(JSONLinesAvroConverter.schema(of: batch, wantsDetails: wantsDetails))
    try linesConverter.begin()
  }
}
