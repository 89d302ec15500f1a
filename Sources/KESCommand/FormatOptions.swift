// The format of what the record-writing tools write.

public import ArgumentParser
public import KESCore

/// The formats that records are written in.
public enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  case json, avro, text
}

extension AvroCodec: ExpressibleByArgument {}

/// How Avro is read and written: for all four tools.
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

  public init() {}

  public mutating func validate() throws {
    if !(1...(64 << 20)).contains(blockSize.bytes) {
      throw ValidationError("--block-size must be between 1 and 64MiB")
    }
  }

  /// Throws what is wrong where an option is given that only Avro output needs.
  func requireAvro(_ isAvro: Bool) throws {
    if codec != nil && !isAvro { throw ValidationError("--codec is for Avro output") }
  }

  /// Reads the schema that is forced, if one is.
  public func readSchema() throws(ToolFailure) -> AvroSchema? {
    guard let schema else { return nil }
    let length = Int64(AvroContainerHeader.greatestLength)
    let bytes = try streaming { () throws(StreamError) in try fileHead(schema, length: length) }
    do throws(AvroSchemaError) {
      return try AvroSchema(parsing: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw .pipeline(.schema(SchemaFailure(kind: .badData, message: "\(schema): \(error)")))
    }
  }

  /// Gives an output its format; where an earlier run wrote to it, that of what stands there.
  ///
  /// - Parameters:
  ///   - isFile: whether a file is named for it.
  ///   - base: the schema of the records of which the output's schema was made; nil where it cannot
  ///     have been written by this command.
  public func makeOutput(
    _ stream: OutputStream, _ formats: RecordFormats, isFile: Bool,
    base: (AvroSchema) -> AvroSchema? = { $0 }
  ) throws(ToolFailure) -> FormatOutput {
    let written = try AvroOptions.header(of: stream, formats)
    let codec = written.flatMap { AvroCodec(rawValue: $0.codecName) } ?? codec
    let writer = AvroContainerWriter(
      codec: codec ?? (isFile ? .deflate : .null), blockSize: blockSize.bytes)
    if let written {
      guard let schema = try? AvroSchema(parsing: written.schemaText), let records = base(schema)
      else {
        throw .stream(
          .outputChanged(
            name: stream.name,
            explanation: "was written with another schema or other options; name another output"))
      }
      formats.target.fix(records)
      writer.resume(written, schema)
    }
    return FormatOutput(stream, formats: formats, writer: writer)
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

/// `--format`, for the tools that write records; kes-read has more to choose from.
public struct FormatOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How to write: json lines or an avro container file for the next program, or text for people."
        + " (default: as the first input is written; json to a terminal)"))
  public var format: OutputFormat?

  @OptionGroup public var avro: AvroOptions

  public init() {}

  public mutating func validate() throws {
    try avro.requireAvro(format == nil || format == .avro)
  }

  /// What the run's decoders and encoders share.
  ///
  /// - Parameters:
  ///   - usual: the format where none is asked for; nil for that of the input.
  ///   - isFile: whether the output goes to a named file.
  ///   - accepts: whether records of a schema can be written; others are read as `Event`.
  public func makeFormats(
    wantsDetails: Bool, usual: RecordFormat? = nil, isFile: Bool,
    accepts: @escaping (AvroSchema) -> Bool = { _ in true }
  ) throws(ToolFailure) -> RecordFormats {
    let isTerminal = !isFile && isStandardOutputTerminal
    if format == .avro && isTerminal {
      throw .usage("Avro is not for terminals: name an --output, or say --format json or text")
    }
    let output: RecordFormat? =
      switch format {
      case .avro: .avro
      case .json, .text: .json
      case nil: isTerminal ? .json : usual
      }
    return RecordFormats(
      wantsDetails: wantsDetails, output: output, schema: try avro.readSchema(), accepts: accepts)
  }

  /// Gives an output of records its format (see `AvroOptions.makeOutput`).
  public func makeOutput(
    _ stream: OutputStream, _ formats: RecordFormats, color: ColorChoice, isFile: Bool,
    base: (AvroSchema) -> AvroSchema? = { $0 }
  ) throws(ToolFailure) -> FormatOutput {
    let output = try avro.makeOutput(stream, formats, isFile: isFile, base: base)
    if format == .text {
      stream.framing = TextRewriter(style: TextStyle(isColored: color.isColored(isFile: isFile)))
    }
    return output
  }
}
