// kes-purge --reset-stream-time.

import KESCommand
import KESCore

extension KESPurge {
  /// Sets the stream time of each of `tasks` back to `moment` where it is later, and tells of each.
  ///
  /// - Parameters:
  ///   - isOfTopic: whether tasks are partitions of a topic.
  ///   - write: makes the changes last.
  func resetStreamTime(
    to moment: Moment, of store: StateStore, _ tasks: some Sequence<Int32>, isOfTopic: Bool,
    _ messages: Messages, write: (inout StateChanges) throws(Failure) -> Void
  ) throws(Failure) -> ToolEnding {
    let time = moment.time(of: TaskProgress())
    let reset = StreamTimeReset(to: time)
    var changes = StateChanges()
    var told: [String] = []
    for task in tasks {
      let finding = try reset.take(task, of: store, into: &changes)
      guard let finding else { continue }
      told.append((isOfTopic ? "partition \(task): " : "") + text(finding, time))
    }
    if !state.dryRun && !changes.isEmpty { try write(&changes) }
    told.forEach { messages.note($0) }
    if told.isEmpty { messages.note("no event has come yet, so there is no stream time") }
    return ToolEnding(.done)
  }

  /// What stream time was, and what it is now.
  private func text(_ finding: StreamTimeReset.Finding, _ time: EventTime) -> String {
    let before = finding.before.internetText
    if !finding.isLater {
      return "stream time is \(before), not after \(time.internetText): it stays"
    }
    let change =
      state.dryRun
      ? "stream time is \(before), would be \(time.internetText)"
      : "stream time was \(before), is \(time.internetText)"
    if finding.laterHeld == 0 { return change }
    let events = finding.laterHeld == 1 ? "1 held event is" : "\(finding.laterHeld) held events are"
    return change
      + "; \(events) later, and moves it again when applied: a run of kes-segment without --reorder"
      + " applies what is held, before a reset"
  }
}
