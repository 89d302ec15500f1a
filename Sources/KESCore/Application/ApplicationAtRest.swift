// The sessions of an application none of whose processes runs.

/// What an application's changelog tells of its sessions, copied into a store of its own; and what
/// removes them from the changelog.
///
///     changelog ──read──▶ store ──StorePurge──▶ closings
///         ▲                                        │ delivered
///         └───────────── tombstones ◀──────────────┘
///
/// Processes that come later follow the changelog from where their stores stand, and meet the
/// tombstones there, as they do where they begin with an empty store.
public final class ApplicationAtRest: SessionRemover {
  /// The copy; it goes away with this.
  public let store: StateStore
  /// The partitions of the changelog.
  public private(set) var tasks: Range<Int32> = 0..<0
  private let directory: StateDirectory
  private let group: ApplicationGroup
  private let sender: TopicSender
  private let changelog: Changelog
  private let signals: Signals
  private let clock: Clock

  /// How long a transaction that a lost process left open is waited for, in milliseconds. Our choice:
  /// twice as long as brokers keep one by default (`transaction.timeout.ms`).
  private static let settlingTime: Int64 = 120_000

  private var name: String { group.application.changelog }
  private var place: Place { Place(topic: name) }

  /// - Parameters:
  ///   - group: connected.
  ///   - sender: what tombstones are sent by; not transactional.
  ///   - directory: where the copy is made.
  /// Throws `Failure`.
  public init(
    _ group: ApplicationGroup, _ configuration: KafkaConfiguration, sender: TopicSender,
    directory: StateDirectory, signals: Signals, clock: Clock = .real
  ) throws(Failure) {
    self.group = group
    self.sender = sender
    self.signals = signals
    self.clock = clock
    self.directory = directory
    let store = try StateStore.open(directory.path, creating: true)
    self.store = store
    changelog = try Changelog(
      configuration, topic: group.application.changelog, sender: sender, store: store,
      clock: clock)
  }

  // MARK: Reading

  /// Copies what is committed.
  ///
  /// - Parameter settles: whether to wait until no transaction is open that could still add to it.
  /// Returns the signal that has asked to stop. Throws `Failure`: of the kind `.missing`
  /// where there is no changelog.
  public func read(settles: Bool) throws(Failure) -> Int32? {
    tasks = 0..<(try partitionCount())
    let follower = changelog.follower
    // All is read: nothing of it is here.
    let all = Dictionary(uniqueKeysWithValues: tasks.map { ($0, KafkaOffset(.max)) })
    try follower.restore(Array(tasks), upTo: all, group.patience)
    var unread = Set(tasks)
    let deadline = clock.monotonic() + ApplicationAtRest.settlingTime
    var hasSaid = false
    while !unread.isEmpty {
      if let signal = signals.stop { return signal }
      for partition in try follower.poll(milliseconds: 200) {
        if settles && follower.isUnsettled(partition) {
          if !hasSaid { group.note("waiting for a transaction that a lost process left open") }
          hasSaid = true
        } else {
          unread.remove(partition)
        }
      }
      group.tellNotices()
      if hasSaid && clock.monotonic() >= deadline { throw unsettled }
    }
    try follower.stop(Array(tasks))
    return nil
  }

  private func partitionCount() throws(Failure) -> Int32 {
    let group = group
    let found = try group.admin.topic(name, group.patience)
    if let found { return found.partitionCount }
    throw Failure(
      .missing, operation: "purge it", place: place, reason: "there is no such topic",
      advice: "see how --application-id is spelled")
  }

  private var unsettled: Failure {
    Failure(
      .unavailable, operation: "purge it", place: place,
      reason: "a transaction stays open", advice: "see transaction.timeout.ms")
  }

  // MARK: Writing

  /// Sees that no process of the application has come meanwhile.
  public func requireRemovable() throws(Failure) {
    let group = group
    try group.requireEmpty()
  }

  /// Nothing remembers an output of an application.
  public func finish(_ output: OutputStream) {}

  /// Sends tombstones, and waits until they are delivered; nothing where a process of the application
  /// has come since the closings were written: the next run writes them again.
  public func remove(
    _ changes: inout StateChanges, after output: OutputStream
  ) throws(Failure) {
    try write(&changes)
  }

  /// Sends changes, and waits until they are delivered.
  public func write(_ changes: inout StateChanges) throws(Failure) {
    try requireRemovable()
    let (changelog, sender) = (changelog, sender)
    try changelog.send(changes)
    try sender.deliver()
  }
}
