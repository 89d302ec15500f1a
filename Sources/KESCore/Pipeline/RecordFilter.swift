// Which records a reader asked for.

/// Lets records through by device, session and time. What is not asked for lets all through.
public struct RecordFilter: Sendable {
  private let device: Glob?
  private let session: [UInt8]?
  private let since: EventTime
  private let until: EventTime?
  private let letsAllThrough: Bool

  /// - Parameters:
  ///   - device: a pattern for the whole name.
  ///   - session: the id of the one session.
  ///   - since: the first time that passes.
  ///   - until: the first time that does not pass any more.
  public init(
    device: String? = nil, session: String? = nil, since: EventTime? = nil, until: EventTime? = nil
  ) {
    letsAllThrough = device == nil && session == nil && since == nil && until == nil
    self.device = device.map { Glob($0) }
    self.session = session.map { Array($0.utf8) }
    self.since = since ?? .beforeAll
    self.until = until
  }

  /// Removes from `batch` the records that do not pass, and what comes behind the record that is
  /// the `limit`th to pass. Returns how many records it looked at: all, unless the limit was
  /// reached.
  func apply(to batch: inout Batch, limit: Int64) -> Int {
    if letsAllThrough {
      let kept = Int(min(limit, Int64(batch.records.count)))
      batch.records.truncate(to: kept)
      // Where nobody asked for details there are none.
      if !batch.details.isEmpty { batch.details.truncate(to: kept) }
      return kept
    }
    var kept = 0
    var looked = 0
    while looked < batch.records.count && kept < limit {
      let (record, detail) = (batch.records[looked], batch.details[looked])
      if passes(record, detail, of: batch) {
        batch.records[kept] = record
        batch.details[kept] = detail
        kept += 1
      }
      looked += 1
    }
    batch.records.truncate(to: kept)
    batch.details.truncate(to: kept)
    return looked
  }

  private func passes(
    _ record: Record, _ detail: EventDetail, of batch: borrowing Batch
  ) -> Bool {
    if record.time < since { return false }
    if let until, record.time >= until { return false }
    if session != nil {
      guard detail.hasSession, batch.withText(detail.session, { isSession($0) }) else {
        return false
      }
    }
    return batch.withText(record.key) { isDevice($0) }
  }

  /// Whether a session of this device and id passes; it has no one time.
  func passes(device: Span<UInt8>, session: Span<UInt8>) -> Bool {
    isSession(session) && isDevice(device)
  }

  private func isSession(_ text: Span<UInt8>) -> Bool {
    session.map { text.hasSameBytes(as: $0.span) } ?? true
  }

  private func isDevice(_ name: Span<UInt8>) -> Bool { device?.matches(name) ?? true }
}
