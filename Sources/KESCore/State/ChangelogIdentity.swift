// Which changelog it is, of those that had the same name.

/// Tells a partition of a changelog from one that was removed and made anew: a random number, chosen by
/// who first commits to the partition and repeated with every commit (`TaskProgress.changelog`).
public struct ChangelogIdentity: Hashable, Sendable {
  public let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Of changelogs written by versions that gave them none, and of tasks that have no changelog.
  public static let unnamed = ChangelogIdentity(rawValue: 0)

  static func random() -> ChangelogIdentity {
    ChangelogIdentity(rawValue: .random(in: 1...(.max)))
  }
}
