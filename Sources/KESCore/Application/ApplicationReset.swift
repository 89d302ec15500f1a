// Taking an application back to its beginning.

/// Removes what an application has left behind: the state of this machine, the group's committed
/// offsets, and the changelog.
///
/// In this order a crash between two of them leaves an application that goes on as before: state is
/// restored from the changelog, which also tells how far the partitions were read. What is gone already
/// is passed over, so that the same command completes what one before it began.
public struct ApplicationReset: ~Copyable {
  private let group: ApplicationGroup
  private let input: String?
  private let directory: String?
  private let removes: Bool

  /// - Parameters:
  ///   - group: connected; told what is done.
  ///   - input: the topic whose offsets go; nil for all topics of which the group has any.
  ///   - directory: of the local state; nil for none.
  ///   - removes: false only tells what would be done.
  public init(_ group: ApplicationGroup, input: String?, directory: String?, removes: Bool) {
    self.group = group
    self.input = input
    self.directory = directory
    self.removes = removes
  }

  /// Throws `.inUse` where another process works on the state, or the group has members; then nothing was changed. What only tells does so all the
  /// same.
  public func run() throws(Failure) {
    let lock = try removes ? requireRest() : nil
    var hadState = false
    if let directory { hadState = try removeState(directory) }
    let hadOffsets = try removeOffsets()
    let hadChangelog = try removeChangelog()
    if !hadState && !hadOffsets && !hadChangelog {
      group.note("there is nothing to reset: see how --application-id is spelled")
    }
    withExtendedLifetime(lock) {}
  }

  /// Sees that nobody works on the state or in the group. Returns the lock of a state that is there.
  private func requireRest() throws(Failure) -> StateLock? {
    let lock = try directory.map { path throws(Failure) in try StateStore.lock(path) } ?? nil
    try group.requireEmpty()
    return lock
  }

  // Each of these returns whether there was any.

  private func removeState(_ directory: String) throws(Failure) -> Bool {
    if !StateStore.isStore(directory) {
      group.note("\(directory): there is no state here")
      return false
    }
    if removes {
      try StateStore.removeFiles(of: directory)
    }
    group.note("\(directory): the state \(gone)")
    return true
  }

  private func removeOffsets() throws(Failure) -> Bool {
    let partitions = try group.committedPartitions(of: input)
    let topics = Dictionary(grouping: partitions, by: \.topic)
    if topics.isEmpty {
      group.note("group \(group.application.identifier): there are no committed offsets")
    }
    for (topic, partitions) in topics.sorted(by: { $0.key < $1.key }) {
      if removes { try group.deleteOffsets(partitions) }
      let count = partitions.count
      group.note(
        "group \(group.application.identifier): what is committed of \(count)"
          + " partition\(count == 1 ? "" : "s") of \(topic) \(gone)"
      )
    }
    return !topics.isEmpty
  }

  private func removeChangelog() throws(Failure) -> Bool {
    let (name, group) = (group.application.changelog, group)
    let isThere =
      removes
      ? try group.admin.deleteTopic(name, group.patience)
      : try group.admin.topic(name, group.patience) != nil
    group.note(isThere ? "topic \(name) \(gone)" : "topic \(name): there is no such topic")
    group.tellNotices()
    return isThere
  }

  private var gone: String { removes ? "is removed" : "would be removed" }
}
