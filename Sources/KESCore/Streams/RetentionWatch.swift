// Records that are older than their topic keeps them.

/// Tells of the first record that is sent to a topic and older than that keeps: brokers remove records
/// by their own times, which are those of the events (Kafka documentation, `retention.ms`).
public final class RetentionWatch {
  private let topic: String
  private let retention: Int64
  private let clock: Clock
  private let onNote: (String) -> Void
  private var hasNoted = false

  /// - Parameters:
  ///   - retention: how old records may be, in milliseconds.
  ///   - onNote: told of the first that is older.
  public init(
    topic: String, retention: Int64, clock: Clock = .real, onNote: @escaping (String) -> Void
  ) {
    self.topic = topic
    self.retention = retention
    self.clock = clock
    self.onNote = onNote
  }

  /// Looks at records that are to be sent. Cost: O(n), and O(1) once one was told of.
  func look(at notes: MessageNotes) {
    if hasNoted { return }
    let now = EventTime(milliseconds: clock.wall())
    let oldest = EventTime(milliseconds: now.milliseconds - retention)
    for index in 0..<notes.count where notes.notes[index].time < oldest {
      hasNoted = true
      let age = AheadLimit.span(notes.notes[index].time.elapsed(until: now))
      return onNote(
        "topic \(topic): keeps records for \(AheadLimit.span(UInt64(retention))) (retention.ms), and"
          + " what is sent is \(age) old: brokers will remove it; set retention.ms to -1, by"
          + " --topic-config where --create-topics creates the topic")
    }
  }
}
