// The ends of a run that are topics.

public import KESCore

/// Makes readers and writers of topics from the options.
public final class TopicEnds {
  private let options: TopicOptions
  public let configuration: KafkaConfiguration
  private let signals: Signals
  private let printer: NoticePrinter
  /// Whether the run ends after a number of records.
  private let isCounted: Bool
  /// Shared by all outputs.
  private var sender: TopicSender?
  private var topics: OutputTopics?
  /// The name of the transactions in which all is sent; nil for none. To be set before an output is
  /// opened.
  public var transactions: String?
  /// The topic whose number of partitions topics get that are created: by itself that of `--from`. To be
  /// set before an output is opened.
  public var otherEnd: String?
  /// The option by which another run goes on where this one ends; nil where it does without. To be set
  /// before an output is opened.
  public var continuing: String? = "--group ID"

  /// Nil where no end is a topic. Connects to nothing yet.
  ///
  /// - Parameter isUsed: whether something else of the command line needs brokers.
  public convenience init?(
    _ options: TopicOptions, _ input: InputOptions, _ report: ReportOptions, _ signals: Signals,
    _ messages: Messages, isUsed: Bool = false
  ) throws(Failure) {
    let isNeeded = options.from != nil || options.to != nil || input.deadLetterTopic != nil
    if !isNeeded && !isUsed { return nil }
    try self.init(
      options, isCounted: input.count != nil, signals,
      NoticePrinter(messages: messages, isVerbose: report.verbose))
  }

  private init(
    _ options: TopicOptions, isCounted: Bool, _ signals: Signals, _ printer: NoticePrinter
  ) throws(Failure) {
    self.options = options
    self.isCounted = isCounted
    self.signals = signals
    self.printer = printer
    otherEnd = options.from
    let compression = options.compression.map { ["compression.codec=\($0.rawValue)"] } ?? []
    configuration = try KafkaConfiguration(
      brokers: options.brokers, options: options.properties + compression,
      files: options.files, environment: TopicOptions.environment)
  }

  /// What is told of notices of librdkafka.
  public var onNotice: (KafkaNotice) -> Void {
    let printer = printer
    return { printer.show($0) }
  }

  /// How long to wait for a broker at the start, in milliseconds.
  public var connectTimeout: Int64 { options.connectMilliseconds }

  // MARK: Reading

  /// Whether records are read from a topic.
  public var isSource: Bool { options.from != nil }

  /// What the run reads; nil where that is no topic.
  ///
  /// - Parameters:
  ///   - keepsHeaders: whether the output is a topic, to which headers are passed on.
  ///   - greatestCount: how many records to read at most.
  ///   - output: what must be written before offsets are committed.
  func makeSource(
    _ setup: RecordSetup, _ input: InputOptions, deadLetters: (any DeadLetters)?,
    greatestCount: Int64, output: OutputStream, onRejection: ((BadRecord) -> Void)?,
    ahead: AheadWatch? = nil
  ) throws(Failure) -> TopicIntake? {
    guard let reader = try makeReader() else { return nil }
    return TopicIntake(
      reader: reader, formats: setup.formats, isAvro: setup.messageFormat == .avro,
      greatestRecord: input.maxRecord.bytes, keepsHeaders: options.to != nil,
      policy: input.policy, deadLetters: deadLetters, greatestCount: greatestCount,
      signals: signals, onRejection: onRejection, ahead: ahead, onNotice: onNotice,
      settle: { () throws(Failure) in try output.sync() })
  }

  /// Reads the topic of `--from`; nil where there is none.
  ///
  /// - Parameters:
  ///   - group: an application's; nil for that of `--group`.
  ///   - instance: makes us a static member of it.
  public func makeReader(
    group: String? = nil, instance: String? = nil
  ) throws(Failure) -> TopicReader? {
    guard let topic = options.from else { return nil }
    var reading = options.reading(topic)
    reading.group = group ?? reading.group
    reading.instance = instance
    let messages = printer.messages
    return try TopicReader(configuration, reading, signals: signals) { messages.note($0) }
  }

  // MARK: Writing

  /// The topic of `--to` as the output; nil where there is none. Throws where the topic is not
  /// there, and not to be created.
  public func openOutput(
    _ setup: RecordSetup, _ messages: RegistryOptions
  ) throws(Failure) -> FormatOutput? {
    guard let topic = options.to else { return nil }
    noteRepetition(to: topic)
    return FormatOutput(
      topic: topic, sender: try openSender(to: topic), formats: setup.formats,
      registry: setup.formats.output == .avro ? setup.registry : nil,
      subject: messages.subject.map { SubjectName($0) }, retention: watchRetention(of: topic))
  }

  /// Tells of a run from topic to topic that nothing remembers.
  private func noteRepetition(to topic: String) {
    guard let source = options.from, options.group == nil, let continuing else { return }
    switch options.offset?.specification {
    case nil, .beginning: break
    default: return
    }
    printer.messages.note(
      isCounted
        ? "without \(continuing) another run would begin at the start of topic \(source) again"
        : "without \(continuing) another run would write all of topic \(source) to topic \(topic)"
          + " again")
  }

  /// Looks at what is sent to a topic; nil where that keeps all, or brokers do not tell.
  private func watchRetention(of topic: String) -> RetentionWatch? {
    let messages = printer.messages
    do throws(Failure) {
      guard let retention = try topics?.retention(of: topic) else { return nil }
      return RetentionWatch(topic: topic, retention: retention) { messages.note($0) }
    } catch {
      if printer.isVerbose {
        messages.note(
          error.isUnsupported
            ? "topic \(topic): brokers do not say how long it keeps records; older ones are not told of"
            : "\(error); records that are older than it keeps are not told of")
      }
      return nil
    }
  }

  /// The topic of `--dead-letter topic:NAME`; nil where there is none.
  public func openDeadLetters(_ input: InputOptions) throws(Failure) -> DeadLetterTopic? {
    guard let topic = input.deadLetterTopic else { return nil }
    return DeadLetterTopic(topic: topic, sender: try openSender(to: topic))
  }

  private func openSender(to topic: String) throws(Failure) -> TopicSender {
    try require(topic)
    return try openSender()
  }

  /// What all outputs that are topics send by.
  public func openSender() throws(Failure) -> TopicSender {
    if let sender { return sender }
    let (configuration, onNotice, transactions) = (configuration, onNotice, transactions)
    let signals = signals
    let patience = KafkaPatience(milliseconds: TopicEnds.transactionTime) { signals.stop != nil }
    let opened = try TopicSender(
      isTransactional: transactions != nil, signals: signals, onNotice: onNotice
    ) { () throws(Failure) in
      let producer = try KafkaProducer(configuration, transactionalIdentifier: transactions)
      if transactions != nil { try producer.initTransactions(patience) }
      return producer
    }
    sender = opened
    return opened
  }

  /// How long brokers may take to end what a predecessor left open, in milliseconds. Our choice.
  private static let transactionTime: Int64 = 60_000

  /// Sees that a topic to write to is there, or creates it as the options say.
  public func require(_ topic: String) throws(Failure) {
    let known = if let topics { topics } else { try makeTopics() }
    topics = known
    try known.require(topic)
  }

  private func makeTopics() throws(Failure) -> OutputTopics {
    let creation = OutputTopics.Creation(
      partitionCount: options.partitions, replicationFactor: options.replication,
      properties: options.topicProperties, source: otherEnd)
    let messages = printer.messages
    return try OutputTopics(
      configuration, creation: options.createTopics ? creation : nil,
      connectTimeout: options.connectMilliseconds, signals: signals
    ) { messages.note($0) }
  }
}
