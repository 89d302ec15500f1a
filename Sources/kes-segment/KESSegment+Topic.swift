// kes-segment on a topic: a task for each partition, by itself or as one process of an application.

import KESCommand
import KESCore

extension KESSegment {
  /// Segments the topic that `--from` names.
  func segmentTopic(
    _ ends: TopicEnds, _ signals: Signals, _ messages: Messages
  ) throws(Failure) -> ToolEnding {
    let shape = try recordShape(messages)
    let plan = try makePlan(shape, signals, messages)
    let application = application.application
    if application?.guarantee == .exactlyOnce {
      try requireCommitsInTime(ends.configuration)
      if let caution = KafkaLibrary.caution { messages.note(caution) }
    }
    let directory = try stateDirectory(application)
    var opener = try OutputOpener(
      output: output.output, others: [rules.lateOutput, input.deadLetterPath], topics: topics,
      apartFrom: directory.map { StateStore.files(in: $0.path) } ?? [])
    let store = try directory.map { directory throws(Failure) in
      try StateStore.open(directory.path, creating: true)
    }
    guard let reader = try ends.makeReader(group: application?.identifier, instance: instance)
    else { return ToolEnding(.done) }
    try reader.connect()
    try store?.take(for: origin(reader.reading.topic), shape: shape?.description)
    if let store { try opener.writeOn(from: store) }
    if application?.guarantee == .exactlyOnce {
      ends.transactions = try transactionalIdentifier(store)
    }
    let goesOn = application != nil || store != nil
    ends.continuing = goesOn ? nil : "--application-id ID"
    let (sessions, setup) = try format.openOutput(
      opener, ends, plan, color: report.color, isFile: output.output != nil, base: recordSchema,
      form: sessionSchema
    ) { () throws(Failure) in
      try opener.writtenFormat(rules.lateOutput) ?? plan.messageFormat
    }
    let late = try opener.open(rules.lateOutput)
    let outputs = SegmentOutputs(
      sessions: sessions.stream,
      late: try late.map { stream throws(Failure) in try makeLate(stream, setup) })
    let deadLetters = try opener.openDeadLetters(input, ends)
    let running = try run(application, ends, reader, store)
    let pipeline = TopicSegmentPipeline(
      reader: reader, formats: setup.formats, rules: segmentationRules(shape),
      encoder: sessions.makeSessionEncoder(
        emission: rules.emit, marksDuplicates: marksDuplicates),
      outputs: outputs, deadLetters: deadLetters, store: store, application: running,
      options: topicOptions(setup), signals: signals,
      reporter: StatisticsPrinter(options: report, files: [], messages: messages),
      onRejection: report.verbose ? { messages.note("\($0); skipped") } : nil,
      ahead: clocks.watch(messages),
      onNote: { messages.note($0) }, onNotice: ends.onNotice)
    let ending = try pipeline.run()
    return ToolEnding(ending, skippedCount: pipeline.skippedCount)
  }

  /// A transaction is as old as the last commit, at most: refuses those that brokers would give up each
  /// time.
  private func requireCommitsInTime(_ configuration: KafkaConfiguration) throws(Failure) {
    let timeout = configuration.transactionTimeout
    if state.commitInterval.milliseconds < timeout { return }
    throw .usage(
      "--commit-interval must be shorter than transaction.timeout.ms, which is \(timeout): brokers"
        + " would give up every transaction before its commit")
  }

  /// What a state of this run is the state of.
  private func origin(_ topic: String) -> StateOrigin {
    guard let identifier = application.applicationId else { return .topic(topic) }
    return .application(identifier, topic: topic)
  }

  private var instance: String? { application.instanceId }

  /// Where the state is kept: of an application that names none, only as long as the process runs.
  private func stateDirectory(
    _ application: SegmentApplication?
  ) throws(Failure) -> StateDirectory? {
    if let path = state.state { return StateDirectory(path) }
    if application == nil { return nil }
    return try StateDirectory.temporary(tool: KESSegment.toolName)
  }

  /// The same after a restart, so that what a crash left open ends at once.
  private func transactionalIdentifier(
    _ store: StateStore?
  ) throws(Failure) -> String {
    let process = try store?.processIdentifier()
    return "\(application.applicationId ?? "")-\(instance ?? process ?? "")"
  }

  private func run(
    _ application: SegmentApplication?, _ ends: TopicEnds, _ reader: TopicReader,
    _ store: StateStore?
  ) throws(Failure) -> RunningApplication? {
    guard let application, let store else { return nil }
    let sender = try ends.openSender()
    return try RunningApplication(
      application, ends.configuration, sender: sender, store: store, reader: reader,
      replication: topics.replication)
  }

  private func topicOptions(_ setup: RecordSetup) -> TopicSegmentOptions {
    var options = TopicSegmentOptions()
    options.segment = self.options
    options.policy = input.policy
    options.greatestCount = input.count ?? .max
    options.greatestRecord = input.maxRecord.bytes
    options.isAvro = setup.messageFormat == .avro
    options.keepsHeaders = topics.to != nil
    return options
  }
}
