// Where the records of a run come from, and what becomes of those that cannot be decoded.

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
  /// Throws `Failure`, of a bad record once the records before the bad one have been handed out.
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

/// A record that could not be decoded.
public struct BadRecord: Sendable, CustomStringConvertible {
  /// `events.jsonl:1204`.
  public let position: String
  public let reason: String

  public var description: String { "\(position): \(reason)" }

  /// The end of a run by it (`--on-error fail`).
  var asFailure: Failure { Failure(.badData, .input, place: Place(position), reason) }
}

extension Failure {
  /// The same as a failure of the topic that is read.
  var ofTopicRead: Failure { side == .broker ? of(.input) : self }
}

/// Says which events are too far ahead of the wall clock, and tells the user of the first.
///
/// One such event moves stream time, and from then on no session is silent until the others have come
/// so far (R1, R5). The clock is looked at once a batch.
public struct AheadWatch {
  /// How far ahead an event may be without a word where no bound is given, in milliseconds. Our
  /// choice: no time zone puts a clock further ahead.
  private static let usual: UInt64 = 86_400_000

  private let greatest: UInt64?
  private let clock: Clock
  private let onNote: (String) -> Void
  private var hasNoted = false

  /// - Parameters:
  ///   - greatest: how far ahead an event may be, in milliseconds; those further ahead are rejected.
  ///     Nil rejects none.
  ///   - onNote: told of the first event that is further ahead and not rejected.
  public init(
    greatest: UInt64?, clock: Clock = .real, onNote: @escaping (String) -> Void = { _ in }
  ) {
    self.greatest = greatest
    self.clock = clock
    self.onNote = onNote
  }

  /// As of now.
  var limit: AheadLimit {
    let now = EventTime(milliseconds: clock.wall())
    return AheadLimit(
      now: now, greatest: now.advanced(by: greatest ?? AheadWatch.usual), rejects: greatest != nil)
  }

  /// Tells of the first of `batch`'s events that are ahead; `place` says where that stands.
  mutating func tell(_ batch: borrowing Batch, _ place: (Rejection) -> String) {
    guard !hasNoted, let first = batch.ahead.first else { return }
    hasNoted = true
    let time = batch.records[Int(first.place)].time
    onNote(
      "\(place(first)): \(time.internetText) is \(AheadLimit.text(ahead: first.ahead)); stream"
        + " time goes there, and no session is silent any more until it is that late; --max-ahead D"
        + " rejects such events")
  }

  /// Tells of a state whose stream time is ahead: nothing that comes now moves it.
  func tell(streamTime: EventTime, of name: String) {
    let limit = limit
    if streamTime <= limit.greatest { return }
    let ahead = AheadLimit.text(ahead: limit.now.elapsed(until: streamTime))
    onNote(
      "\(name): stream time stands at \(streamTime.internetText), \(ahead); kes-purge"
        + " --reset-stream-time now sets it back")
  }
}
