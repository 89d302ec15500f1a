// The options of kes-purge that say when a session is over.

import ArgumentParser
import KESCommand
import KESCore

struct ClosingOptions: ParsableArguments {
  /// What kes-segment takes where nothing is said.
  private static let usualTimeout = OptionalDurationArgument(milliseconds: 4000)

  @Option(
    help: ArgumentHelp(
      "Close a session when stream time has left it behind by this much (R5). (default: 4s; with"
        + " --state the timeout and lateness that kes-segment ran with)",
      valueName: "duration|none"))
  var timeout: OptionalDurationArgument?

  @Option(
    help: ArgumentHelp(
      "How much longer a session may be silent: the --lateness of kes-segment (R5). (default: 0ms)",
      valueName: "duration"))
  var lateness: DurationArgument?

  @Option(
    help: ArgumentHelp(
      "Know closed sessions this long, so that repeated end events do not open them again (R6)."
        + " (default: as long as an open one may be silent)",
      valueName: "duration"))
  var retain: DurationArgument?

  @Flag(help: "Close all open sessions at the end of the input (R11).")
  var flush = false

  mutating func validate() throws {
    if let milliseconds = timeout?.milliseconds, milliseconds < 1 {
      throw ValidationError("--timeout must be greater than 0")
    }
  }

  /// What finds the missing closings among session events.
  func makePurger() -> SessionPurger {
    SessionPurger(
      timeout: (timeout ?? ClosingOptions.usualTimeout).milliseconds.map { UInt64($0) },
      lateness: latenessMilliseconds, retain: retain.map { UInt64($0.milliseconds) })
  }

  /// The timeout and the silence (R5) for a store, in milliseconds; nil for none.
  func timeoutAndSilence(of progress: TaskProgress) -> (timeout: UInt64, silence: UInt64)? {
    if let timeout {
      return timeout.milliseconds.map { (UInt64($0), UInt64($0) + latenessMilliseconds) }
    }
    guard let timeout = progress.timeout, let silence = progress.silence else { return nil }
    return (timeout, lateness == nil ? silence : timeout + latenessMilliseconds)
  }

  private var latenessMilliseconds: UInt64 { UInt64(lateness?.milliseconds ?? 0) }
}
