// What is written of what segmenting says.

/// Which session events are written (`--emit`).
public enum Emission: String, CaseIterable, Sendable {
  /// The events, without `SessionClosed`.
  case events
  /// The `SessionClosed` alone.
  case closed
  /// Both, in the order in which they happen.
  case all
}
