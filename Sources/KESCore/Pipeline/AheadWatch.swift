// What becomes of events that are ahead of the wall clock (`--max-ahead`).

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
