// kes-purge on an application of kes-segment: its changelog, or all that it left behind.

internal import Glibc
import KESCommand
import KESCore

extension KESPurge {
  /// Purges the changelog of an application, or takes the application back to its beginning.
  func purge(
    _ application: SegmentApplication, _ messages: Messages
  ) throws(Failure) -> ToolEnding {
    let signals = Signals()
    guard let ends = try TopicEnds(topics, input, report, signals, messages, isUsed: true) else {
      return ToolEnding(.done)
    }
    let group = try ApplicationGroup(
      application, ends.configuration, signals: signals, onNote: { messages.note($0) },
      onNotice: ends.onNotice)
    try group.connect(milliseconds: ends.connectTimeout)
    if self.application.reset { return try reset(group) }
    return try purge(group, ends, signals, messages)
  }

  private func reset(_ group: ApplicationGroup) throws(Failure) -> ToolEnding {
    let reset = ApplicationReset(
      group, input: topics.from, directory: state.state, removes: !state.dryRun)
    try reset.run()
    return ToolEnding(.done)
  }

  private func purge(
    _ group: ApplicationGroup, _ ends: TopicEnds, _ signals: Signals, _ messages: Messages
  ) throws(Failure) -> ToolEnding {
    let opener = try OutputOpener(output: output.output, topics: topics, apartFrom: [])
    try requireFreshOutput()
    if !state.dryRun { try group.requireEmpty() }
    ends.otherEnd = group.application.changelog
    let sender = try ends.openSender()
    let directory = try StateDirectory.temporary(tool: KESPurge.toolName)
    let rest = try ApplicationAtRest(
      group, ends.configuration, sender: sender, directory: directory, signals: signals)
    if let signal = try rest.read(settles: !state.dryRun) { return ToolEnding(.stopped(signal)) }
    if let moment = state.resetStreamTime {
      return try resetStreamTime(to: moment, of: rest.store, rest.tasks, isOfTopic: true, messages)
      {
        (changes: inout StateChanges) throws(Failure) in
        try rest.write(&changes)
      }
    }
    let selections = try selections(of: rest.store, rest.tasks, messages)
    let plan = try makePlanOfClosings(signals, messages)
    let destination = try format.openOutput(
      opener, ends, plan, color: report.color, isFile: output.output != nil
    ).output
    return try purge(
      rest.store, selections, removingFrom: rest, to: destination, signals, messages)
  }

  /// Refuses to empty a file: nothing remembers how much of it counts, and it may hold closings of
  /// sessions that an earlier run has removed.
  private func requireFreshOutput() throws(Failure) {
    guard let path = output.output else { return }
    var status = stat()
    if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 {
      throw .usage(
        "\(path) holds something already: name another --output, so that nothing is lost")
    }
  }
}
