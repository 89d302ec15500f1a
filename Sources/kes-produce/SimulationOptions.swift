// The options of kes-produce that say what is simulated.

import ArgumentParser
import KESCommand
import KESCore

struct SimulationOptions: ParsableArguments {
  static let greatestDevices = 1_000_000_000
  static let rates = 0.001...1e9

  @Option(
    help: ArgumentHelp(
      "How many devices there are; about --rate of them are awake at once. (default: 5)",
      valueName: "n"))
  var devices: Int?

  @Option(help: ArgumentHelp("Stop when devices have sent so many events.", valueName: "n"))
  var events: Int64?

  @Option(
    help: ArgumentHelp("Open so many sessions, and stop when all are complete.", valueName: "n"))
  var sessions: Int64?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("Stop when so much event time has passed.", valueName: "duration"))
  var duration: DurationArgument?

  @Option(
    help: ArgumentHelp(
      "How many events devices send a second of event time, all together. (default: 5)",
      valueName: "n"))
  var rate: Double?

  @Flag(help: "Write as fast as the reader takes it. Event times are the same as without.")
  var fullSpeed = false

  @Option(
    help: ArgumentHelp(
      "With --start-time: the same seed gives the same output, byte for byte. (default: random)",
      valueName: "n"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "The first event's time: milliseconds since the epoch, @SECONDS, or as 2026-11-23T08:00:00Z."
        + " (default: now)", valueName: "time"))
  var startTime: TimeArgument?

  mutating func validate() throws {
    if [events != nil, sessions != nil, duration != nil].filter({ $0 }).count > 1 {
      throw ValidationError("--events, --sessions and --for exclude each other")
    }
    if let devices, !(1...SimulationOptions.greatestDevices).contains(devices) {
      throw ValidationError("--devices must be between 1 and a thousand million")
    }
    if let rate, !SimulationOptions.rates.contains(rate) {
      throw ValidationError("--rate must be between 0.001 and a thousand million")
    }
    try requirePositive(events, "--events")
    try requirePositive(sessions, "--sessions")
    try requirePositive(duration?.milliseconds, "--for")
  }

  private func requirePositive(_ value: Int64?, _ option: String) throws {
    if let value, value < 1 { throw ValidationError("\(option) must be greater than 0") }
  }

  var settings: SimulationSettings {
    var settings = SimulationSettings()
    if let devices { settings.devices = devices }
    if let rate { settings.rate = rate }
    if let events { settings.greatestEvents = events }
    if let sessions { settings.greatestSessions = sessions }
    if let duration { settings.duration = duration.milliseconds }
    return settings
  }

  /// The options that were given, by name: they make no sense where nothing is simulated.
  var given: [String] {
    [
      ("--devices", devices != nil), ("--events", events != nil), ("--sessions", sessions != nil),
      ("--for", duration != nil), ("--rate", rate != nil), ("--full-speed", fullSpeed),
      ("--seed", seed != nil), ("--start-time", startTime != nil),
    ].filter(\.1).map(\.0)
  }
}
