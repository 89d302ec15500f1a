// kes-read: shows events, sessions and figures.

import ArgumentParser
import KESCommand
import KESCore
import KESViews

@main
struct KESRead: Tool {
  static let toolName = "kes-read"

  static let configuration = CommandConfiguration(
    commandName: toolName,
    abstract: "Look at events and sessions.",
    discussion: """
      Reads events or session events and shows them a line each, or the sessions they belong to, \
      or figures.

      The events of one device since that morning:

        kes-read --device device-3 --since 2026-11-23T08:00:00Z events.jsonl

      The sessions of a stream, each when it is over:

        kes-produce | kes-segment --emit all | kes-read --sessions

      The ten longest sessions that timed out, of all and of the last hour:

        kes-read --sessions --status timeout --top 10 sessions.jsonl
        kes-read --sessions --status timeout --top 10 --since -1h sessions.jsonl

      How long sessions were, by the way they closed:

        kes-read --stats-only sessions.jsonl

      A file that grows, until Ctrl-C, and the sessions that are open right now:

        kes-read --follow sessions.jsonl
        kes-read --state state/

      How a stream comes, live on the whole screen:

        kes-produce | kes-segment --emit all | kes-read --watch

      Sessions over time, in the terminal, and as a page for a browser:

        kes-produce | kes-segment --emit all | kes-read --timeline
        kes-read --html sessions.html sessions.jsonl

      For a spreadsheet:

        kes-read --sessions --format csv sessions.jsonl > sessions.csv

      From JSON lines to an Avro container file and back, from any input to either:

        kes-read --format avro events.jsonl > events.avro
        kes-read --format json events.avro

      What kcat -f '%R%s' dumped of a topic, with the schemas of its registry:

        kes-read --framing confluent --registry http://localhost:8081 topic.frames

      A topic from its beginning, and on with what comes; and its last 10 records of each partition:

        kes-read -b localhost:9092 --from session-events
        kes-read -b localhost:9092 --from session-events -o -10 --exit

      -c N ends after N records that pass the filters; with --sessions and --state after N rows.
      """,
    version: version)

  /// How often a file that is followed is looked at.
  private static let followMilliseconds: Int64 = 100

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Input") var sessionFields: SessionFieldOptions
  @OptionGroup(title: "What to show") var view: ViewOptions
  @OptionGroup(title: "Drawings") var timeline: TimelineOptions
  @OptionGroup(title: "Filters") var filters: FilterOptions
  @OptionGroup(title: "Kafka") var topics: TopicOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Avro") var avro: AvroOptions
  @OptionGroup(title: "Reports") var report: ReportOptions

  static let example = "kes-produce | kes-segment --emit all | kes-read"
  var readsUnasked: Bool { input.files.isEmpty && view.state == nil && topics.from == nil }

  var times: [TimeArgument?] { [filters.since, filters.until] }

  static func main() { start() }

  mutating func validate() throws {
    let isAvro = format == .avro || (topics.to != nil && view.format == nil)
    try avro.requireUse(output: recordFormat, mayBeAvro: isAvro, input, topics)
    try topics.check(input, output, avro, isAvroAsked: view.format == .avro)
    try requireRecordsForTopic()
    try timeline.requireAlone(view)
    try requireScreen()
    try requireFormatOfRecords()
    try requireChoice()
    if view.state != nil {
      if !input.files.isEmpty { throw ValidationError("--state and files exclude each other") }
      if avro.schema != nil { throw ValidationError("--schema is for records, not for --state") }
      if avro.messages.readsMessages || avro.messages.registry != nil {
        throw ValidationError("--framing and --registry are for records, not for --state")
      }
      if view.inputs && (filters.choosesSessions || input.count != nil) {
        throw ValidationError("--inputs shows all that a state knows: filters do not apply")
      }
      if filters.since != nil || filters.until != nil {
        throw ValidationError("--state shows what is open: --since and --until do not apply")
      }
    }
    if view.follow && topics.from != nil {
      throw ValidationError("--from follows its topic anyway, unless --exit is given")
    }
    if view.follow && (input.files.isEmpty || input.files.contains("-")) {
      throw ValidationError("--follow needs a file: the standard input is followed anyway")
    }
  }

  /// Refuses an output whose name says Avro for what is none.
  private func requireFormatOfRecords() throws {
    if format == .avro && !showsRecords && !timeline.isAsked, let path = output.output {
      throw ValidationError(
        "\(path) would be Avro by its name, and sessions and figures are not events: say --format"
          + " text, json or csv")
    }
  }

  private func requireChoice() throws {
    if !filters.status.isEmpty && view.state != nil {
      throw ValidationError("--state shows what is open: --status does not apply")
    }
    if filters.status.contains(.open) && showsRecords {
      throw ValidationError("--status open is of sessions: add --sessions, or --timeline")
    }
    if view.order == nil { return }
    if topics.from != nil && !topics.exit {
      throw ValidationError("--sort and --top need the topic's end: add --exit")
    }
    if input.count != nil {
      throw ValidationError("--count takes rows as they come: with --sort and --top say --top N")
    }
  }

  /// Whether records are shown, and not what they tell of sessions.
  var showsRecords: Bool {
    !(view.sessions || view.statsOnly || view.watch || view.state != nil || timeline.isAsked)
  }

  /// What `--format` says, or else the name of the output; nil where neither does.
  private var format: ReadFormat? {
    if view.format != nil || timeline.isAsked { return view.format }
    switch output.namedFormat {
    case .avro: return .avro
    case .json: return .json
    case nil: return output.nameExtension == "csv" ? .csv : nil
    }
  }

  /// How to write to anything but a topic.
  private var shownFormat: ReadFormat { format ?? .text }

  /// What records are written as; text and columns are made of JSON.
  private var recordFormat: RecordFormat {
    if let format { return format == .avro ? .avro : .json }
    return topics.messageFormat(avro.messages) ?? .json
  }

  /// Which sessions are shown, in which order.
  var choice: SessionChoice {
    var choice = SessionChoice()
    choice.statuses = filters.statuses
    choice.order = view.order
    choice.greatestCount = view.top ?? input.count ?? .max
    return choice
  }

  private func requireRecordsForTopic() throws {
    if view.state != nil && topics.from != nil {
      throw ValidationError("--state and --from exclude each other")
    }
    if topics.to == nil { return }
    if view.sessions || view.statsOnly || view.state != nil || view.watch || timeline.isAsked {
      throw ValidationError("--to is for records: sessions and figures are not sent to topics")
    }
    if view.format == .text || view.format == .csv {
      throw ValidationError("--format text and csv are for people: a topic takes json or avro")
    }
  }

  /// Where a run reads from and writes to.
  struct Ends {
    let topics: TopicEnds?
    let output: OutputStream
    let deadLetters: (any DeadLetters)?
    let setup: RecordSetup
    let signals: Signals
    let messages: Messages
  }

  func work(_ messages: Messages) throws(Failure) -> ToolEnding {
    let opener = try OutputOpener(
      output: output.output, others: [input.deadLetterPath, timeline.svg, timeline.html],
      topics: topics,
      apartFrom: view.state.map(StateStore.files) ?? input.names)
    if let directory = view.state {
      let output = try opener.openOutput()
      return view.inputs ? try showInputs(directory, output) : try showState(directory, output)
    }
    let signals = Signals()
    let setup = try makeSetup(signals, messages)
    let topicEnds = try TopicEnds(topics, input, report, signals, messages)
    let destination = try topicEnds?.openOutput(setup, avro.messages)
    let output = if let destination { destination.stream } else { try opener.openOutput() }
    let ends = Ends(
      topics: topicEnds, output: output,
      deadLetters: try opener.openDeadLetters(input, topicEnds), setup: setup,
      signals: signals, messages: messages)
    if let destination { return try show(destination.makeRecordEncoder(), ends) }
    if view.sessions {
      return try show(SessionReport(rows: rowEncoder, choice: choice), countsRecords: false, ends)
    }
    if view.statsOnly { return try showFigures(ends) }
    if view.watch { return try showWatch(ends) }
    if timeline.isAsked { return try showTimeline(ends, opener) }
    switch shownFormat {
    case .text: return try show(EventTextEncoder(style: style), ends)
    case .json, .avro:
      let isFile = self.output.output != nil
      let records = try avro.makeOutput(output, ends.setup, isFile: isFile)
      return try show(records.makeRecordEncoder(), ends)
    case .csv: return try show(EventCSVEncoder(), ends)
    }
  }

  private func makeSetup(
    _ signals: Signals, _ messages: Messages
  ) throws(Failure) -> RecordSetup {
    if view.format == .avro && output.goesToTerminal(topics) { throw .avroToTerminal }
    return try avro.makePlan(
      wantsDetails: true, output: recordFormat, input: input, topics: topics, signals: signals,
      messages: messages, sessions: sessionFields.fields()
    ).setup(writing: recordFormat)
  }

  var style: TextStyle {
    TextStyle(isColored: report.color.isColored(isFile: output.output != nil))
  }

  var summaryEncoder: SummaryTextEncoder {
    SummaryTextEncoder(
      style: style, characters: Terminal.characters,
      columns: Terminal.columns(isFile: output.output != nil))
  }

  private var rowEncoder: any SessionRowEncoder {
    switch shownFormat {
    case .text:
      SessionTextEncoder(
        style: style, columns: Terminal.columns(isFile: output.output != nil),
        characters: Terminal.characters)
    case .json, .avro: JSONLinesSessionRowEncoder()
    case .csv: SessionCSVEncoder()
    }
  }

  private func showFigures(_ ends: Ends) throws(Failure) -> ToolEnding {
    let encoder: any SummaryEncoder =
      switch shownFormat {
      case .text: summaryEncoder
      case .json, .avro: JSONLinesSummaryEncoder()
      case .csv: SummaryCSVEncoder()
      }
    return try show(SummaryReport(encoder: encoder, choice: choice), ends)
  }

  private func showInputs(
    _ directory: String, _ output: OutputStream
  ) throws(Failure) -> ToolEnding {
    let inventory = try StateInventory(try StateStore.openForReading(directory))
    let format: InventoryFormat =
      switch shownFormat {
      case .text: .text
      case .json, .avro: .json
      case .csv: .csv
      }
    inventory.write(
      as: format, columns: Terminal.columns(isFile: self.output.output != nil),
      Terminal.characters, to: &output.buffer)
    try output.flush()
    return ToolEnding(.done)
  }

  private func showState(
    _ directory: String, _ output: OutputStream
  ) throws(Failure) -> ToolEnding {
    let sessions = StateReport(
      store: try StateStore.openForReading(directory),
      filter: filters.makeFilter(ofRecords: false), rows: rowEncoder, output: output,
      choice: choice)
    try sessions.run()
    return ToolEnding(.done)
  }

  /// Runs the records through `encoder`.
  ///
  /// - Parameter countsRecords: whether `-c` speaks of records.
  func show(
    _ encoder: consuming any RecordEncoder & ~Copyable, countsRecords: Bool = true, _ ends: Ends
  ) throws(Failure) -> ToolEnding {
    let (signals, messages) = (ends.signals, ends.messages)
    let onRejection: ((BadRecord) -> Void)? =
      report.verbose ? { messages.note("\($0); skipped") } : nil
    let greatestCount = countsRecords ? input.count ?? .max : .max
    let inputs = InputSequence(
      paths: input.files,
      atEnd: view.follow ? .follow(everyMilliseconds: KESRead.followMilliseconds) : .stop,
      signals: signals)
    let source = try input.makeSource(
      inputs, ends.topics, ends.setup, deadLetters: ends.deadLetters, output: ends.output,
      signals: signals, onRejection: onRejection)
    let pipeline = ReadPipeline(
      RunLoop(source: source, signals: signals, reporter: reporter(messages)),
      filter: filters.makeFilter(ofRecords: showsRecords), encoder: encoder, output: ends.output,
      greatestCount: greatestCount, isUnbuffered: output.unbuffered, signals: signals)
    let ending = try pipeline.run()
    return ToolEnding(ending, skippedCount: pipeline.skippedCount)
  }

  /// A file that is followed has no end for a progress bar to show: then it comes only where it is asked
  /// for.
  private func reporter(_ messages: Messages) -> StatisticsPrinter {
    StatisticsPrinter(
      options: report, files: view.follow ? [] : input.files,
      writesToTerminal: output.goesToTerminal(topics), messages: messages)
  }
}
