// How much of a stream a timeline keeps.

/// The latest sessions and the latest events are kept. As they are thrown out in the lump, up to
/// twice as many stand in memory: with the usual limits some 30 MB.
public struct TimelineLimits: Sendable {
  public var sessions: Int
  public var events: Int

  /// A picture of more would not show more.
  public static let usual = TimelineLimits(sessions: 65_536, events: 262_144)

  public init(sessions: Int, events: Int) {
    self.sessions = sessions
    self.events = events
  }
}
