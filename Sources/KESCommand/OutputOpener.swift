// Opens what a run writes to, no two of them the same file.

public import KESCore

/// Opens the outputs of a run, once it is known that none is an input or another output.
public struct OutputOpener {
  private let output: String?
  /// How many bytes of an output count, by absolute path, where a store knows it.
  public var written: [String: Int64] = [:]

  /// Opens nothing yet.
  ///
  /// - Parameters:
  ///   - output: the path of the output; nil for the standard output.
  ///   - topics: which ends are topics: those do not use the standard ones.
  ///   - others: paths of the other outputs; nil for those that are not asked for.
  ///   - inputs: names of what is read, `-` for the standard input, and of what else must stay.
  /// Throws `StreamError.outputIsInput`; then nothing has been touched.
  public init(
    output: String?, others: [String?] = [], topics: TopicOptions? = nil,
    apartFrom inputs: [String]
  ) throws(ToolFailure) {
    self.output = output
    let outputs = ([output] + others).compactMap { $0 }
    let inputs = topics?.from == nil ? inputs : inputs.filter { $0 != "-" }
    try streaming { () throws(StreamError) in
      try requireApart(
        outputs: outputs, writesStandard: output == nil && topics?.to == nil, from: inputs)
    }
  }

  /// Opens the output, to be written on from where the store says, or the standard output; from then on
  /// waiting notices when its reader is gone.
  public func openOutput() throws(ToolFailure) -> OutputStream {
    let opened = try open(output) ?? .standard()
    opened.watchReader()
    return opened
  }

  /// Opens another output where one is named.
  public func open(_ path: String?) throws(ToolFailure) -> OutputStream? {
    guard let path else { return nil }
    let kept = written[absolutePath(path)] ?? 0
    return try streaming { () throws(StreamError) in
      try OutputStream.file(path, keeping: kept)
    }
  }

  /// Opens the file or topic of dead letters where one is named.
  public func openDeadLetters(
    _ input: InputOptions, _ topics: TopicEnds?
  ) throws(ToolFailure) -> (any DeadLetters)? {
    if let topic = try topics?.openDeadLetters(input) { return topic }
    return try open(input.deadLetterPath).map { DeadLetterFile(output: $0) }
  }
}
