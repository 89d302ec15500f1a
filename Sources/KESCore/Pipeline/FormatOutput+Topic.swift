// A topic as an output of records.

extension FormatOutput {
  /// Writes to a topic that is there: Avro as messages of the Confluent wire format where the run's
  /// output is that, else JSON.
  ///
  /// - Parameters:
  ///   - registry: where the schemas of keys and values are registered; nil where records are JSON
  ///     and keys are text.
  ///   - subject: under which the schema of the values is registered; nil for `TOPIC-value`.
  ///   - retention: looks at what is sent; nil where the topic keeps all.
  public convenience init(
    topic: String, sender: TopicSender, formats: RecordFormats,
    registry: (any SchemaRegistry)? = nil, subject: SubjectName? = nil,
    retention: RetentionWatch? = nil
  ) {
    let destination = TopicDestination(
      topic: topic, sender: sender, keys: MessageKeys(topic: topic, registry: registry),
      retention: retention)
    let stream = OutputStream(destination, name: "topic \(topic)")
    if let registry {
      let writer = ConfluentFrameWriter(
        registry: registry, subject: subject ?? .values(ofTopic: topic), registers: true,
        schemas: formats.schemas)
      self.init(stream, formats: formats, writer: writer, notes: destination.notes)
    } else {
      self.init(stream, formats: formats, notes: destination.notes)
    }
    formats.whenAvro { destination.isFramed = true }
  }
}
