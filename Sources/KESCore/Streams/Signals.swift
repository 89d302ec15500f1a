// What the user says with signals, and waiting that notices it.

internal import CSignals
internal import Glibc

/// SIGINT, SIGTERM and SIGUSR1, noticed between batches and while waiting.
///
/// The only one that touches the C module. The handlers are installed once a process; a second
/// SIGINT or SIGTERM ends the process at once.
public struct Signals: Sendable {
  private let descriptor: Int32

  /// Installs the handlers. Where that fails, signals have their default effects.
  public init() { descriptor = kes_signals_install() }

  /// Has a file that may not grow (`ulimit -f`) told of like a full disk: no signal ends the process.
  public static func tellFileLimit() { kes_signals_ignore_file_limit() }

  /// The signal that asks to stop, if one has come.
  public var stop: Int32? { Signals.pendingStop }

  /// The same, also where no handlers were installed.
  public static var pendingStop: Int32? {
    let signal = kes_signals_stop()
    return signal == 0 ? nil : Int32(signal)
  }

  /// Whether a report was asked for since the last call.
  public func takeReport() -> Bool { kes_signals_take_reports() > 0 }

  /// Has SIGTSTP (Ctrl-Z) noticed rather than stop the process: for a run that has to give a terminal
  /// back before.
  public func noticeSuspension() { _ = kes_signals_catch_suspension() }

  /// Whether somebody asked to suspend the process since the last call.
  func takeSuspension() -> Bool { kes_signals_take_suspension() != 0 }

  /// Stops the process until somebody has it go on (`fg`).
  static func suspend() { kes_signals_suspend() }

  /// Ends the process by `signal`, as if it had never been caught.
  public static func die(by signal: Int32) { kes_signals_die(signal) }

  /// Ends the process as one that wrote to a pipe without a reader.
  public static func dieByBrokenPipe() { kes_signals_die(SIGPIPE) }

  /// Waits so many milliseconds; false as soon as a signal asks to stop. A report that is asked for
  /// meanwhile is still to be had.
  public func pause(milliseconds: Int64) -> Bool {
    let end = Clock.real.monotonic() + milliseconds
    while stop == nil {
      let left = end - Clock.real.monotonic()
      if left <= 0 { return true }
      // Once a report is asked for, the descriptor says no more.
      if wait(for: nil, milliseconds: left) == .signal { _ = poll(nil, 0, Int32(min(left, 20))) }
    }
    return false
  }

  // MARK: Keys

  /// Has the terminal of the standard output hand over keys as they are pressed, until `leaveKeys`; false
  /// where that cannot be had.
  package static func takeKeys() -> Bool { kes_signals_take_keys(STDOUT_FILENO) == 0 }

  /// Whether `q` was pressed since the last call.
  package static func takeQuit() -> Bool { unsafe kes_signals_take_pressed("qQ") != 0 }

  /// Gives the terminal back as it was.
  package static func leaveKeys() { kes_signals_leave_keys() }

  // MARK: The reader of what is written

  /// Has waiting notice that whoever reads from `descriptor` is gone, which is then a SIGPIPE that asks
  /// to stop. To be called for the one output of a process that is a pipe or a socket: others do not
  /// tell. Of a socket whose peer is on another machine only the first write after that tells.
  public static func watchReader(of descriptor: Int32) { kes_signals_watch(descriptor) }

  // MARK: Waiting

  /// Why waiting ended.
  enum Wait { case ready, deadline, signal }

  /// Waits until `input` (or nothing, where it is nil) has something to read, a signal comes, or
  /// `milliseconds` have passed; for ever where that is nil.
  func wait(for input: Int32?, milliseconds: Int64?) -> Wait {
    var descriptors = InlineArray<3, pollfd>(repeating: pollfd(fd: -1, events: 0, revents: 0))
    descriptors[0] = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    descriptors[1] = pollfd(fd: input ?? -1, events: Int16(POLLIN), revents: 0)
    // What has been noticed once would end every wait at once.
    let watched = stop == nil ? kes_signals_watched() : -1
    // No events are asked for: errors and hang-ups are told all the same (poll(2)).
    descriptors[2] = pollfd(fd: watched, events: 0, revents: 0)
    let limit = milliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
    var span = descriptors.mutableSpan
    let count = unsafe span.withUnsafeMutableBufferPointer {
      unsafe poll($0.baseAddress, 3, limit)
    }
    if descriptors[2].revents != 0 {
      kes_signals_ask_to_stop(SIGPIPE)
      return .signal
    }
    if descriptors[0].revents != 0 || (count < 0 && errno == EINTR) { return .signal }
    return count == 0 ? .deadline : .ready
  }
}
