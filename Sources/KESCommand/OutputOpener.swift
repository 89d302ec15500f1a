// Opens what a run writes to, no two of them the same file.

public import KESCore

/// Opens the outputs of a run, once it is known that none is an input or another output.
public struct OutputOpener {
  private let output: String?
  private let outputs: [String]
  /// What a store knows of the outputs, by the names under which they were given.
  private var known: [String: KnownOutput] = [:]

  /// Opens nothing yet.
  ///
  /// - Parameters:
  ///   - output: the path of the output; nil for the standard output.
  ///   - topics: which ends are topics: those do not use the standard ones.
  ///   - others: paths of the other outputs; nil for those that are not asked for.
  ///   - inputs: names of what is read, `-` for the standard input, and of what else must stay.
  /// Throws `.outputIsInput`; then nothing has been touched.
  public init(
    output: String?, others: [String?] = [], topics: TopicOptions? = nil,
    apartFrom inputs: [String]
  ) throws(Failure) {
    self.output = output
    outputs = ([output] + others).compactMap { $0 }
    let outputs = outputs
    let inputs = topics?.from == nil ? inputs : inputs.filter { $0 != "-" }
    try requireApart(
      outputs: outputs, writesStandard: output == nil && topics?.to == nil, from: inputs)
  }

  /// Has the outputs written on from where `store` says, which remembers them: to be called before any
  /// is opened. Throws where one is not what the store knows; then nothing has been touched.
  ///
  /// - Parameter inputs: those that the store may forget.
  public mutating func writeOn(
    from store: StateStore, forgetting inputs: [FileKey] = []
  ) throws(Failure) {
    let written = KnownOutputs(try store.outputs())
    for output in outputs {
      known[output] = try written.take(output)
    }
    try store.prepare(writing: written.taken, forgetting: inputs)
  }

  /// Opens the output, to be written on from where a store says, or the standard output; from then on
  /// waiting notices when its reader is gone.
  public func openOutput() throws(Failure) -> OutputStream {
    let opened = try open(output) ?? .standard()
    opened.watchReader()
    return opened
  }

  /// Opens another output where one is named.
  public func open(_ path: String?) throws(Failure) -> OutputStream? {
    guard let path else { return nil }
    return try OutputStream.file(path, known: known[path])
  }

  /// The format of what a file holds that is to be written on; nil where nothing is.
  public func writtenFormat(_ path: String?) throws(Failure) -> RecordFormat? {
    guard let path, let known = known[path] else { return nil }
    return try WrittenForm(path, length: known.length)?.format
  }

  /// Opens the file or topic of dead letters where one is named.
  public func openDeadLetters(
    _ input: InputOptions, _ topics: TopicEnds?
  ) throws(Failure) -> (any DeadLetters)? {
    if let topic = try topics?.openDeadLetters(input) { return topic }
    return try open(input.deadLetterPath).map { DeadLetterFile(output: $0) }
  }
}

/// In which form records stand in a file that is to be written on, as its first bytes tell.
enum WrittenForm {
  case text, json
  case container(AvroContainerHeader)
  /// The first with this id of its schema.
  case messages(SchemaIdentifier)

  /// Nil where nothing was written.
  init?(of stream: OutputStream) throws(Failure) {
    guard let path = stream.path else { return nil }
    try self.init(path, length: stream.length)
  }

  /// - Parameter length: how much of the file stays.
  fileprivate init?(_ path: String, length: Int64) throws(Failure) {
    if length == 0 { return nil }
    let length = min(length, Int64(AvroContainerHeader.greatestLength))
    self.init(try fileHead(path, length: length))
  }

  private init(_ head: [UInt8]) {
    let escape: UInt8 = 0x1B
    if let header = AvroContainerHeader(of: head) {
      self = .container(header)
    } else if let identifier = WrittenForm.identifier(head.span) {
      self = .messages(identifier)
    } else {
      self = head.first == UInt8(ascii: "[") || head.first == escape ? .text : .json
    }
  }

  /// The id in the message that stands behind its length in `head`. No text has a byte 0.
  private static func identifier(_ head: Span<UInt8>) -> SchemaIdentifier? {
    let message = head.extracting(droppingFirst: min(4, head.count))
    guard case .schema(let found) = ConfluentWireFormat.readHeader(of: message) else { return nil }
    return found
  }

  /// The format of its records.
  var format: RecordFormat {
    switch self {
    case .text, .json: .json
    case .container, .messages: .avro
    }
  }

  /// What to say in order to write on.
  var name: String {
    switch self {
    case .text: "text"
    case .json: "json"
    case .container: "avro"
    case .messages: "messages"
    }
  }

  /// The options that go on with this form.
  func options(asksForMessages: Bool) -> String {
    switch self {
    case .messages: "--framing confluent"
    case .container where asksForMessages: "--output-framing container"
    default: "--format \(name)"
    }
  }
}
