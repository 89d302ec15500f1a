// The group of an application's processes, which are to be away.

/// Asks who is in an application's consumer group, and looks after what the group has left.
public final class ApplicationGroup {
  public let application: SegmentApplication
  let admin: KafkaAdmin
  private let signals: Signals
  private let onNote: (String) -> Void
  private let onNotice: (KafkaNotice) -> Void
  /// Whether the brokers tell who is in a group; said once where they do not.
  private var tellsMembers = true

  /// How long an answer of brokers that are there may take, in milliseconds. Our choice.
  private static let answerTime: Int64 = 60_000

  /// Connects to nothing yet.
  ///
  /// - Parameters:
  ///   - onNote: told what a user may want to know.
  ///   - onNotice: told what librdkafka has to say.
  /// Throws `Failure`.
  public init(
    _ application: SegmentApplication, _ configuration: KafkaConfiguration, signals: Signals,
    onNote: @escaping (String) -> Void, onNotice: @escaping (KafkaNotice) -> Void = { _ in }
  ) throws(Failure) {
    self.application = application
    self.signals = signals
    self.onNote = onNote
    self.onNotice = onNotice
    admin = try KafkaAdmin(configuration)
  }

  var patience: KafkaPatience { patience(ApplicationGroup.answerTime) }

  private func patience(_ milliseconds: Int64) -> KafkaPatience {
    let signals = signals
    return KafkaPatience(milliseconds: milliseconds) { signals.stop != nil }
  }

  func tellNotices() { admin.takeNotices().forEach(onNotice) }

  func note(_ text: String) { onNote(text) }

  /// Waits until a broker answers. Throws a failure of the kind `.unavailable` where none does
  /// in time.
  public func connect(milliseconds: Int64) throws(Failure) {
    try admin.connect(patience(milliseconds), onWait: onNote)
    tellNotices()
  }

  /// Sees that no process of the application runs. Throws a failure of the kind `.inUse`.
  public func requireEmpty() throws(Failure) {
    if !tellsMembers { return }
    let name = application.identifier
    let group: KafkaGroupDescription
    do throws(Failure) {
      group = try admin.group(name, patience)
    } catch  where error.isUnsupported {
      tellsMembers = false
      return note(
        "these brokers do not tell who is in the group \(name): see that no process of it runs")
    }
    guard let first = group.members.first else { return }
    let count = group.members.count
    throw Failure(
      .inUse, operation: "change it", place: Place(group: name),
      reason: "it has \(count) member\(count == 1 ? "" : "s"), \(first.client) at \(first.host)",
      advice:
        "stop the application's processes; one that was killed or has an --instance-id counts"
        + " until its session.timeout.ms is over")
  }

  // MARK: What the group has committed

  /// The partitions of which the group has committed offsets; of `topic`, or of all topics. Throws `Failure`.
  func committedPartitions(of topic: String?) throws(Failure) -> [KafkaPartition] {
    let found = try admin.committedOffsets(ofGroup: application.identifier, patience)
    return found.map(\.partition).filter { topic == nil || $0.topic == topic }
  }

  func deleteOffsets(_ partitions: [KafkaPartition]) throws(Failure) {
    try admin.deleteCommittedOffsets(ofGroup: application.identifier, partitions, patience)
  }
}
