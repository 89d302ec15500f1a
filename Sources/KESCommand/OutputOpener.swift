// Opens what a run writes to, no two of them the same file.

public import KESCore

/// Opens outputs, each apart from the inputs and from the outputs opened before it.
public struct OutputOpener {
  private var taken: [String]
  private let written: [String: Int64]

  /// - Parameters:
  ///   - inputs: names of inputs, `-` for the standard input.
  ///   - written: how many bytes of an output count, by absolute path, where a store knows it.
  public init(apartFrom inputs: [String], written: [String: Int64] = [:]) {
    taken = inputs
    self.written = written
  }

  /// Opens an output file where one is named, to be written on from where the store says.
  public mutating func open(_ path: String?) throws(ToolFailure) -> OutputStream? {
    guard let path else { return nil }
    let (taken, kept) = (taken, written[absolutePath(path)] ?? 0)
    self.taken.append(path)
    return try streaming { () throws(StreamError) in
      try OutputStream.file(path, keeping: kept, apartFrom: taken)
    }
  }

  /// Opens the named output, or the standard output.
  public mutating func openOrStandard(_ path: String?) throws(ToolFailure) -> OutputStream {
    if let file = try open(path) { return file }
    let taken = taken
    return try streaming { () throws(StreamError) in try .standard(apartFrom: taken) }
  }

  /// Opens the file of dead letters where one is named.
  public mutating func openDeadLetters(_ path: String?) throws(ToolFailure) -> DeadLetters? {
    try open(path).map { DeadLetters(output: $0) }
  }
}
