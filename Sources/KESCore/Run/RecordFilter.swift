// Which records a reader asked for.

/// Lets records through by device, session, status and time. What is not asked for lets all through.
public struct RecordFilter: Sendable {
  /// One of them has to match; all do where there is none.
  public var devices: [Glob] = []
  /// None of them may match.
  public var otherDevices: [Glob] = []
  /// The ids of the sessions, in UTF-8; those of all where there is none.
  public var sessions: [[UInt8]] = []
  /// The first time that passes.
  public var since = EventTime.beforeAll
  /// The first time that does not pass any more.
  public var until: EventTime?
  /// Lets the `SessionClosed` of these statuses through, and no other event; nil for all.
  public var statuses: [SessionStatus]?

  public init() {}

  private var letsAllThrough: Bool {
    devices.isEmpty && otherDevices.isEmpty && sessions.isEmpty && since == .beforeAll
      && until == nil && statuses == nil
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
    if let statuses {
      guard record.role == .closed, statuses.contains(detail.status) else { return false }
    }
    if !sessions.isEmpty {
      guard detail.hasSession, batch.withText(detail.session, { isSession($0) }) else {
        return false
      }
    }
    return batch.withKeyText(record) { isDevice($0) }
  }

  /// Whether a session of this device and id passes; it has no one time.
  package func passes(device: Span<UInt8>, session: Span<UInt8>) -> Bool {
    isSession(session) && isDevice(device)
  }

  private func isSession(_ text: Span<UInt8>) -> Bool {
    sessions.isEmpty || sessions.contains { text.hasSameBytes(as: $0.span) }
  }

  private func isDevice(_ name: Span<UInt8>) -> Bool {
    (devices.isEmpty || devices.contains { $0.matches(name) })
      && !otherDevices.contains { $0.matches(name) }
  }
}
