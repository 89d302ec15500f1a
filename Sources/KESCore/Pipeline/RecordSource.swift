// Where the records of a pipeline come from: files and pipes, or a topic.

/// What a turn of a source brought.
public enum SourceTurn: Equatable, Sendable {
  /// Records, in the batch.
  case batch
  /// Nothing until the deadline, or a signal that asks for a report.
  case idle
  /// The input has ended.
  case end
  /// A signal asks to stop.
  case stopped(Int32)
}

/// The reading half of a pipeline: hands out decoded batches, each of one input partition.
public protocol RecordSource: AnyObject {
  /// Replaces the content of `batch` with the next records.
  ///
  /// - Parameters:
  ///   - deadline: when to come back without any, in milliseconds of the monotonic clock.
  ///   - willWait: called before waiting for input: the time to flush.
  /// Throws `Failure`, `.badRecord` once the records before the bad one have been handed out.
  func next(
    into batch: inout Batch, deadline: Int64?, willWait: () throws(Failure) -> Void
  ) throws(Failure) -> SourceTurn

  /// To be called behind the last batch, when all that came of it is written.
  ///
  /// - Parameter leaving: how many records at the end of that batch were not looked at.
  func finish(leaving: Int) throws(Failure)

  /// The partition of the batch that was handed out last; 0 for files and pipes.
  var partition: Int32 { get }

  /// What was read and not handed out as records: tombstones and rejected records.
  var ledger: Ledger { get }

  var deadLetters: (any DeadLetters)? { get }

  /// How many records were passed over that nothing keeps.
  var skippedCount: Int64 { get }

  /// The run's figures: what reading knows of them, and what the pipeline adds. The greatest lag
  /// counts from the last call.
  func takeStatistics(ledger: Ledger, openSessions: Int) -> Statistics
}
