// Starting processes, one at a time.

public import Foundation

/// Held while a process starts. Foundation gives a child a socket by which it notices its end, and
/// closes what else is open at that moment: a process that starts beside it may inherit the socket,
/// and then the end of the first is noticed only with its own.
public enum Spawning {
  public static let lock = NSLock()

  /// Starts a process that is set up.
  static func start(_ process: Process) throws { try lock.withLock { try process.run() } }
}
