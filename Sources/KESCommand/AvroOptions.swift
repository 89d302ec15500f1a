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
  ///   - accepts: whether records of a schema can be written; others are read as `Event`.
  public func makeSetup(
    wantsDetails: Bool, output: RecordFormat?, signals: Signals,
    accepts: @escaping (AvroSchema) -> Bool = { _ in true }
  ) throws(ToolFailure) -> RecordSetup {
    let registry = try messages.open(signals)
    let formats = RecordFormats(
      wantsDetails: wantsDetails, output: output, schema: try readSchema(),
      messageRegistry: messages.readsMessages ? registry : nil, accepts: accepts)
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
  public func makeOutput(
    _ stream: OutputStream, _ setup: RecordSetup, isFile: Bool,
    base: (AvroSchema) -> AvroSchema? = { $0 }
  ) throws(ToolFailure) -> FormatOutput {
    let formats = setup.formats
    if messages.writesMessages, let registry = setup.registry {
      return FormatOutput(stream, formats: formats, writer: messages.makeWriter(registry))
    }
    let written = try AvroOptions.header(of: stream, formats)
    let codec = written.flatMap { AvroCodec(rawValue: $0.codecName) } ?? codec
    let writer = AvroContainerWriter(
      codec: codec ?? (isFile ? .deflate : .null), blockSize: blockSize.bytes)
    if let written { try AvroOptions.resume(written, of: stream, writer, formats, base) }
    return FormatOutput(stream, formats: formats, writer: writer)
  }

  /// Lets the run write on in a container file.
  private static func resume(
    _ header: AvroContainerHeader, of stream: OutputStream, _ writer: AvroContainerWriter,
    _ formats: RecordFormats, _ base: (AvroSchema) -> AvroSchema?
  ) throws(ToolFailure) {
    guard let schema = try? AvroSchema(parsing: header.schemaText), let records = base(schema)
    else {
      throw .stream(
        .outputChanged(
          name: stream.name,
          explanation: "was written with another schema or other options; name another output"))
    }
    formats.target.fix(records)
    writer.resume(header, schema)
  }

  /// The header of a container file that an earlier run wrote; nil where there is none.
  private static func header(
    of stream: OutputStream, _ formats: RecordFormats
  ) throws(ToolFailure) -> AvroContainerHeader? {
    guard let path = stream.path, stream.length > 0 else { return nil }
    let length = Int64(AvroContainerHeader.greatestLength)
    let head = try streaming { () throws(StreamError) in try fileHead(path, length: length) }
    let header = AvroContainerHeader(of: head)
    let format: RecordFormat = header == nil ? .json : .avro
    if let asked = formats.output, asked != format {
      throw .usage(
        "\(stream.name) holds \(format.rawValue), written by an earlier run; name another output, or"
          + " say --format \(format.rawValue)")
    }
    formats.meet(format)
    return header
  }
}
