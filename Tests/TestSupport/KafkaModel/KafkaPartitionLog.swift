// A partition, as the broker that leads it keeps it.

import Foundation

/// A log, and the last batches of each producer, so that one that comes again is not kept twice (KIP-98,
/// "Idempotent Producer Guarantees").
struct KafkaPartitionLog: Sendable {
  private(set) var log = KafkaLog()
  private var producers: [Int64: Writer] = [:]

  private struct Writer {
    var epoch: Int16
    var recent: [(sequences: ClosedRange<Int32>, offset: Int64)] = []
  }

  /// Of how many batches a broker remembers that it has them (Kafka's ProducerStateEntry).
  private static let rememberedCount = 5

  /// Keeps a batch. Returns where it stands.
  mutating func append(_ batch: KafkaRecordBatch) -> Result<Int64, KafkaModelError> {
    let offset = log.end
    if batch.producer >= 0 {
      switch note(batch, at: offset) {
      case .success(nil): break
      case .success(let known?): return .success(known)
      case .failure(let error): return .failure(error)
      }
    }
    log.append(batch)
    return .success(offset)
  }

  /// Looks at a producer's sequence numbers. Returns where the batch stands already; nil where it is
  /// new.
  private mutating func note(
    _ batch: KafkaRecordBatch, at offset: Int64
  ) -> Result<Int64?, KafkaModelError> {
    var writer = producers[batch.producer] ?? Writer(epoch: batch.epoch)
    if batch.epoch < writer.epoch { return .failure(.invalidProducerEpoch) }
    if batch.epoch > writer.epoch { writer = Writer(epoch: batch.epoch) }
    let sequences = batch.sequences
    if let known = writer.recent.first(where: { $0.sequences == sequences }) {
      return .success(known.offset)
    }
    // Of a producer that is new here any number is taken (KIP-360), of a new epoch 0.
    let expected = writer.recent.last.map { $0.sequences.upperBound &+ 1 } ?? 0
    if producers[batch.producer] != nil && sequences.lowerBound != expected {
      return .failure(.outOfOrderSequence)
    }
    writer.recent.append((sequences, offset))
    writer.recent = writer.recent.suffix(KafkaPartitionLog.rememberedCount)
    producers[batch.producer] = writer
    return .success(nil)
  }

  /// Ends a transaction, also where nothing of it stands here. Who was fenced by that writes no more.
  mutating func endTransaction(of producer: Int64, epoch: Int16, commits: Bool, time: Int64) {
    log.endTransaction(of: producer, commits: commits, time: time)
    if let known = producers[producer], epoch > known.epoch {
      producers[producer] = Writer(epoch: epoch)
    }
  }
}
