// The options of kes-purge that concern a store at rest.

import ArgumentParser
import KESCommand
import KESCore

/// What `--as-of` takes.
enum Moment: ExpressibleByArgument {
  /// The stream time that the store stands at.
  case stream
  /// The wall clock.
  case now
  case time(TimeArgument)

  init?(argument: String) {
    switch argument {
    case "stream": self = .stream
    case "now": self = .now
    default:
      guard let time = TimeArgument(argument: argument) else { return nil }
      self = .time(time)
    }
  }

  func time(of progress: TaskProgress, clock: Clock = .real) -> EventTime {
    switch self {
    case .stream: progress.streamTime
    case .now: EventTime(milliseconds: clock.wall())
    case .time(let time): EventTime(milliseconds: time.milliseconds)
    }
  }

  /// The time that was written, where one was.
  var written: TimeArgument? {
    if case .time(let time) = self { return time }
    return nil
  }
}

struct StateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Purge the store in this directory instead of reading session events.", valueName: "dir"),
    completion: .directory)
  var state: String?

  @Option(
    help: ArgumentHelp(
      "What is due by this time: the stream time of the store or the partition, the wall clock, or a time."
        + " (default: stream)",
      valueName: "stream|now|time"))
  var asOf: Moment?

  @Option(
    help: ArgumentHelp(
      "Purge the sessions of these devices, due or not; with --timeout, --lateness or --as-of only"
        + " the due ones. Repeatable.",
      valueName: "glob"))
  var device: [String] = []

  @Flag(help: "Write or tell the same, and change nothing. Also while kes-segment runs.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "Purge nothing, but set stream time back where one wrong clock has moved it ahead: to the wall"
        + " clock, or a time.",
      valueName: "now|time"))
  var resetStreamTime: Moment?

  mutating func validate() throws {
    if case .stream = resetStreamTime {
      throw ValidationError(
        "--reset-stream-time takes now, or a time, such as 2026-11-23T08:00:00Z or -1h")
    }
  }

  /// Refuses what has a meaning for a store alone.
  func requireNone() throws {
    let given = [
      ("--as-of", asOf != nil), ("--device", !device.isEmpty), ("--dry-run", dryRun),
      ("--reset-stream-time", resetStreamTime != nil),
    ].first { $0.1 }
    if let given {
      throw ValidationError("\(given.0) needs --state or --application-id: what to purge")
    }
  }

  /// Which sessions are to go; nil where that hangs on a timeout, and there is none.
  func selection(of progress: TaskProgress, _ closing: ClosingOptions) -> PurgeSelection? {
    let isTimed = asOf != nil || closing.timeout != nil || closing.lateness != nil
    let devices = device.map { Glob($0) }
    if !devices.isEmpty && !isTimed { return PurgeSelection(devices: devices, due: nil) }
    guard let (timeout, silence) = closing.timeoutAndSilence(of: progress) else { return nil }
    let due = PurgeSelection.Due(
      timeout: timeout, silence: silence, asOf: (asOf ?? .stream).time(of: progress))
    return devices.isEmpty ? PurgeSelection(due) : PurgeSelection(devices: devices, due: due)
  }
}
