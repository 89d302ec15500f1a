// kes-segment: gives every event its session.

import ArgumentParser
import KESCommand
import KESCore

@main
struct KESSegment: Tool {
  static let toolName = "kes-segment"

  static let configuration = CommandConfiguration(
    commandName: toolName,
    abstract: "Give every event its session.",
    discussion: """
      Reads events, writes them with a session id added, and says when sessions close.

      An event opens a session (DeviceWokeUp), belongs to one (DataReceived) or completes one \
      (AllDataSent). Sessions whose end was lost close when stream time has left them behind. The rules, R1 to R14 \
      in the options below, are explained in kes-sessions(7).

        kes-produce --full-speed --events 1000 | kes-segment --emit all | kes-read

      Events are JSON lines or Avro container files, also of schemas with more fields; the output is \
      like the first input:

        kes-segment events.avro --output sessions.avro --codec zstandard

      What kcat -f '%R%s' dumped of a topic is read with the schemas of its registry, or of files \
      that have their ids for names:

        kes-segment --framing confluent --registry file:schemas/ --format json topic.frames

      How records are understood, and nothing else:

        kes-segment --dry-run 5 events.jsonl

      With --state, open sessions are kept from run to run. From named files to --output every \
      event then counts exactly once, whatever crash comes between: the same command carries on. \
      With the standard input or output it counts at least once.

      Either end may be a topic, where every event counts at least once. From topic to topic it \
      counts exactly once with --application-id, and any number of processes share the partitions; \
      a survivor takes over those of a process that was lost, with their sessions:

        kes-segment -b localhost:9092 --from events | kes-read
        kes-segment -b localhost:9092 --from events --to session-events --application-id sessions
      """,
    version: version)

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Sessions") var rules: RuleOptions
  @OptionGroup(title: "Sessions") var clocks: ClockOptions
  @OptionGroup(title: "Sessions") var dryRun: DryRunOptions
  @OptionGroup(title: "Shape of records") var shapeOptions: ShapeOptions
  @OptionGroup(title: "State") var state: StateOptions
  @OptionGroup(title: "Kafka") var topics: TopicOptions
  @OptionGroup(title: "Application") var application: ApplicationOptions
  @OptionGroup(title: "Output") var format: FormatOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Reports") var report: ReportOptions

  static let example =
    "kes-produce --full-speed --events 1000 | kes-segment --emit all | kes-read"
  var readsUnasked: Bool { input.files.isEmpty && topics.from == nil }

  static func main() { start() }

  mutating func validate() throws {
    try application.check(topics, rules)
    if dryRun.dryRun != nil && topics.group != nil {
      throw ValidationError("--dry-run reads for itself: it goes without --group")
    }
    try format.check(topics, input, output, application: application.application)
  }

  func work(_ messages: Messages) throws(Failure) -> ToolEnding {
    let signals = Signals()
    if let count = dryRun.dryRun { return try showRecords(count, signals, messages) }
    let ends = try TopicEnds(topics, input, report, signals, messages)
    if let ends, ends.isSource { return try segmentTopic(ends, signals, messages) }
    var opener = try OutputOpener(
      output: output.output, others: [rules.lateOutput, input.deadLetterPath], topics: topics,
      apartFrom: input.names + (state.state.map(StateStore.files) ?? []))
    let shape = try recordShape(messages)
    let plan = try makePlan(shape, signals, messages)
    let store = try openStore(shape)
    let progress = try store?.progress()
    let inputs = try store.map { store throws(Failure) in try knownInputs(of: store, messages) }
    if let store { try opener.writeOn(from: store, forgetting: inputs?.forgotten ?? []) }
    let reporter = StatisticsPrinter(
      options: report, files: input.files, writesToTerminal: output.goesToTerminal(topics),
      messages: messages)
    let waitsForRest = store != nil && !rules.flush
    var sequence = InputSequence(paths: input.files, known: inputs, signals: signals)
    let began = Clock.real.monotonic()
    let lateStream = try opener.open(rules.lateOutput)
    let deadLetters = try opener.openDeadLetters(input, ends)
    let (sessions, setup) = try format.openOutput(
      opener, ends, plan, color: report.color, isFile: output.output != nil, base: recordSchema,
      form: sessionSchema
    ) { () throws(Failure) in
      if let late = try opener.writtenFormat(rules.lateOutput) { return late }
      if let held = try store?.schemas().format { return held }
      return try input.firstFormat(
        of: &sequence, plan, ends, signals: signals, reporter: reporter,
        waitsForRest: waitsForRest, patience: try millisecondsUntilClosing(store)
      ) { () throws(Failure) in
        var statistics = Statistics()
        statistics.openSessions = try store?.openCount() ?? 0
        statistics.ahead = 0
        if waitsForRest { statistics.unfinishedBytes = 0 }
        return statistics
      }
    }
    let late = try lateStream.map { stream throws(Failure) in try makeLate(stream, setup) }
    let formats = setup.formats
    let decoder = formats.makeDecoder(
      input: input.inputFormat, greatestRecord: input.maxRecord.bytes,
      position: progress?.position ?? 0)
    let intake = Intake(
      input: sequence, decoder: decoder,
      policy: input.policy, deadLetters: deadLetters,
      greatestCount: input.count ?? .max, signals: signals,
      waitsForRest: waitsForRest,
      onRejection: report.verbose ? { messages.note("\($0); skipped") } : nil,
      ahead: clocks.watch(messages),
      onUnfinished: report.verbose ? { noteUnfinished($0, $1, messages) } : nil)
    let encoder = sessions.makeSessionEncoder(
      emission: rules.emit, marksDuplicates: marksDuplicates)
    let pipeline = SegmentPipeline(
      intake: intake, rules: segmentationRules(shape), encoder: encoder,
      outputs: SegmentOutputs(sessions: sessions.stream, late: late), store: store,
      options: options, signals: signals, began: began, reporter: reporter, formats: formats)
    try pipeline.restore()
    let ending = try pipeline.run()
    return ToolEnding(ending, skippedCount: pipeline.skippedCount)
  }

  var options: SegmentOptions {
    var options = SegmentOptions()
    options.flushes = rules.flush
    options.idleTimeout = rules.idleTimeout?.milliseconds
    options.commitInterval = state.commitInterval.milliseconds
    options.isUnbuffered = output.unbuffered
    return options
  }

  /// After how many milliseconds without input a session of the store closes, where that is written
  /// (R13); nil for never.
  private func millisecondsUntilClosing(_ store: StateStore?) throws(Failure) -> Int64? {
    guard let store, let idleTimeout = rules.idleTimeout, rules.emit != .events else { return nil }
    var segmenter = Segmenter(rules: rules.rules, tracksChanges: false)
    try store.restore(into: &segmenter)
    return segmenter.millisecondsUntilDue.map {
      max(idleTimeout.milliseconds, Int64(clamping: $0))
    }
  }

  private func openStore(_ shape: RecordShape?) throws(Failure) -> StateStore? {
    guard let directory = state.state else { return nil }
    let store = try StateStore.open(directory, creating: true)
    try store.take(for: .files, shape: shape?.description)
    return store
  }

  private func knownInputs(
    of store: StateStore, _ messages: Messages
  ) throws(Failure) -> KnownInputs {
    let isVerbose = report.verbose
    let inputs = try store.inputs()
    let names = input.files
    return try KnownInputs(inputs, among: names, lastCommit: store.lastCommit()) {
      if isVerbose { messages.note($0) }
    }
  }

  private func noteUnfinished(_ name: String, _ bytes: Int, _ messages: Messages) {
    messages.note(
      "\(name): its last \(bytes) bytes are no whole record yet; the next run begins there, and"
        + " --flush reads them as they are")
  }

  var marksDuplicates: Bool { rules.duplicates == .mark }

  private var sessionFields: SessionFieldOptions { shapeOptions.sessionFields }

  var fields: SessionFields { sessionFields.fields(marksDuplicates: marksDuplicates) }

  /// The shape of the events.
  func recordShape(_ messages: Messages) throws(Failure) -> RecordShape? {
    try shapeOptions.shape(fields, readsTopic: topics.from != nil, messages)
  }

  /// The rules, of records of that shape.
  func segmentationRules(_ shape: RecordShape?) -> SegmentationRules {
    var rules = rules.rules
    rules.knowsStarts = shape?.knowsStarts ?? true
    return rules
  }

  func makePlan(
    _ shape: RecordShape?, _ signals: Signals, _ messages: Messages
  ) throws(Failure) -> RecordPlan {
    let (marksDuplicates, wantsClosings) = (marksDuplicates, rules.emit != .events)
    let name = sessionFields.sessionField
    return try format.makePlan(
      wantsDetails: false, input: input, output: output, topics: topics, signals: signals,
      messages: messages, sessions: fields, shape: shape, knowsInputs: state.state != nil
    ) {
      $0.adaptedToSessions(
        marksDuplicates: marksDuplicates, wantsClosings: wantsClosings, named: name)
    }
  }

  /// The schema of the events of which an output's session events were made; nil where this run
  /// would write others.
  func recordSchema(of sessions: AvroSchema) -> AvroSchema? {
    guard let events = sessions.withoutSession(named: sessionFields.sessionField),
      sessionSchema(of: events)?.isSame(as: sessions) ?? false
    else { return nil }
    return events
  }

  /// The schema of the session events of events.
  func sessionSchema(of events: AvroSchema) -> AvroSchema? {
    events.withSession(marksDuplicates: marksDuplicates, named: sessionFields.sessionField)
  }

  func makeLate(_ stream: OutputStream, _ setup: RecordSetup) throws(Failure) -> FormatOutput {
    try format.avro.makeOutput(stream, setup, isFile: true, isMain: false, form: sessionSchema)
  }
}
