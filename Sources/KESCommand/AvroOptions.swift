// How Avro is read and written: options of all four tools.

public import ArgumentParser
public import KESCore

extension AvroCodec: ExpressibleByArgument {}

/// What decoders and encoders of a run share, and where the schemas of messages are.
public struct RecordSetup {
  public let formats: RecordFormats
  let registry: (any SchemaRegistry)?
}

public struct AvroOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How the blocks of Avro output are compressed. (default: null to a pipe, deflate to a file)"))
  public var codec: AvroCodec?

  @Option(help: ArgumentHelp("How large the blocks of Avro output become.", valueName: "size"))
  public var blockSize = SizeArgument(bytes: 64 << 10)

  @Option(
    help: ArgumentHelp(
      "Read Avro records as this schema, a file in JSON: aliases, defaults and promotions as of the"
        + " Avro specification; Avro output then holds its fields alone.", valueName: "path"),
    completion: .file(extensions: ["avsc"]))
  public var schema: String?

  @OptionGroup public var messages: RegistryOptions

  public init() {}

  public mutating func validate() throws {
    if !(1...(64 << 20)).contains(blockSize.bytes) {
      throw ValidationError("--block-size must be between 1 and 64MiB")
    }
    if codec != nil && messages.writesMessages {
      throw ValidationError("--codec is for container files: messages are not compressed")
    }
  }

  /// Throws what is wrong where an option is given that only Avro output needs.
  public func requireAvro(_ isAvro: Bool) throws {
    if codec != nil && !isAvro { throw ValidationError("--codec is for Avro output") }
  }

  /// What the run's decoders and encoders share.
  ///
  /// - Parameters:
  ///   - output: the format of the output; nil for that of the first input.
  ///   - restored: the schemas that an earlier run met.
  ///   - adapt: what records of a schema are written as.
  public func makeSetup(
    wantsDetails: Bool, output: RecordFormat?, signals: Signals,
    restored: [AvroSchema] = [], adapt: @escaping (AvroSchema) -> AvroSchema = { $0 }
  ) throws(ToolFailure) -> RecordSetup {
    let registry = try messages.open(signals)
    let formats = RecordFormats(
      wantsDetails: wantsDetails, output: output, schema: try readSchema(),
      restored: restored, messageRegistry: messages.readsMessages ? registry : nil, adapt: adapt)
    return RecordSetup(formats: formats, registry: registry)
  }

  /// Reads the schema that is forced, if one is.
  private func readSchema() throws(ToolFailure) -> AvroSchema? {
    guard let schema else { return nil }
    let length = Int64(AvroContainerHeader.greatestLength)
    let bytes = try streaming { () throws(StreamError) in try fileHead(schema, length: length) }
    do throws(AvroSchemaError) {
      return try AvroSchema(parsing: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw .pipeline(.schema(SchemaFailure(kind: .badData, message: "\(schema): \(error)")))
    }
  }

  // MARK: Outputs

  /// Gives an output its format; where an earlier run wrote to it, that of what stands there.
  ///
  /// - Parameters:
  ///   - isFile: whether a file is named for it.
  ///   - base: the schema of the records of which the output's schema was made; nil where it cannot
  ///     have been written by this command.
  ///   - form: the schema of session events over that of the records: records of schemas of which
  ///     it makes the same are the same.
  public func makeOutput(
    _ stream: OutputStream, _ setup: RecordSetup, isFile: Bool,
    base: (AvroSchema) -> AvroSchema? = { $0 }, form: (AvroSchema) -> AvroSchema? = { $0 }
  ) throws(ToolFailure) -> FormatOutput {
    let formats = setup.formats
    if messages.writesMessages, let registry = setup.registry {
      return FormatOutput(stream, formats: formats, writer: messages.makeWriter(registry))
    }
    let written = try AvroOptions.header(of: stream, formats)
    let codec = written.flatMap { AvroCodec(rawValue: $0.codecName) } ?? codec
    let writer = AvroContainerWriter(
      codec: codec ?? (isFile ? .deflate : .null), blockSize: blockSize.bytes)
    if let written {
      writer.resume(written, try AvroOptions.schema(of: written, stream, formats, base, form))
    }
    return FormatOutput(stream, formats: formats, writer: writer)
  }

  /// The schema of an output that an earlier run wrote, which this run's must be, too.
  private static func schema(
    of written: AvroContainerHeader, _ stream: OutputStream, _ formats: RecordFormats,
    _ base: (AvroSchema) -> AvroSchema?, _ form: (AvroSchema) -> AvroSchema?
  ) throws(ToolFailure) -> AvroSchema {
    let schema = try? AvroSchema(parsing: written.schemaText)
    if let schema, let records = base(schema) {
      formats.target.fix(records)
      if let target = formats.target.schema, form(target)?.document == form(records)?.document {
        return schema
      }
    }
    throw .stream(
      .outputChanged(
        name: stream.name,
        explanation: "was written by an earlier run with another schema or other options; name"
          + " another output"))
  }

  /// The header of a container file that an earlier run wrote; nil where there is none.
  private static func header(
    of stream: OutputStream, _ formats: RecordFormats
  ) throws(ToolFailure) -> AvroContainerHeader? {
    guard let head = try head(of: stream) else { return nil }
    let header = AvroContainerHeader(of: head)
    let format: RecordFormat = header == nil ? .json : .avro
    if let asked = formats.output, asked != format {
      throw AvroOptions.refusal(of: stream, format.rawValue)
    }
    formats.meet(format)
    return header
  }

  /// The first bytes of what an earlier run wrote; nil where there is nothing.
  static func head(of stream: OutputStream) throws(ToolFailure) -> [UInt8]? {
    guard let path = stream.path, stream.length > 0 else { return nil }
    let length = min(stream.length, Int64(AvroContainerHeader.greatestLength))
    return try streaming { () throws(StreamError) in try fileHead(path, length: length) }
  }

  static func refusal(of stream: OutputStream, _ format: String) -> ToolFailure {
    .usage(
      "\(stream.name) holds \(format), written by an earlier run; name another output, or say"
        + " --format \(format)")
  }
}
