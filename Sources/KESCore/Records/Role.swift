// What an event is to its session.

/// What an event does to the session of its key (cli.md, section 2).
public enum Role: UInt8, BitwiseCopyable, Sendable {
  /// Opens a session (R2).
  case start
  /// Belongs to one (R3).
  case data
  /// Completes one (R4).
  case end
  /// A `SessionClosed`: tells that a session is over; input of readers, not of the segmenter.
  case closed
}
