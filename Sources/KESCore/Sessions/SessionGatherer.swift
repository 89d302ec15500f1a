// Session events to whole sessions, each told of when it is over.

/// Gathers the sessions of a stream of session events.
///
/// A session is over when its `SessionClosed` comes, whose own figures count, or when it has ended
/// (AllDataSent) and none has come by the time the stream has left it behind. Memory: sessions that
/// are not over, and those that closed a short while ago.
public struct SessionGatherer: ~Copyable {
  private var purger = SessionPurger(timeout: nil)
  private var outcome = Outcome()

  public init() {}

  /// How many sessions have begun and are not over.
  public var openCount: Int { purger.openCount }

  /// Watches the batch's records, whose details must be there, and hands each session that is over
  /// to `visit`, in the order of the events that say so.
  public mutating func gather(
    _ batch: borrowing Batch,
    _ visit: (_ row: SessionRow, _ device: Span<UInt8>, _ session: Span<UInt8>) -> Void
  ) {
    outcome.removeAll()
    purger.observe(batch, into: &outcome)
    var closed = 0
    for index in 0..<batch.records.count {
      while closed < outcome.closings.count && Int(outcome.closings[closed].place) <= index {
        tell(outcome.closings[closed], status: outcome.closings[closed].status, visit)
        closed &+= 1
      }
      let detail = batch.details[index]
      guard detail.kind == .sessionClosed && !detail.isDuplicate else { continue }
      let row = SessionRow(
        status: detail.status, start: detail.start, end: detail.end, events: detail.events,
        isPartial: detail.isPartial)
      batch.withText(batch.records[index].key) { device in
        batch.withText(detail.session) { visit(row, device, $0) }
      }
    }
  }

  /// Hands over, at the end of the input, first the sessions that have ended and then, without a
  /// status, those that are open, in the order in which they opened.
  public mutating func finish(
    _ visit: (_ row: SessionRow, _ device: Span<UInt8>, _ session: Span<UInt8>) -> Void
  ) {
    outcome.removeAll()
    purger.finish(flush: false, into: &outcome)
    let ended = outcome.closings.count
    purger.finish(flush: true, into: &outcome)
    for index in 0..<outcome.closings.count {
      tell(outcome.closings[index], status: index < ended ? .completed : nil, visit)
    }
  }

  private func tell(
    _ closing: Closing, status: SessionStatus?,
    _ visit: (_ row: SessionRow, _ device: Span<UInt8>, _ session: Span<UInt8>) -> Void
  ) {
    let row = SessionRow(
      status: status, start: closing.start, end: closing.end, events: closing.events,
      isPartial: closing.isPartial)
    outcome.withClosingText(closing.key) { device in
      switch closing.session {
      case .text(let range): outcome.withClosingText(range) { visit(row, device, $0) }
      case .identifier(let identifier):
        var text = ByteBlock(capacity: 16)
        identifier.write(to: &text)
        text.withBytes { visit(row, device, $0) }
      }
    }
  }
}
