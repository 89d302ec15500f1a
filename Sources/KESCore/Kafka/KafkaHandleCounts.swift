// How many of the library's objects there are: what tests look at.

internal import Synchronization

/// Counts what is taken from librdkafka and given back, by kind. Cost: a lock at each count, and
/// none on the record path, where whole batches are counted.
final class KafkaHandleCounts: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    case configuration, client, queue, topic, list, message, headers, error, event, metadata
    case adminRequest, descriptor
  }

  private struct Count {
    var opened = 0
    var closed = 0
  }

  private let counts = Mutex<[Kind: Count]>([:])

  func open(_ kind: Kind, _ count: Int = 1) {
    counts.withLock { $0[kind, default: Count()].opened += count }
  }

  func close(_ kind: Kind, _ count: Int = 1) {
    counts.withLock { $0[kind, default: Count()].closed += count }
  }

  /// How many there have been.
  func openedCount(_ kind: Kind) -> Int { counts.withLock { $0[kind]?.opened ?? 0 } }

  /// The kinds of which something is left (positive), or was given back twice (negative).
  var unbalanced: [Kind: Int] {
    counts.withLock { counts in
      counts.mapValues { $0.opened - $0.closed }.filter { $0.value != 0 }
    }
  }
}
