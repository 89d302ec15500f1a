// The options of kes-read that say what is shown, and how (cli.md, section 6).

import ArgumentParser
import KESCommand
import KESCore
import KESViews

/// What `--format` takes.
enum ReadFormat: String, CaseIterable, ExpressibleByArgument { case text, json, avro, csv }

extension SessionOrder: ExpressibleByArgument {}

/// What `--status` takes.
enum StatusChoice: String, CaseIterable, ExpressibleByArgument {
  case completed, timeout, superseded, limit, flushed, purged, open

  /// Nil for open sessions.
  var status: SessionStatus? { SessionStatus.allCases.first { "\($0.symbol)" == rawValue } }
}

struct ViewOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How to write: text for people, json and avro as the records came in, csv as one flat row an"
        + " event. (default: what the name of --output says, also *.csv, else text; json or avro to a"
        + " topic)"))
  var format: ReadFormat?

  @Flag(
    help: ArgumentHelp(
      "Show a row a session, when it is over; at the end those that are open. A session without"
        + " a SessionClosed is over when it has ended: kes-purge adds the others. What comes again"
        + " of the last 262144 sessions that are over is not shown."))
  var sessions = false

  @Option(
    help: ArgumentHelp(
      "With --sessions and --state: show the rows at the end of the input in this order: the earliest"
        + " first, the longest first, or those of the most events first. All are kept until then, or"
        + " so many as --top says. (default: as they come; duration with --top)"))
  var sort: SessionOrder?

  @Option(
    help: ArgumentHelp("Only the first so many rows in the order of --sort.", valueName: "n"))
  var top: Int64?

  @Flag(
    help: ArgumentHelp(
      "Show only figures, at the end: events by kind, devices (counted up to half a million,"
        + " estimated beyond), rate, sessions by status with percentiles and histograms."))
  var statsOnly = false

  @Flag(
    help: ArgumentHelp(
      "Watch the stream on the terminal's whole screen: rates, open sessions, closings by status,"
        + " lag, twice a second; at the end, at q or Ctrl-C, the figures of --stats-only."))
  var watch = false

  @Option(
    help: ArgumentHelp(
      "Show the open sessions of this state directory as of its last commit, also while"
        + " kes-segment works on it.", valueName: "dir"),
    completion: .directory)
  var state: String?

  @Flag(
    help: ArgumentHelp(
      "With --state, show what it knows instead: whose state it is, its last commit, its partitions,"
        + " its inputs with how far each was read, its outputs with how many bytes count."))
  var inputs = false

  @Flag(
    help: ArgumentHelp(
      "At the end of the last file wait for more, until stopped, as tail -F does: a file that was"
        + " renamed is read to its end, and then the one that took its name; one that is missing is"
        + " waited for; one that was emptied is read from its start again."))
  var follow = false

  /// The order of rows, where there is one.
  var order: SessionOrder? { sort ?? (top == nil ? nil : .duration) }

  mutating func validate() throws {
    if sessions && statsOnly {
      throw ValidationError("--sessions and --stats-only exclude each other")
    }
    if watch && (sessions || statsOnly || state != nil || (format ?? .text) != .text) {
      throw ValidationError(
        "--watch does not go with --sessions, --stats-only, --state or another --format")
    }
    if format == .avro && (sessions || statsOnly || state != nil) {
      throw ValidationError("--format avro is for events: sessions and figures are not events")
    }
    if let option = sort != nil ? "--sort" : top != nil ? "--top" : nil {
      if !sessions && state == nil {
        throw ValidationError("\(option) is for rows of sessions: add --sessions")
      }
      if follow { throw ValidationError("\(option) needs the input's end: leave out --follow") }
    }
    if let top, top < 1 { throw ValidationError("--top must be at least 1") }
    guard state != nil else {
      if inputs { throw ValidationError("--inputs is about a state: say --state DIR") }
      return
    }
    if inputs && sessions { throw ValidationError("--inputs and --sessions exclude each other") }
    if inputs, sort != nil || top != nil {
      throw ValidationError(
        "--sort and --top are for sessions: --inputs shows all that a state knows")
    }
    if statsOnly { throw ValidationError("--state and --stats-only exclude each other") }
    if follow { throw ValidationError("--state and --follow exclude each other") }
  }
}

struct FilterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only devices whose whole name matches: * any characters, ? one, [a-c] one of these."
        + " Repeatable: those that match one.",
      valueName: "glob"))
  var device: [String] = []

  @Option(
    help: ArgumentHelp("Leave out devices whose whole name matches. Repeatable.", valueName: "glob")
  )
  var notDevice: [String] = []

  @Option(help: ArgumentHelp("Only this session. Repeatable.", valueName: "id"))
  var session: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only sessions that closed so, or are open. Repeatable. Of events, only their SessionClosed.")
  )
  var status: [StatusChoice] = []

  @Option(
    help: ArgumentHelp(
      "Only events from this time on: milliseconds since the epoch, @SECONDS, 2026-11-23T08:00:00Z,"
        + " without the Z for UTC, a date alone, or -1h for an hour ago.",
      valueName: "time"))
  var since: TimeArgument?

  @Option(help: ArgumentHelp("Only events before this time.", valueName: "time"))
  var until: TimeArgument?

  /// Whether not all devices and sessions are shown.
  var choosesSessions: Bool { !(device + notDevice + session).isEmpty }

  /// Nil for sessions of all.
  var statuses: [SessionStatus?]? { status.isEmpty ? nil : status.map(\.status) }

  /// - Parameter ofRecords: whether records are shown, and not what they tell of sessions.
  func makeFilter(ofRecords: Bool) -> RecordFilter {
    var filter = RecordFilter()
    filter.devices = device.map { Glob($0) }
    filter.otherDevices = notDevice.map { Glob($0) }
    filter.sessions = session.map { Array($0.utf8) }
    filter.since = since.map { EventTime(milliseconds: $0.milliseconds) } ?? .beforeAll
    filter.until = until.map { EventTime(milliseconds: $0.milliseconds) }
    if ofRecords { filter.statuses = statuses?.compactMap { $0 } }
    return filter
  }
}
