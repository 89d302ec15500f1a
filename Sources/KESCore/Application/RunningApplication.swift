// An application as one of its processes runs it.

/// Whether every record counts exactly once (KIP-98, KIP-447), or at least once.
public enum ProcessingGuarantee: String, CaseIterable, Sendable {
  case exactlyOnce = "exactly-once"
  case atLeastOnce = "at-least-once"
}

/// What all processes of one application agree on.
public struct SegmentApplication: Sendable {
  /// Names the consumer group, the changelog and the transactions.
  public var identifier: String
  public var guarantee = ProcessingGuarantee.exactlyOnce
  /// By how many other processes each partition's sessions are followed.
  public var standbyReplicas = 1

  public init(identifier: String) { self.identifier = identifier }

  /// The name of the changelog topic (cli.md, section 5).
  public var changelog: String { "\(identifier)-sessions-changelog" }
}

/// What a process of an application has beside its tasks: the producer that all its output goes
/// through, the changelog, and what it knows of the other members.
public final class RunningApplication {
  public let application: SegmentApplication
  let sender: TopicSender
  let changelog: Changelog
  let admin: KafkaAdmin
  /// Whether the brokers tell who is in a group; those that do not are asked once.
  private var tellsMembers = true

  var follower: ChangelogFollower { changelog.follower }
  var isExactlyOnce: Bool { application.guarantee == .exactlyOnce }

  /// How often others' changelogs are looked at, in milliseconds.
  var followInterval: Int64 { follower.standbyTasks.isEmpty ? 1000 : 100 }

  /// - Parameters:
  ///   - sender: transactional where the guarantee is exactly-once; the run's outputs use it, too.
  ///   - store: where the tasks of this process keep their state.
  ///   - reader: connected; the changelog must have as many partitions as its topic, and is made where
  ///     it is not there.
  ///   - replication: of a changelog that is made; nil leaves it to the brokers.
  /// Throws `Failure`: of the kind `.configuration` where the changelog does not fit.
  public init(
    _ application: SegmentApplication, _ configuration: KafkaConfiguration, sender: TopicSender,
    store: StateStore, reader: TopicReader, replication: Int32? = nil, clock: Clock = .real
  ) throws(Failure) {
    self.application = application
    self.sender = sender
    changelog = try Changelog(
      configuration, topic: application.changelog, sender: sender, store: store, clock: clock)
    admin = try KafkaAdmin(configuration)
    try prepareChangelog(
      partitions: reader.partitionCount, input: reader.reading.topic, replication: replication,
      reader.patience)
  }

  func takeNotices() -> [KafkaNotice] {
    sender.producer.takeNotices() + follower.takeNotices() + admin.takeNotices()
  }

  /// Sees that the changelog has as many partitions as the input, and makes it where it is not there.
  private func prepareChangelog(
    partitions: Int32, input: String, replication: Int32?, _ patience: KafkaPatience
  ) throws(Failure) {
    var found = try admin.topic(application.changelog, patience)
    if found == nil {
      let topic = KafkaNewTopic(
        name: application.changelog, partitionCount: partitions, replicationFactor: replication,
        properties: ["cleanup.policy": "compact"])
      _ = try admin.createTopic(topic, patience)
      found = try admin.topic(application.changelog, patience)
    }
    guard let found, found.partitionCount != partitions else {
      return try awaitChangelog(partitions, patience)
    }
    throw doesNotFit(found, partitions: partitions, input: input)
  }

  /// Sees that partitions that the group gives are in the changelog: more may have been added to the
  /// input under a run. Throws a failure of the kind `.configuration` where one is not.
  func requireChangelog(of partitions: [Int32], _ reader: TopicReader) throws(Failure) {
    guard let greatest = partitions.max(), greatest >= reader.partitionCount else { return }
    let input = reader.reading.topic
    guard let found = try admin.topic(application.changelog, reader.patience) else { return }
    let count = try admin.topic(input, reader.patience)?.partitionCount ?? 0
    if greatest < found.partitionCount { return }
    throw doesNotFit(found, partitions: max(count, greatest + 1), input: input)
  }

  private func doesNotFit(
    _ found: KafkaTopicDescription, partitions: Int32, input: String
  ) -> Failure {
    Failure(
      .configuration, operation: "use it as a changelog",
      place: Place(topic: application.changelog),
      reason: "it has \(found.partitionCount) partitions, but \(input) has \(partitions)",
      advice:
        "partitions of input were added or the changelog is another's: keys have moved to other"
        + " partitions, away from their sessions; begin anew with kes-purge --reset, or another"
        + " --application-id")
  }

  /// Waits until brokers know the partitions of a changelog that was just made.
  private func awaitChangelog(
    _ count: Int32, _ patience: KafkaPatience
  ) throws(Failure) {
    let all = (0..<count).map { KafkaPartition(topic: application.changelog, number: $0) }
    try admin.awaitPartitions(all, patience)
  }

  /// A transaction's failure, by the topic that is gone where one is: brokers say no more than that
  /// something is unknown, or records wait until their time is over.
  func naming(_ failure: Failure, _ patience: KafkaPatience) -> Failure {
    do throws(Failure) {
      for name in sender.topicNames where try admin.topic(name, patience) == nil {
        return OutputTopics.isMissing(name)
      }
    } catch {
      // What brokers do not tell now does not matter: the failure is said.
    }
    return failure
  }

  // MARK: Standby replicas

  /// The partitions that this process is to follow, of `count` in all.
  ///
  /// - Parameters:
  ///   - own: those that it processes, or restores to.
  ///   - member: its name in the group.
  func standbys(
    own: Set<Int32>, count: Int32, topic: String, member: String?, _ patience: KafkaPatience
  ) -> Set<Int32> {
    if application.standbyReplicas == 0 { return [] }
    let others = Set(0..<count).subtracting(own)
    guard tellsMembers, let member else { return others }
    let group: KafkaGroupDescription
    do throws(Failure) {
      group = try admin.group(application.identifier, patience)
    } catch {
      // Such brokers give no list to choose from: all is followed.
      if error.isUnsupported { tellsMembers = false }
      return tellsMembers ? Set(follower.standbyTasks).intersection(others) : others
    }
    var owners: [Int32: String] = [:]
    for member in group.members {
      for partition in member.partitions where partition.topic == topic {
        owners[partition.number] = member.identifier
      }
    }
    for partition in own { owners[partition] = member }
    return StandbyPlan.partitions(
      of: member, among: group.members.map(\.identifier), owners: owners,
      replicas: application.standbyReplicas
    ).intersection(others)
  }
}

/// Chooses standby replicas by rendezvous hashing: of the members of the group that do not process a
/// partition, those follow it whose hashes with it are the greatest. Every member comes to the same
/// result by itself, and one that comes or goes moves few (design.md, "Standby replicas").
enum StandbyPlan {
  /// The partitions that `member` is to follow.
  ///
  /// - Parameters:
  ///   - owners: who processes each partition; partitions without an owner are left out.
  ///   - replicas: by how many members each partition is followed.
  static func partitions(
    of member: String, among members: [String], owners: [Int32: String], replicas: Int
  ) -> Set<Int32> {
    var found: Set<Int32> = []
    for (partition, owner) in owners where owner != member {
      let ranked = members.filter { $0 != owner }
        .map { (weight: weight($0, partition), name: $0) }
        .sorted { $0 > $1 }
      if ranked.prefix(replicas).contains(where: { $0.name == member }) {
        found.insert(partition)
      }
    }
    return found
  }

  private static func weight(_ member: String, _ partition: Int32) -> UInt64 {
    Hash.of(Array(member.utf8).span, seed: UInt64(UInt32(bitPattern: partition)))
  }
}

/// Writes what changes in tasks to the changelog topic, partition by partition, and follows what others
/// write.
final class Changelog {
  let follower: ChangelogFollower
  private let topic: String
  private let sender: TopicSender
  private let clock: Clock

  init(
    _ configuration: KafkaConfiguration, topic: String, sender: TopicSender, store: StateStore,
    clock: Clock
  ) throws(Failure) {
    self.topic = topic
    self.sender = sender
    self.clock = clock
    follower = try ChangelogFollower(configuration, topic: topic, store: store, clock: clock)
  }

  /// Sends the changes. Throws `Failure`.
  func send(_ changes: borrowing StateChanges) throws(Failure) {
    try sender.beginSending()
    let topic = try sender.topic(topic)
    try changes.forEachChangelogRecord { task, key, value, isProgress throws(Failure) in
      try sender.producer.produce(
        key: key, value: value, to: topic, partition: task, mark: isProgress ? Int(task) + 1 : 0,
        patience: sender.patience)
    }
    try sender.checkDeliveries()
  }

  /// Adds to `changes` where the changelog stands behind what was sent and is delivered.
  func takeCheckpoints(into changes: inout StateChanges) {
    let now = EventTime(milliseconds: clock.wall())
    for (mark, offset) in sender.producer.takeDeliveredOffsets() {
      changes.begin(task: Int32(mark - 1))
      changes.set(
        ChangelogCheckpoint(
          offset: offset.rawValue + 1, progressOffset: offset.rawValue, savedAt: now))
    }
  }
}
