// Session events to whole sessions, each told of when it is over.

package import KESCore

/// Gathers the sessions of a stream of session events.
///
/// A session is over when its `SessionClosed` comes, whose own figures count, or when it has ended
/// (AllDataSent) and none has come by the time the stream has left it behind. It is told of once:
/// what comes again of a session that is over, as after a crash of a run that keeps no positions, is
/// recognised as long as the session is among the last `known`. Memory: sessions that are not over,
/// and those.
package struct SessionGatherer: ~Copyable {
  /// More than a run of kes-segment closes between two commits, or one of kes-purge writes between
  /// two, in all but the largest stores; some 40 MB.
  package static let usuallyKnown = 1 << 18

  private var purger: SessionPurger
  private var outcome = Outcome()

  /// - Parameter known: how many of the sessions that are over are known as such.
  package init(known: Int = usuallyKnown) { purger = SessionPurger(knowingLast: known) }

  /// How many sessions have begun and are not over.
  package var openCount: Int { purger.openCount }

  /// Watches the batch's records, whose details must be there, and hands each session that is over
  /// to `visit`, in the order of the events that say so.
  package mutating func gather(
    _ batch: borrowing Batch,
    _ visit: (_ row: SessionRow, _ device: Span<UInt8>, _ session: Span<UInt8>) -> Void
  ) {
    outcome.removeAll()
    var key = ByteBlock(capacity: 64)
    var told = 0
    for index in 0..<batch.records.count {
      let isClosing = purger.observe(index, of: batch, key: &key, into: &outcome)
      while told < outcome.closings.count {
        tell(outcome.closings[told], status: outcome.closings[told].status, visit)
        told &+= 1
      }
      if isClosing { SessionGatherer.tell(index, of: batch, visit) }
    }
  }

  /// Hands over the session of the `SessionClosed` at `index`.
  private static func tell(
    _ index: Int, of batch: borrowing Batch,
    _ visit: (_ row: SessionRow, _ device: Span<UInt8>, _ session: Span<UInt8>) -> Void
  ) {
    let detail = batch.details[index]
    let row = SessionRow(
      status: detail.status, start: detail.start, end: detail.end, events: detail.events,
      isPartial: detail.isPartial)
    batch.withKeyText(batch.records[index]) { device in
      batch.withText(detail.session) { visit(row, device, $0) }
    }
  }

  /// Hands over, at the end of the input, first the sessions that have ended and then, without a
  /// status, those that are open, in the order in which they opened.
  package mutating func finish(
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
    outcome.withClosingText(closing.key) { key in
      SessionKey.withText(key) { device in
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
}
