// Transactions, as their coordinator keeps them.

import Foundation

struct KafkaModelPartition: Hashable, Sendable {
  let topic: String
  let number: Int32
}

/// What belongs to the transactions of one transactional id (KIP-98, "Transaction Coordinator").
///
///     empty ── partitions or offsets ──▶ open ── EndTxn ──▶ ending ── markers ──▶ ended ─▶ open …
struct KafkaModelTransactions: Sendable {
  enum State: Equatable {
    case empty
    /// Since, in milliseconds of the monotonic clock.
    case open(since: Int64)
    /// Markers are written at `due`.
    case ending(commits: Bool, due: Int64)
    case ended(commits: Bool)
  }

  let producer: Int64
  private(set) var epoch: Int16 = 0
  private(set) var state = State.empty
  private(set) var partitions: Set<KafkaModelPartition> = []
  private(set) var groups: Set<String> = []
  /// In milliseconds.
  var timeout: Int64

  init(producer: Int64, timeout: Int64) {
    self.producer = producer
    self.timeout = timeout
  }

  var isEnding: Bool { if case .ending = state { true } else { false } }
  var isOpen: Bool { if case .open = state { true } else { false } }

  /// Whether a producer may act (KIP-98, KIP-360).
  func check(_ producer: Int64, _ epoch: Int16) -> KafkaModelError? {
    if producer != self.producer { return .invalidProducerIdentifierMapping }
    return epoch == self.epoch ? nil : .invalidProducerEpoch
  }

  /// Another producer of this id, or the same one after an error: fences what was there.
  mutating func bump() {
    epoch += 1
    if !isEnding { state = .empty }
  }

  /// What is to be written of the transaction from now on belongs to an epoch of its own: nobody else
  /// writes.
  mutating func fence() { epoch += 1 }

  mutating func add(_ added: some Sequence<KafkaModelPartition>, now: Int64) {
    partitions.formUnion(added)
    begin(now)
  }

  mutating func add(group: String, now: Int64) {
    groups.insert(group)
    begin(now)
  }

  private mutating func begin(_ now: Int64) { if !isOpen { state = .open(since: now) } }

  /// Returns an error's code.
  mutating func end(commits: Bool, due: Int64) -> KafkaModelError? {
    switch state {
    case .open:
      state = .ending(commits: commits, due: due)
      return nil
    // The answer to it was lost.
    case .ended(commits): return nil
    case .ending(commits, _): return .concurrentTransactions
    default: return .invalidTransactionState
    }
  }

  mutating func finish(commits: Bool) {
    state = .ended(commits: commits)
    (partitions, groups) = ([], [])
  }
}
