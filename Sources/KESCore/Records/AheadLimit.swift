// Events that are ahead of the wall clock: from which time on they are told of.

/// How far a batch's events may be ahead of the wall clock.
public struct AheadLimit: Sendable {
  /// The wall clock.
  public var now: EventTime
  /// The greatest time that is not told of.
  public var greatest: EventTime
  /// Whether events of later times are rejected, or only noted.
  public var rejects: Bool

  public init(now: EventTime, greatest: EventTime, rejects: Bool) {
    self.now = now
    self.greatest = greatest
    self.rejects = rejects
  }

  /// No event is told of.
  public static let none = AheadLimit(
    now: .beforeAll, greatest: EventTime(milliseconds: .max), rejects: false)

  /// `17 years ahead of the clock`.
  static func text(ahead milliseconds: UInt64) -> String {
    span(milliseconds) + " ahead of the clock"
  }

  /// `17 years`: whole units, of which there are two or more.
  static func span(_ milliseconds: UInt64) -> String {
    let units: [(name: String, length: UInt64)] = [
      ("years", 31_556_952_000), ("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000),
      ("seconds", 1000),
    ]
    for unit in units where milliseconds >= 2 * unit.length {
      return "\(milliseconds / unit.length) \(unit.name)"
    }
    return "\(milliseconds) ms"
  }
}

/// Records of a batch that are ahead of the wall clock, and stay in it.
public struct AheadRecords: Sendable {
  public private(set) var count: Int64 = 0
  /// The first of them, as if it were rejected; its `place` is its index among the records.
  public private(set) var first: Rejection?

  public init() {}

  mutating func note(_ record: Rejection) {
    count += 1
    if first == nil { first = record }
  }
}
