// How each of the four tools begins and ends.

public import ArgumentParser
internal import Glibc
public import KESCore

/// The version that `--version` prints.
public let version = "0.1.0"

/// One of the four tools.
public protocol Tool: ParsableCommand {
  /// The name in messages.
  static var toolName: String { get }
  /// Does the work. Errors and signals are dealt with by `run`.
  func work(_ messages: Messages) throws(Failure) -> ToolEnding
  var report: ReportOptions { get }
  /// A command line to try first.
  static var example: String { get }
  /// Whether the standard input would be read though nobody named it.
  var readsUnasked: Bool { get }
  /// The times among the options.
  var times: [TimeArgument?] { get }
}

/// How a tool's work ended.
public struct ToolEnding: Sendable {
  public var ending: Ending
  /// How many records were skipped that nothing keeps.
  public var skippedCount: Int64

  public init(_ ending: Ending, skippedCount: Int64 = 0) {
    self.ending = ending
    self.skippedCount = skippedCount
  }
}

extension Tool {
  public var times: [TimeArgument?] { [] }

  /// Parses the command line and runs the tool. `--stats` alone stands for `--stats=5`, and values may
  /// begin with a dash.
  public static func start() {
    StandardDescriptors.reserve()
    Signals.tellFileLimit()
    var arguments: [String] = []
    var isOption = true
    for argument in CommandLine.arguments.dropFirst() {
      if argument == "--" { isOption = false }
      arguments.append(isOption && argument == "--stats" ? "--stats=5" : argument)
    }
    while true {
      do {
        var command = try parseAsRoot(arguments)
        refuseRepetitions(arguments)
        return try command.run()
      } catch {
        // Help, version and completions are errors, too.
        if exitCode(for: error) != .validationFailure { exit(withError: error) }
        refuseUnknown(arguments)
        guard let joined = options.joined(arguments, message: message(for: error)) else {
          refuse(message(for: error), arguments)
        }
        arguments = joined
      }
    }
  }

  private static var options: ToolOptions { ToolOptions(help: helpMessage(includeHidden: true)) }

  /// Ends where an option that the tool does not have is given: the parser would tell of others before,
  /// and of what does not go together.
  private static func refuseUnknown(_ arguments: [String]) {
    let options = options
    guard let unknown = options.unknown(in: arguments) else { return }
    if let advice = UsageAdvice.text(of: unknown, options, tool: toolName) {
      refuse("Unknown option '\(unknown.written)': \(advice)", arguments)
    }
    do { _ = try parseAsRoot([unknown.word]) } catch { refuse(message(for: error), arguments) }
  }

  private static func refuseRepetitions(_ arguments: [String]) {
    if !ToolOptions.mayRepeat(arguments) { return }
    guard let option = options.repeated(in: arguments) else { return }
    refuse("\(option) is given twice: leave one out", arguments)
  }

  private static func refuse(_ message: String, _ arguments: [String]) -> Never {
    Messages(tool: toolName).error(
      UsageAdvice.text(message, arguments: arguments, tool: toolName))
    Glibc.exit(ExitStatus.usage.rawValue)
  }

  public func run() throws {
    var messages = Messages(tool: Self.toolName)
    messages.isQuiet = report.quiet
    if readsUnasked && isStandardInputTerminal {
      messages.write(FirstContact.text(tool: Self.toolName, example: Self.example))
      leave(.usage)
    }
    for case let time? in times { time.caution.map { messages.note($0) } }
    do {
      let ended = try work(messages)
      // As where a write had told: nobody is there to be told more.
      if case .stopped(SIGPIPE) = ended.ending {
        return fail(.brokenPipe(name: "stdout"), messages)
      }
      if ended.skippedCount > 0 {
        let records = ended.skippedCount == 1 ? "1 record" : "\(ended.skippedCount) records"
        messages.note("\(records) could not be decoded and skipped; --dead-letter keeps them")
      }
      switch ended.ending {
      case .stopped(let signal): Signals.die(by: signal)
      case .done: if ended.skippedCount > 0 { leave(.skipped) }
      }
    } catch {
      fail(error, messages)
    }
  }

  private func fail(_ failure: Failure, _ messages: Messages) {
    // Where SIGPIPE is blocked, that returns.
    if failure.kind == .brokenPipe { Signals.dieByBrokenPipe() }
    // Nobody waits for a broker that is to stop: it would have been asked longer.
    if failure.kind == .interrupted, let signal = Signals.pendingStop { Signals.die(by: signal) }
    messages.error(failure.description)
    // Nor for a registry.
    if failure.isOfSchema, let signal = Signals.pendingStop { Signals.die(by: signal) }
    leave(ExitStatus(failure.kind))
  }

  private func leave(_ status: ExitStatus) -> Never { Glibc.exit(status.rawValue) }
}

/// The exit statuses, from `sysexits.h` where it has them.
public enum ExitStatus: Int32, Sendable {
  case done = 0
  /// Records were skipped, and nothing keeps them.
  case skipped = 1
  case usage = 64
  case badData = 65
  case noInput = 66
  case unavailable = 69
  case software = 70
  case cannotCreate = 73
  case inputOutput = 74
  case inUse = 75
  case configuration = 78

  public init(_ kind: Failure.Kind) {
    switch kind {
    case .usage: self = .usage
    case .badData: self = .badData
    case .missing: self = .noInput
    case .unavailable, .retriable, .fatal, .interrupted: self = .unavailable
    case .bug: self = .software
    case .cannotCreate: self = .cannotCreate
    case .inputOutput, .brokenPipe: self = .inputOutput
    case .inUse, .fenced: self = .inUse
    case .configuration: self = .configuration
    }
  }
}
