// What goes on while a registry is waited for.

/// Who is told of waiting for a registry, and may end it.
public struct RegistryWatch {
  /// Called at least once a second while an answer is waited for; false ends the waiting, because the
  /// process is to end.
  public var goesOn: () -> Bool
  /// Told what a user wants to know.
  public var note: (String) -> Void

  public init(
    goesOn: @escaping () -> Bool = { true }, note: @escaping (String) -> Void = { _ in }
  ) {
    self.goesOn = goesOn
    self.note = note
  }
}

/// Times the waiting for an answer of a registry that has answered before, and says when that is worth
/// a word. All in milliseconds of one clock.
struct RegistryAbsence {
  private let began: Int64
  private var nextNote: Int64
  private var hasNoted = false

  /// Our choice: longer than an answer takes where all is well.
  private static let quiet: Int64 = 1000
  /// How often it is said again. Our choice, as for a group that gives no partitions.
  private static let interval: Int64 = 60_000

  init(now: Int64) {
    began = now
    nextNote = now + RegistryAbsence.quiet
  }

  /// What to say while `place` does not answer, where that is to be said now.
  mutating func takeNote(_ place: String, _ reason: String, now: Int64) -> String? {
    if now < nextNote { return nil }
    nextNote = now + RegistryAbsence.interval
    hasNoted = true
    return "\(place): the schema registry does not answer: \(reason); waiting for it, for"
      + " \((now - began) / 1000) s now"
  }

  /// What to say when it answers; nil where nobody was told that it does not.
  func end(_ place: String, now: Int64) -> String? {
    hasNoted
      ? "\(place): the schema registry answers again, after \((now - began) / 1000) s" : nil
  }
}
