// Records as messages of topics, in pipes and files.

/// Frames the data that encoders append as messages of the Confluent wire format, each behind its
/// length (see `ConfluentFrameDecoder`).
///
/// Their schema's id is that which records of the same schema were read with, where no subject is
/// named; else the subject's. The registry is asked at the first write.
public final class ConfluentFrameWriter: AvroWriter {
  /// Blocks of no size: every record is one.
  public var cuts = AvroBlockCuts(blockSize: 0)
  private let registry: any SchemaRegistry
  private let subject: SubjectName?
  private let registers: Bool
  private let schemas: AvroSchemaTable
  private var schema: AvroSchema?
  private var identifier: SchemaIdentifier?

  /// - Parameters:
  ///   - subject: under which the schema is looked up; nil for `session-events-value`, or
  ///     `events-value` where the records have no session.
  ///   - registers: whether the schema is registered where the subject does not have it.
  ///   - schemas: what is known of the schemas of messages that were read.
  public init(
    registry: any SchemaRegistry, subject: SubjectName?, registers: Bool, schemas: AvroSchemaTable
  ) {
    self.registry = registry
    self.subject = subject
    self.registers = registers
    self.schemas = schemas
  }

  public func begin(_ schema: AvroSchema) { self.schema = self.schema ?? schema }

  /// Writes on behind messages with this schema.
  public func resume(_ identifier: SchemaIdentifier, _ schema: AvroSchema) {
    (self.identifier, self.schema) = (identifier, schema)
  }

  /// Without messages there is nothing to tell.
  public var schemaOfNone: () -> AvroSchema = { .event }

  public var marksDuplicates: Bool { schema?.marksDuplicates ?? false }

  public func frame(
    _ content: borrowing ByteBlock, at moment: FlushMoment, to output: inout ByteBlock
  ) throws(SchemaFailure) -> Int {
    cuts.finish(at: content.count)
    if cuts.blocks.isEmpty { return 0 }
    let identifier = try identify()
    var from = 0
    for block in cuts.blocks {
      append(content, from..<block.end, identifier, to: &output)
      from = block.end
    }
    cuts.removeBlocks(of: from)
    return from
  }

  public func discard() { cuts.removeAll() }

  private func append(
    _ content: borrowing ByteBlock, _ range: Range<Int>, _ identifier: SchemaIdentifier,
    to output: inout ByteBlock
  ) {
    let length = UInt32(ConfluentWireFormat.payloadOffset + range.count)
    output.append(word: UInt64(length.byteSwapped), count: 4)
    ConfluentWireFormat.appendHeader(identifier, to: &output)
    output.append(content, range.lowerBound, range.count)
  }

  /// The schema's id. Throws where the registry does not have it, or does not answer.
  private func identify() throws(SchemaFailure) -> SchemaIdentifier {
    if let identifier { return identifier }
    let schema = schema ?? .event
    let known = subject == nil ? schemas.identifier(of: schema) : nil
    let found = if let known { known } else { try ask(schema) }
    identifier = found
    return found
  }

  private func ask(_ schema: AvroSchema) throws(SchemaFailure) -> SchemaIdentifier {
    let subject =
      subject
      ?? .values(ofTopic: schema.hasSession(schemas.sessions.session) ? "session-events" : "events")
    do throws(RegistryError) {
      return registers
        ? try registry.register(schema.text, under: subject)
        : try registry.identifier(of: schema.text, under: subject)
    } catch {
      throw error.asSchemaFailure
    }
  }
}
