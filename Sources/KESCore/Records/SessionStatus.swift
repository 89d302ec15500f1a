// Why a session closed.

/// The `status` of a `SessionClosed` (cli.md, section 1), in the order of the Avro enum.
public enum SessionStatus: UInt8, BitwiseCopyable, CaseIterable, Sendable {
  /// Its end event came (R4).
  case completed
  /// Stream time or the next event of its key left it behind (R5).
  case timeout
  /// Another start of its key came first: its end was lost (R2).
  case superseded
  /// It reached the greatest span or number of events (R10).
  case limit
  /// The input ended and all was to be closed (R11).
  case flushed
  /// Somebody removed it by name (kes-purge).
  case purged

  /// The symbol in JSON, text and Avro.
  public var symbol: StaticString {
    switch self {
    case .completed: "completed"
    case .timeout: "timeout"
    case .superseded: "superseded"
    case .limit: "limit"
    case .flushed: "flushed"
    case .purged: "purged"
    }
  }
}
