// The options of kes-read that say what is shown, and how (cli.md, section 6).

import ArgumentParser
import KESCommand
import KESCore

/// What `--format` takes.
enum ReadFormat: String, CaseIterable, ExpressibleByArgument { case text, json, avro, csv }

struct ViewOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How to write: text for people, json and avro as the records came in, csv as one flat row an"
        + " event. (default: text; json or avro to a topic)"))
  var format: ReadFormat?

  @Flag(
    help: ArgumentHelp(
      "Show a row a session, when it is over; at the end those that are open. A session without"
        + " a SessionClosed is over when it has ended: kes-purge adds the others. What comes again"
        + " of the last 262144 sessions that are over is not shown."))
  var sessions = false

  @Flag(
    help: ArgumentHelp(
      "Show only figures, at the end: events by kind, devices (counted up to half a million,"
        + " estimated beyond), rate, sessions by status with percentiles and histograms."))
  var statsOnly = false

  @Flag(
    help: ArgumentHelp(
      "Watch the stream on the terminal's whole screen: rates, open sessions, closings by status,"
        + " lag, twice a second; at the end, or at Ctrl-C, the figures of --stats-only."))
  var watch = false

  @Option(
    help: ArgumentHelp(
      "Show the open sessions of this state directory as of its last commit, also while"
        + " kes-segment works on it.", valueName: "dir"),
    completion: .directory)
  var state: String?

  @Flag(
    help: ArgumentHelp(
      "At the end of the last file wait for more, until stopped, as tail -F does: a file that was"
        + " renamed is read to its end, and then the one that took its name; one that is missing is"
        + " waited for; one that was emptied is read from its start again."))
  var follow = false

  /// How to write to anything but a topic.
  var shownFormat: ReadFormat { format ?? .text }

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
    guard state != nil else { return }
    if statsOnly { throw ValidationError("--state and --stats-only exclude each other") }
    if follow { throw ValidationError("--state and --follow exclude each other") }
  }
}

struct FilterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only devices whose whole name matches: * any characters, ? one, [a-c] one of these.",
      valueName: "glob"))
  var device: String?

  @Option(help: ArgumentHelp("Only this session.", valueName: "id"))
  var session: String?

  @Option(
    help: ArgumentHelp(
      "Only events from this time on: milliseconds since the epoch, or 2026-11-23T08:00:00Z.",
      valueName: "time"))
  var since: TimeArgument?

  @Option(help: ArgumentHelp("Only events before this time.", valueName: "time"))
  var until: TimeArgument?

  func makeFilter() -> RecordFilter {
    RecordFilter(
      device: device, session: session,
      since: since.map { EventTime(milliseconds: $0.milliseconds) },
      until: until.map { EventTime(milliseconds: $0.milliseconds) })
  }
}
