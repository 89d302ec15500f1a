// Records as messages of topics, in pipes and files.

/// Frames the data that encoders append as messages of the Confluent wire format, each behind its
/// length (see `ConfluentFrameDecoder`).
///
/// Each has its own schema. The id is that which records of the same schema were read with, where no
/// subject is named; else the subject's. The registry is asked when data of a schema are first written.
public final class ConfluentFrameWriter: AvroWriter {
  /// Blocks of no size: every record is one.
  public var cuts = AvroBlockCuts(blockSize: 0)
  private let registry: any SchemaRegistry
  private let subject: SubjectName?
  private let registers: Bool
  private let schemas: AvroSchemaTable
  /// The schemas of the data, by the numbers that `cuts` name.
  private var forms: [(schema: AvroSchema, identifier: SchemaIdentifier?)] = []
  public var failure: Failure?

  /// - Parameters:
  ///   - subject: under which the schema is looked up; nil for `session-events-value`, or
  ///     `events-value` where the records have no session.
  ///   - registers: whether a schema is registered where the subject does not have it.
  ///   - schemas: what is known of the schemas of messages that were read.
  public init(
    registry: any SchemaRegistry, subject: SubjectName?, registers: Bool, schemas: AvroSchemaTable
  ) {
    self.registry = registry
    self.subject = subject
    self.registers = registers
    self.schemas = schemas
  }

  public var namesSchemas: Bool { true }

  @discardableResult
  public func begin(_ schema: AvroSchema) -> Int {
    if let known = forms.firstIndex(where: { $0.schema.isSame(as: schema) }) { return known }
    forms.append((schema, nil))
    return forms.count - 1
  }

  /// Writes on behind messages whose first had this schema, and this id of it.
  public func resume(_ identifier: SchemaIdentifier, _ schema: AvroSchema) {
    forms = [(schema, identifier)]
  }

  /// Without messages there is nothing to tell.
  public var schemaOfNone: () -> AvroSchema = { .event }

  public var marksDuplicates: Bool { forms.first?.schema.marksDuplicates ?? false }

  public func frame(
    _ content: borrowing ByteBlock, at moment: FlushMoment, to output: inout ByteBlock
  ) throws(Failure) -> Int {
    cuts.finish(at: content.count)
    if forms.isEmpty && !cuts.blocks.isEmpty { begin(.event) }
    for block in cuts.blocks where forms[block.form].identifier == nil {
      forms[block.form].identifier = try identifier(of: forms[block.form].schema)
    }
    var from = 0
    for block in cuts.blocks {
      guard let identifier = forms[block.form].identifier else { preconditionFailure("asked") }
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

  /// The id of a schema. Throws where the registry does not have it, or does not answer.
  private func identifier(of schema: AvroSchema) throws(Failure) -> SchemaIdentifier {
    let known = subject == nil ? schemas.identifier(of: schema) : nil
    if let known { return known }
    return try ask(schema)
  }

  private func ask(_ schema: AvroSchema) throws(Failure) -> SchemaIdentifier {
    let subject =
      subject
      ?? .values(ofTopic: schema.hasSession(schemas.sessions.session) ? "session-events" : "events")
    do throws(Failure) {
      return registers
        ? try registry.identifierRegistering(schema.text, under: subject)
        : try registry.identifier(of: schema.text, under: subject)
    } catch {
      throw error.of(.output)
    }
  }
}
