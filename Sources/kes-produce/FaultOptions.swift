// The options of kes-produce that say what befalls events on their way.

import ArgumentParser
import KESCommand
import KESCore

/// A probability, 0 to 1.
struct ProbabilityArgument: ExpressibleByArgument, Sendable {
  let value: Double

  init?(argument: String) {
    guard let value = Double(argument), (0...1).contains(value) else { return nil }
    self.value = value
  }
}

/// What `--delay` takes: a probability, a colon, a duration; `0.1:2s`.
struct DelayArgument: ExpressibleByArgument, Sendable {
  /// Ten years: beyond that times would leave 64 bits one day.
  private static let greatest: Int64 = 3650 * 86_400_000

  let probability: Double
  let milliseconds: Int64

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let probability = ProbabilityArgument(argument: parts[0]),
      let duration = DurationArgument(argument: parts[1]),
      (1...DelayArgument.greatest).contains(duration.milliseconds)
    else { return nil }
    self.probability = probability.value
    milliseconds = duration.milliseconds
  }
}

struct FaultOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Lose events with this probability, 0 to 1.", valueName: "p"))
  var loss: ProbabilityArgument?

  @Option(
    help: ArgumentHelp(
      "With this probability, let an exact copy follow an event.", valueName: "p"))
  var duplicate: ProbabilityArgument?

  @Option(
    help: ArgumentHelp(
      "With this probability, delay an event by up to so much event time, so that it comes out of"
        + " order: 0.1:2s.", valueName: "p:duration"))
  var delay: DelayArgument?

  var faults: Faults {
    Faults(
      loss: loss?.value ?? 0, duplicate: duplicate?.value ?? 0, delay: delay?.probability ?? 0,
      greatestDelay: delay?.milliseconds ?? 1)
  }

  /// The options that were given, by name.
  var given: [String] {
    [("--loss", loss != nil), ("--duplicate", duplicate != nil), ("--delay", delay != nil)]
      .filter(\.1).map(\.0)
  }
}
