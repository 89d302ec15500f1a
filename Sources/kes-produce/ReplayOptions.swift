// The options of kes-produce that say how recorded events are sent again.

import ArgumentParser
import KESCommand
import KESCore

/// What `--speed` takes: `1x`, `10x`, `0.5x`, or `max`.
struct SpeedArgument: ExpressibleByArgument, Sendable {
  /// Nil for `max`.
  let factor: Double?

  init?(argument: String) {
    if argument == "max" {
      factor = nil
      return
    }
    guard argument.hasSuffix("x"), let factor = Double(argument.dropLast()), factor > 0,
      factor.isFinite
    else { return nil }
    self.factor = factor
  }
}

/// What `--shift-to` takes: a time, or `now`.
struct ShiftArgument: ExpressibleByArgument, Sendable {
  /// Nil for `now`.
  let time: TimeArgument?

  init?(argument: String) {
    time = TimeArgument(argument: argument)
    if time == nil && argument != "now" { return nil }
  }

  var target: ReplaySettings.Target {
    time.map { .time(EventTime(milliseconds: $0.milliseconds)) } ?? .now
  }
}

struct ReplayOptions: ParsableArguments {
  @Flag(help: "Send recorded events again, from files or the standard input, in their order.")
  var replay = false

  @Option(
    help: ArgumentHelp(
      "How fast event time goes by: 1x, 10x, 0.5x, or max for as fast as the reader takes it."
        + " (default: 1x)", valueName: "speed"))
  var speed: SpeedArgument?

  @Option(
    help: ArgumentHelp(
      "Move all times by one offset, so that the first event has this one; now is the clock's.",
      valueName: "time"))
  var shiftTo: ShiftArgument?

  var settings: ReplaySettings {
    ReplaySettings(speed: speed.map(\.factor) ?? 1, target: shiftTo?.target)
  }

  /// The options that were given besides --replay, by name.
  var given: [String] {
    [("--speed", speed != nil), ("--shift-to", shiftTo != nil)].filter(\.1).map(\.0)
  }
}
