// The rules of cli.md, section 2, as numbers.

/// What to do with an event whose bytes were seen before (R7).
public enum DuplicatePolicy: String, CaseIterable, Sendable { case keep, mark, drop }

/// What to do with an event behind the watermark (R8).
public enum LatePolicy: Sendable {
  /// Apply it all the same.
  case assign
  /// Do not apply it; the pipeline drops it or writes it elsewhere.
  case leaveOut
}

/// How events become sessions. All durations are in milliseconds of event time.
public struct SegmentationRules: Sendable {
  /// R5; nil for no timeout.
  public var timeout: UInt64? = 4000
  /// R6; nil forgets completed sessions at once.
  public var retain: UInt64? = nil
  /// R7.
  public var duplicates: DuplicatePolicy = .keep
  /// R8.
  public var lateness: UInt64 = 0
  public var late: LatePolicy = .assign
  /// R9.
  public var reorders = false
  /// R10; nil for no limit.
  public var greatestSpan: UInt64? = nil
  public var greatestEvents: Int64? = nil
  /// Whether events can be told that begin a session: where not, no session is partial.
  public var knowsStarts = true
  /// R12: random ids instead of deterministic ones.
  public var usesRandomIdentifiers = false

  public init() {}

  /// How far stream time must advance without an event of the session for it to close (R5): with
  /// reordering, stream time is that of applied events already, and adds no lateness (R9).
  var silence: UInt64? {
    guard let timeout else { return nil }
    let (sum, overflow) = timeout.addingReportingOverflow(reorders ? 0 : lateness)
    return overflow ? .max : sum
  }
}
