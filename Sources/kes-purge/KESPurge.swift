// kes-purge: closes the sessions that nothing else will close.

import ArgumentParser
import KESCommand
import KESCore

@main
struct KESPurge: Tool {
  static let toolName = "kes-purge"

  static let configuration = CommandConfiguration(
    commandName: toolName,
    abstract: "Close the sessions that nothing else will close.",
    discussion: """
      As a filter it passes session events through unchanged and adds every SessionClosed that is \
      missing among them, so that what reads them can rely on every session closing. Give it the \
      --timeout, --lateness and --retain of kes-segment. At the end of the input only sessions \
      whose end event has come are closed; --flush closes all. R5 and the like, in the options below, \
      are rules of kes-sessions(7).

        kes-segment events.jsonl | kes-purge --flush | kes-read --sessions

      From topic to topic each partition has its own stream time and sessions. What is open is not \
      kept from run to run; with --group every session event is passed on at least once:

        kes-purge -b localhost:9092 --from session-events --group cleaner --to closed-sessions

      Avro container files stay what they are. With --state the closings are JSON lines unless \
      --format or what the --output holds already says otherwise.

      With --state it closes and removes what is due from the store of a kes-segment that is not \
      running, and writes the SessionClosed of each: what had been silent for the timeout when the \
      last event came, or would be by now, or by another time; or all sessions of some devices, \
      status purged. It counts them on the standard error.

        kes-purge --state sessions.state --as-of now
        kes-purge --state sessions.state --as-of 2026-11-23T08:00:00Z --dry-run
        kes-purge --state sessions.state --device 'test-*' --output purged.jsonl

      A session leaves the store only after its SessionClosed has been written: after a crash the \
      same command carries on, and at worst writes some a second time. The store remembers how long \
      a named --output is, as it does for kes-segment: the file is cut to that length and \
      written on, so that every SessionClosed is there exactly once. It may be the very file that \
      kes-segment writes to; one that holds something else is refused.

      One wrong clock moves stream time, and from then on no session is silent. kes-segment --max-ahead \
      rejects such events; --reset-stream-time sets stream time back where it has happened:

        kes-purge --state sessions.state --reset-stream-time now

      With --application-id it does the same to the changelog of an application of kes-segment, when \
      none of its processes runs: each partition by its own stream time. SessionClosed go to the \
      standard output, to a new --output or to a topic, and are safe there before a session leaves \
      the changelog. Processes that are started afterwards know of it, with or without --state.

        kes-purge -b localhost:9092 --application-id sessions --as-of now --to session-events

      --reset takes the application back to its beginning: the group's committed offsets, the \
      changelog and with --state the state on this machine, as one thing. Say it on every machine \
      that has a state directory of the application, before a process is started again.

        kes-purge -b localhost:9092 --application-id sessions --reset --state sessions.state --dry-run
      """,
    version: version)

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Input") var sessionFields: SessionFieldOptions
  @OptionGroup(title: "Sessions") var closing: ClosingOptions
  @OptionGroup(title: "Sessions") var clocks: ClockOptions
  @OptionGroup(title: "State") var state: StateOptions
  @OptionGroup(title: "Kafka") var topics: TopicOptions
  @OptionGroup(title: "Application") var application: ApplicationOptions
  @OptionGroup(title: "Output") var format: FormatOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Reports") var report: ReportOptions

  static let example = "kes-segment events.jsonl | kes-purge | kes-read --sessions"
  var readsUnasked: Bool { input.files.isEmpty && state.state == nil && topics.from == nil }

  var times: [TimeArgument?] { [state.asOf?.written, state.resetStreamTime?.written] }

  static func main() { start() }

  mutating func validate() throws {
    try application.check(topics)
    let named = application.application
    if state.resetStreamTime != nil { try requireNoPurge("--reset-stream-time") }
    let readsEvents = named == nil && state.state == nil
    try format.check(
      topics, input, output, usual: readsEvents ? nil : .json, isUsed: named != nil,
      application: named)
    if application.reset {
      try requireNoInput("resets an application", "without --reset")
      try requireNoPurge("--reset")
      if state.resetStreamTime != nil {
        throw ValidationError("--reset and --reset-stream-time exclude each other")
      }
    } else if application.applicationId != nil {
      try requireNoInput("purges an application", "without --application-id")
      try require("without --application-id", [("--state", state.state != nil)])
      try requireNoSource("without --application-id")
    } else if state.state != nil {
      try requireNoInput("purges a store", "without --state")
      try requireNoSource("without --state")
      try require("without --state", [("--to", topics.to != nil)])
    } else {
      try state.requireNone()
    }
  }

  /// Refuses what concerns the reading of session events.
  private func requireNoInput(_ deed: String, _ condition: String) throws {
    if !input.files.isEmpty {
      throw ValidationError("kes-purge \(condition) reads files: this \(deed)")
    }
    try require(
      condition,
      [
        ("--flush", closing.flush), ("--retain", closing.retain != nil),
        ("--max-ahead", clocks.maxAhead != nil), ("--count", input.count != nil),
        ("--input-format", input.inputFormat != nil),
        ("--on-error", input.onError != nil), ("--dead-letter", input.deadLetter != nil),
        ("--unknown-events", input.unknownEvents != nil), ("--stats", report.stats != nil),
        ("--progress", report.progress),
        ("--schema", format.avro.schema != nil),
      ])
  }

  private func requireNoSource(_ condition: String) throws {
    try require(condition, [("--from", topics.from != nil)])
  }

  private func require(_ condition: String, _ options: [(name: String, isGiven: Bool)]) throws {
    if let given = options.first(where: \.isGiven) {
      throw ValidationError("\(given.name) is for reading session events: it goes \(condition)")
    }
  }

  /// Refuses what says which sessions to close, and where to write that: what `option` does closes
  /// none.
  private func requireNoPurge(_ option: String) throws {
    let given = [
      ("--timeout", closing.timeout != nil), ("--lateness", closing.lateness != nil),
      ("--as-of", state.asOf != nil), ("--device", !state.device.isEmpty),
      ("--to", topics.to != nil), ("--output", output.output != nil),
      ("--format", format.format != nil),
    ].first { $0.1 }
    if let given { throw ValidationError("\(given.0) closes sessions, and \(option) closes none") }
  }

  func work(_ messages: Messages) throws(Failure) -> ToolEnding {
    if let application = application.application { return try purge(application, messages) }
    if let directory = state.state { return try purge(directory, messages) }
    return try filter(messages)
  }

  // MARK: As a filter

  private func filter(_ messages: Messages) throws(Failure) -> ToolEnding {
    let signals = Signals()
    let opener = try OutputOpener(
      output: output.output, others: [input.deadLetterPath], topics: topics,
      apartFrom: input.names)
    let isFile = output.output != nil
    let name = sessionFields.sessionField
    let plan = try format.makePlan(
      wantsDetails: true, input: input, output: output, topics: topics, signals: signals,
      messages: messages, sessions: sessionFields.fields()
    ) { $0.adaptedToClosings(named: name) }
    let ends = try TopicEnds(topics, input, report, signals, messages)
    let reporter = StatisticsPrinter(
      options: report, files: input.files, writesToTerminal: output.goesToTerminal(topics),
      messages: messages)
    var inputs = InputSequence(paths: input.files, signals: signals)
    let deadLetters = try opener.openDeadLetters(input, ends)
    let (sessions, setup) = try format.openOutput(
      opener, ends, plan, color: report.color, isFile: isFile,
      else: { () throws(Failure) in
        try input.firstFormat(of: &inputs, plan, ends, signals: signals, reporter: reporter) {
          var statistics = Statistics()
          statistics.ahead = 0
          return statistics
        }
      })
    let onRejection: ((BadRecord) -> Void)? =
      report.verbose ? { messages.note("\($0); skipped") } : nil
    let source = try input.makeSource(
      inputs, ends, setup, deadLetters: deadLetters, greatestCount: input.count ?? .max,
      output: sessions.stream, signals: signals, onRejection: onRejection,
      ahead: clocks.watch(messages))
    var options = PurgeOptions()
    options.flushes = closing.flush
    options.isUnbuffered = output.unbuffered
    let pipeline = PurgePipeline(
      RunLoop(source: source, signals: signals, reporter: reporter),
      makePurger: closing.makePurger, encoder: sessions.makeThroughEncoder(),
      output: sessions.stream, options: options)
    let ending = try pipeline.run()
    return ToolEnding(ending, skippedCount: source.skippedCount)
  }

  // MARK: A store at rest

  private func purge(
    _ directory: String, _ messages: Messages
  ) throws(Failure) -> ToolEnding {
    let signals = Signals()
    let opener = try OutputOpener(output: output.output, apartFrom: StateStore.files(in: directory))
    let store =
      state.dryRun
      ? try StateStore.openForReading(directory)
      : try StateStore.open(directory, creating: false)
    try store.requireNoApplication()
    let tasks = try store.tasks()
    if let moment = state.resetStreamTime {
      let origin = try store.origin()
      let isOfTopic = origin != nil && origin != .files
      return try resetStreamTime(to: moment, of: store, tasks, isOfTopic: isOfTopic, messages) {
        (changes: inout StateChanges) throws(Failure) in
        try store.commit(changes)
      }
    }
    let selections = try selections(of: store, tasks, messages)
    let isFile = output.output != nil
    let name = sessionFields.sessionField
    let plan = try makePlanOfClosings(signals, messages)
    let destination = try format.openOutput(
      try prepare(opener, for: store), nil, plan,
      color: report.color, isFile: isFile,
      base: {
        $0.holdsClosings(marksDuplicates: false, named: name)
          ? $0.withoutSession(named: name) : nil
      }
    ).output
    return try purge(
      store, selections, removingFrom: store, to: destination, signals, messages)
  }

  /// Events' schemas become such as hold closings with sessions.
  func makePlanOfClosings(
    _ signals: Signals, _ messages: Messages
  ) throws(Failure) -> RecordPlan {
    let name = sessionFields.sessionField
    return try format.makePlan(
      wantsDetails: false, input: input, output: output, topics: topics, signals: signals,
      messages: messages, sessions: sessionFields.fields()
    ) { $0.adaptedToSessions(marksDuplicates: false, wantsClosings: true, named: name) }
  }

  /// What is to go of each partition: they have stream times of their own.
  func selections(
    of store: StateStore, _ tasks: some Sequence<Int32>, _ messages: Messages
  ) throws(Failure) -> [TaskSelection] {
    var selections: [TaskSelection] = []
    var isTimeoutUnknown = false
    for task in tasks {
      let progress = try store.progress(task: task)
      guard let progress else { continue }
      let selection = state.selection(of: progress, closing)
      if selection == nil { isTimeoutUnknown = true }
      selections.append(TaskSelection(task: task, selection ?? .nothing))
    }
    if isTimeoutUnknown {
      messages.note("no timeout is known, so nothing is due; say --timeout")
    }
    return selections
  }

  /// Closes and removes what is selected of `store`, and tells how much that was.
  func purge(
    _ store: StateStore, _ selections: [TaskSelection], removingFrom remover: any SessionRemover,
    to destination: FormatOutput, _ signals: Signals, _ messages: Messages
  ) throws(Failure) -> ToolEnding {
    let purge = StorePurge(
      store: store, selections: selections, remover: state.dryRun ? nil : remover,
      encoder: destination.makeSessionEncoder(
        emission: .closed, marksDuplicates: destination.avro?.marksDuplicates ?? false),
      output: destination.stream, formats: destination.formats, signals: signals)
    let ending = try purge.run()
    messages.note(count(purged: purge.closedCount, of: purge.openCount))
    return ToolEnding(ending)
  }

  /// Has the named output written on from where the store says.
  private func prepare(
    _ opener: OutputOpener, for store: StateStore
  ) throws(Failure) -> OutputOpener {
    var opener = opener
    if !state.dryRun {
      try opener.writeOn(from: store)
    } else if let path = output.output {
      let known = try store.outputs()
      if known.contains(where: { $0.path == absolutePath(path) }) {
        throw .usage("\(path) holds what was written with this state: name another for --dry-run")
      }
      _ = try KnownOutputs(known).take(path)
    }
    return opener
  }

  /// `12 sessions purged, 30 stay`.
  private func count(purged: Int, of open: Int) -> String {
    let sessions = purged == 1 ? "1 session" : "\(purged) sessions"
    let staying = open - purged
    return state.dryRun
      ? "\(sessions) would be purged, \(staying) would stay"
      : "\(sessions) purged, \(staying) \(staying == 1 ? "stays" : "stay")"
  }
}
