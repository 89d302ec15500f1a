// What can go wrong with files, pipes and topics.

/// A failure of an input or output, with the name the user knows it by and the system's reason.
public enum StreamError: Error, Sendable {
  /// An input that is not there or may not be read.
  case cannotOpen(name: String, code: Int32)
  case isDirectory(name: String)
  case cannotCreate(name: String, code: Int32)
  case cannotRead(name: String, code: Int32)
  case cannotWrite(name: String, code: Int32)
  /// Whoever read our output is gone.
  case brokenPipe(name: String)
  /// An output that is one of the inputs.
  case outputIsInput(name: String)
  /// An input that is not what an earlier run read.
  case inputChanged(name: String, explanation: String)
  /// An output that is not what an earlier run wrote.
  case outputChanged(name: String, explanation: String)
  /// The schema of what is written could not be had, or registered.
  case schema(SchemaFailure)
  /// What a topic, its brokers or its group refuse.
  case topic(KafkaError)
  /// The same of the topic that is read.
  case inputTopic(KafkaError)
  /// A topic to write to that is not there.
  case missingOutputTopic(KafkaError)
}

extension StreamError {
  /// Whether it is asked of brokers what those of their kind or version cannot do at all.
  public var isUnsupported: Bool {
    if case .topic(let error) = self { return error.code.isUnsupported }
    return false
  }
}

extension StreamError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cannotOpen(let name, let code): "\(name): cannot open: \(systemReason(code))"
    case .isDirectory(let name): "\(name): is a directory; name the files in it"
    case .cannotCreate(let name, let code): "\(name): cannot create: \(systemReason(code))"
    case .cannotRead(let name, let code): "\(name): cannot read: \(systemReason(code))"
    case .cannotWrite(let name, let code): "\(name): cannot write: \(systemReason(code))"
    case .brokenPipe(let name): "\(name): closed by its reader"
    case .outputIsInput(let name):
      "\(name): is named twice, as input and output or as two outputs; name another output"
    case .inputChanged(let name, let explanation): "\(name): \(explanation)"
    case .outputChanged(let name, let explanation): "\(name): \(explanation)"
    case .schema(let failure): failure.message
    case .topic(let error), .inputTopic(let error), .missingOutputTopic(let error):
      error.description
    }
  }
}
