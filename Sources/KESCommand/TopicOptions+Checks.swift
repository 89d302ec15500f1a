// Which options go with topics, and which do not.

internal import ArgumentParser
public import KESCore

extension TopicOptions {
  /// Throws what does not go together where topics may be read and written.
  ///
  /// - Parameters:
  ///   - avro: how records are written and read elsewhere.
  ///   - isAvroAsked: whether Avro output is asked for by name.
  ///   - isUsed: whether something else of the command line needs brokers.
  ///   - application: whose changelog is not to be an end.
  public func check(
    _ input: InputOptions, _ output: OutputOptions, _ avro: AvroOptions, isAvroAsked: Bool,
    isUsed: Bool = false, application: SegmentApplication? = nil
  ) throws {
    try requireApart(input, application)
    try requireSource(input, avro.messages)
    try requireDestination(input, output, avro, isAvroAsked: isAvroAsked)
    let needsBrokers =
      isUsed || from != nil || to != nil || input.deadLetterTopic != nil
    if needsBrokers { try requireBrokers() } else { try requireNone() }
    try avro.messages.requireUse(readsTopic: from != nil, writesTopic: to != nil)
  }

  /// Refuses ends that are one topic: who reads what it writes never ends, or fills its own input.
  private func requireApart(_ input: InputOptions, _ application: SegmentApplication?) throws {
    let named = [("--from", from), ("--to", to), ("--dead-letter", input.deadLetterTopic)]
    for (index, (name, topic)) in named.enumerated() {
      guard let topic else { continue }
      if topic == application?.changelog {
        throw ValidationError(
          "\(name) names \(topic), the application's changelog, which is for kes alone")
      }
      if let (other, _) = named[..<index].first(where: { $0.1 == topic }) {
        throw ValidationError(
          "\(topic) is named twice, by \(other) and \(name): name another topic")
      }
    }
  }

  private func requireSource(_ input: InputOptions, _ messages: RegistryOptions) throws {
    guard from != nil else {
      let given = [("--offset", offset != nil), ("--exit", exit), ("--group", group != nil)]
      if let option = given.first(where: \.1) {
        throw ValidationError("\(option.0) needs --from: the topic to read")
      }
      return
    }
    if !input.files.isEmpty {
      throw ValidationError("--from reads a topic: it goes without files to read")
    }
    if input.inputFormat == .avro && messages.registry == nil {
      throw ValidationError("Avro from a topic needs --registry: where the schemas are")
    }
    if to != nil && messages.isFramingGiven {
      throw ValidationError("--framing is for files and pipes: --from and --to leave none")
    }
  }

  private func requireDestination(
    _ input: InputOptions, _ output: OutputOptions, _ avro: AvroOptions, isAvroAsked: Bool
  ) throws {
    guard to != nil else {
      if compression != nil && input.deadLetterTopic == nil {
        throw ValidationError("--compression needs --to: the topic to write to")
      }
      return
    }
    if output.output != nil { throw ValidationError("--to and --output exclude each other") }
    if avro.codec != nil {
      throw ValidationError("--codec is for container files: messages are compressed by -z")
    }
    if avro.blockSize != nil {
      throw ValidationError("--block-size is for container files: messages have no blocks")
    }
    if avro.messages.outputFraming != nil {
      throw ValidationError("--output-framing is for files and pipes: it goes without --to")
    }
    if isAvroAsked && avro.messages.registry == nil {
      throw ValidationError("Avro to a topic needs --registry: where the schemas are")
    }
    if avro.messages.subject != nil && avro.messages.registry == nil {
      throw ValidationError("--subject needs --registry: where the schemas are")
    }
  }

  private func requireBrokers() throws {
    let names = ["bootstrap.servers=", "metadata.broker.list="]
    let isNamed = properties.contains { property in names.contains(where: property.hasPrefix) }
    let isConfigured = TopicOptions.environment["KES_CONFIG"].map { !$0.isEmpty } ?? false
    if brokers != nil || isNamed || !files.isEmpty || isConfigured { return }
    throw ValidationError(
      "topics need --brokers HOST:PORT, or bootstrap.servers by -X, by -F FILE or in the file that"
        + " $KES_CONFIG names")
  }

  private func requireNone() throws {
    let given = [
      ("--brokers", brokers != nil), ("-X", !properties.isEmpty), ("-F", !files.isEmpty),
      ("--create-topics", createTopics), ("--connect-timeout", connectTimeout != nil),
    ].first { $0.1 }
    if let given { throw ValidationError("\(given.0) is for topics: name one by --from or --to") }
  }

  /// The format of messages to a topic where none is asked for; nil where no topic is written to.
  public func messageFormat(_ messages: RegistryOptions) -> RecordFormat? {
    to == nil ? nil : messages.registry == nil ? .json : .avro
  }
}
