// The options of kes-segment that say how events become sessions (cli.md, section 2).

import ArgumentParser
import KESCommand
import KESCore

/// What `--late` takes.
enum LateChoice: String, CaseIterable, ExpressibleByArgument { case assign, drop }

/// What `--session-id` takes.
enum IdentifierChoice: String, CaseIterable, ExpressibleByArgument { case deterministic, random }

struct RuleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Close a session when stream time has left it behind by this much (R5).",
      valueName: "duration|none"))
  var timeout = OptionalDurationArgument(milliseconds: 4000)

  @Option(
    help: ArgumentHelp(
      "Remember completed sessions this long, so that repeated end events find them (R6).",
      valueName: "duration"))
  var retain: DurationArgument?

  @Option(help: "Events whose bytes were among the last 8 of their session (R7).")
  var duplicates: DuplicatePolicy = .keep

  @Option(
    help: ArgumentHelp(
      "How far an event may lag behind stream time before it is late (R8).", valueName: "duration"))
  var lateness = DurationArgument(milliseconds: 0)

  @Option(help: "What to do with late events (R8).")
  var late: LateChoice = .assign

  @Option(
    help: ArgumentHelp("Write late events here, unchanged (R8).", valueName: "path"),
    completion: .file())
  var lateOutput: String?

  @Flag(help: "Hold events for --lateness and apply them in the order of their times (R9).")
  var reorder = false

  @Option(
    help: ArgumentHelp(
      "Close a session before an event so long after its start (R10).", valueName: "duration"))
  var maxSpan: DurationArgument?

  @Option(
    help: ArgumentHelp("Close a session when its Nth event has joined (R10).", valueName: "n"))
  var maxEvents: Int64?

  @Flag(help: "Close all open sessions at the end of the input (R11).")
  var flush = false

  @Option(help: "How sessions get their ids (R12).")
  var sessionId: IdentifierChoice = .deterministic

  @Option(
    help: ArgumentHelp(
      "When nothing arrives for so long, let stream time go on with the wall clock (R13).",
      valueName: "duration"))
  var idleTimeout: DurationArgument?

  @Option(help: "What to write: the events, the SessionClosed, or all in their order.")
  var emit: Emission = .events

  mutating func validate() throws {
    try requirePositive(timeout.milliseconds, "--timeout")
    try requirePositive(maxSpan?.milliseconds, "--max-span")
    try requirePositive(maxEvents, "--max-events")
    try requirePositive(idleTimeout?.milliseconds, "--idle-timeout")
    if reorder && lateness.milliseconds == 0 {
      throw ValidationError("--reorder needs --lateness: how long to hold events")
    }
    if lateOutput != nil && late == .drop {
      throw ValidationError("--late drop and --late-output exclude each other")
    }
  }

  private func requirePositive(_ value: Int64?, _ option: String) throws {
    if let value, value < 1 { throw ValidationError("\(option) must be greater than 0") }
  }

  var rules: SegmentationRules {
    var rules = SegmentationRules()
    rules.timeout = timeout.milliseconds.map { UInt64($0) }
    rules.retain = retain.map { UInt64($0.milliseconds) }
    rules.duplicates = duplicates
    rules.lateness = UInt64(lateness.milliseconds)
    rules.late = late == .drop || lateOutput != nil ? .leaveOut : .assign
    rules.reorders = reorder
    rules.greatestSpan = maxSpan.map { UInt64($0.milliseconds) }
    rules.greatestEvents = maxEvents
    rules.usesRandomIdentifiers = sessionId == .random
    return rules
  }
}

struct StateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep open sessions in this directory, which is made if need be.", valueName: "dir"),
    completion: .directory)
  var state: String?

  @Option(
    help: ArgumentHelp(
      "How often the state is committed, and on topics what was read and written.",
      valueName: "duration"))
  var commitInterval = DurationArgument(milliseconds: 500)
}
