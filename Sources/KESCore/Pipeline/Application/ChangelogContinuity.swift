// Whether a changelog that is read is the one that the store's entries come from.

/// Follows the identities that a partition of a changelog tells of.
///
///     resuming ──the store's identity──▶ confirmed ◀── from the beginning
///        └─────── another one ─────▶ (begin anew) ◀── another one ──┘
///
/// A store goes on at the last record of progress that it knows of. Compaction removes that record
/// only where a later one of the same changelog stands behind it: so the first that comes tells.
struct ChangelogContinuity {
  /// nil before any was met.
  private var known: ChangelogIdentity?
  /// Whether what is read goes on from what the store has.
  private(set) var isConfirmed: Bool
  /// What stands before this is taken as it is: who begins at the beginning has nothing of another,
  /// and a changelog may have got two identities where several processes wrote (at-least-once).
  private let trusted: KafkaOffset

  /// From the beginning of a changelog that ends before `end` so far.
  init(fromTheBeginningTo end: KafkaOffset) {
    (known, isConfirmed, trusted) = (nil, true, end)
  }

  /// From where a store goes on.
  init(resuming identity: ChangelogIdentity) {
    (known, isConfirmed, trusted) = (identity, false, KafkaOffset(0))
  }

  /// Takes in the identity that the record at `offset` tells. Returns false where that is another
  /// changelog's.
  mutating func accepts(_ identity: ChangelogIdentity, at offset: KafkaOffset) -> Bool {
    if let known, known != identity, offset >= trusted {
      // A changelog of before identities is given one.
      guard isConfirmed && known == .unnamed else { return false }
    }
    (known, isConfirmed) = (identity, true)
    return true
  }
}
