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

  /// Opens the file or topic of dead letters where one is named.
  public func openDeadLetters(
    _ input: InputOptions, _ topics: TopicEnds?
  ) throws(Failure) -> (any DeadLetters)? {
    if let topic = try topics?.openDeadLetters(input) { return topic }
    return try open(input.deadLetterPath).map { DeadLetterFile(output: $0) }
  }
}
