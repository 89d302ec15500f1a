// Avro records that name their schemas: the schemas' ids, and messages of topics in pipes and files.

/// The ids of the schemas of an output's Avro data, which messages name.
///
/// The id is that which records of the same schema were read with, where no subject is named; else the
/// subject's. The registry is asked when data of a schema are first written.
public final class WriterSchemas {
  /// What encoders tell of the data.
  let avro: AvroOutput
  private let registry: any SchemaRegistry
  private let subject: SubjectName?
  private let registers: Bool
  private let known: AvroSchemaTable
  /// By the schemas' numbers in `avro`; nil for those that nobody has asked for yet.
  private var identifiers: [SchemaIdentifier?] = []

  /// - Parameters:
  ///   - subject: under which the schemas are looked up; nil for `session-events-value`, or
  ///     `events-value` where the records have no session.
  ///   - registers: whether a schema is registered where the subject does not have it.
  ///   - known: what is known of the schemas of messages that were read.
  public init(
    of avro: AvroOutput, registry: any SchemaRegistry, subject: SubjectName?, registers: Bool,
    known: AvroSchemaTable
  ) {
    self.avro = avro
    self.registry = registry
    self.subject = subject
    self.registers = registers
    self.known = known
  }

  /// Goes on behind messages whose first had this schema, and this id of it.
  func resume(_ identifier: SchemaIdentifier, _ schema: AvroSchema) {
    note(identifier, of: avro.begin(schema))
  }

  /// The id of the schema with this number. Throws where the registry does not have it, or does not
  /// answer.
  @inline(__always)
  func identifier(_ number: Int) throws(Failure) -> SchemaIdentifier {
    if number < identifiers.count, let identifier = identifiers[number] { return identifier }
    return try find(number)
  }

  @inline(never)
  private func find(_ number: Int) throws(Failure) -> SchemaIdentifier {
    let identifier = try identifier(of: avro.schemas[number])
    note(identifier, of: number)
    return identifier
  }

  private func note(_ identifier: SchemaIdentifier, of number: Int) {
    while identifiers.count <= number { identifiers.append(nil) }
    identifiers[number] = identifier
  }

  private func identifier(of schema: AvroSchema) throws(Failure) -> SchemaIdentifier {
    if subject == nil, let identifier = known.identifier(of: schema) { return identifier }
    let subject =
      subject
      ?? .values(ofTopic: schema.hasSession(known.sessions.session) ? "session-events" : "events")
    return registers
      ? try registry.identifierRegistering(schema.text, under: subject)
      : try registry.identifier(of: schema.text, under: subject)
  }
}

/// Frames the data that encoders append as messages of the Confluent wire format, each behind its
/// length, for pipes and files (see `ConfluentFrameDecoder`).
public final class ConfluentFrameWriter: AvroWriter {
  /// Of blocks of no size: every record is one.
  public let avro: AvroOutput
  private let schemas: WriterSchemas

  /// As `WriterSchemas.init`.
  public init(
    registry: any SchemaRegistry, subject: SubjectName?, registers: Bool, known: AvroSchemaTable
  ) {
    avro = AvroOutput(blockSize: 0)
    schemas = WriterSchemas(
      of: avro, registry: registry, subject: subject, registers: registers, known: known)
  }

  /// Writes on behind messages whose first had this schema, and this id of it.
  public func resume(_ identifier: SchemaIdentifier, _ schema: AvroSchema) {
    schemas.resume(identifier, schema)
  }

  public func frame(
    _ content: borrowing ByteBlock, at moment: FlushMoment, to output: inout ByteBlock
  ) throws(Failure) -> Int {
    try avro.requireWritable()
    var from = 0
    for record in avro.cuts.blocks {
      append(content, from..<record.end, try schemas.identifier(record.form), to: &output)
      from = record.end
    }
    avro.cuts.removeBlocks(of: from)
    return from
  }

  public func discard() { avro.cuts.removeAll() }

  private func append(
    _ content: borrowing ByteBlock, _ range: Range<Int>, _ identifier: SchemaIdentifier,
    to output: inout ByteBlock
  ) {
    let length = UInt32(ConfluentWireFormat.payloadOffset + range.count)
    output.append(word: UInt64(length.byteSwapped), count: 4)
    ConfluentWireFormat.appendHeader(identifier, to: &output)
    output.append(content, range.lowerBound, range.count)
  }
}
