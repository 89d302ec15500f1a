// The options of kes-read that draw sessions over time (cli.md, section 6).

import ArgumentParser
import KESCommand
import KESCore
import KESViews

struct TimelineOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Draw sessions over time, a row a device, the busy ones first: on a terminal live, while"
        + " more comes. The latest 65536 sessions and 262144 events are kept."))
  var timeline = false

  @Option(
    help: ArgumentHelp("Draw the same as a picture into this file, at the end.", valueName: "path"),
    completion: .file())
  var svg: String?

  @Option(
    help: ArgumentHelp(
      "Draw the same as a page for a browser, with details under the mouse, into this file, at the"
        + " end.",
      valueName: "path"),
    completion: .file())
  var html: String?

  @Option(
    help: ArgumentHelp(
      "In drawings: at most so many rows; the last is of all other devices. (default: 40, or what"
        + " the terminal has)", valueName: "n"))
  var rows: Int?

  @Option(
    help: ArgumentHelp(
      "In drawings: only so much of time, up to the latest event.", valueName: "duration"))
  var last: DurationArgument?

  /// Whether anything is to be drawn.
  var isAsked: Bool { timeline || svg != nil || html != nil }

  mutating func validate() throws {
    if let rows, !(1...10_000).contains(rows) {
      throw ValidationError("--rows takes a number from 1 to 10000")
    }
    if let last, last.milliseconds < 1 { throw ValidationError("--last must be greater than 0") }
    if !isAsked && (rows != nil || last != nil) {
      throw ValidationError("--rows and --last are for drawings: add --timeline, --svg or --html")
    }
  }

  /// Throws where another view is asked for as well.
  func requireAlone(_ view: ViewOptions) throws {
    if !isAsked { return }
    if view.sessions || view.statsOnly || view.watch || view.state != nil {
      throw ValidationError(
        "--timeline, --svg and --html do not go with --sessions, --stats-only, --watch or --state")
    }
    if let format = view.format, format != .text {
      throw ValidationError("--format \(format) is for records: drawings have their own")
    }
  }

  /// What of the sessions is drawn.
  func window(_ filters: FilterOptions) -> TimelineWindow {
    var window = TimelineWindow(
      since: filters.since.map { EventTime(milliseconds: $0.milliseconds) },
      until: filters.until.map { EventTime(milliseconds: $0.milliseconds) },
      latest: last.map { UInt64($0.milliseconds) }, rows: rows)
    window.statuses = filters.statuses
    return window
  }
}
