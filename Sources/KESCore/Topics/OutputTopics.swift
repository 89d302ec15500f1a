// The topics that a run writes to: seen before it begins, or made.

/// Sees that topics are there.
public final class OutputTopics {
  /// How topics are made that are missing.
  public struct Creation: Sendable {
    /// Nil for as many as `source` has.
    public var partitionCount: Int32?
    /// Nil leaves it to the brokers (KIP-464).
    public var replicationFactor: Int32?
    /// Such as `retention.ms`.
    public var properties: [String: String]
    /// The topic at the other end of the run; nil for none.
    public var source: String?

    public init(
      partitionCount: Int32? = nil, replicationFactor: Int32? = nil,
      properties: [String: String] = [:], source: String? = nil
    ) {
      self.partitionCount = partitionCount
      self.replicationFactor = replicationFactor
      self.properties = properties
      self.source = source
    }
  }

  private let admin: KafkaAdmin
  private let creation: Creation?
  private let connectTimeout: Int64
  private let signals: Signals
  private let onNote: (String) -> Void

  /// Connects to nothing yet.
  ///
  /// - Parameters:
  ///   - creation: how missing topics are made; nil where they are not to be.
  ///   - connectTimeout: how long to wait for a broker, in milliseconds.
  ///   - onNote: told what a user may want to know.
  /// Throws `Failure`.
  public init(
    _ configuration: KafkaConfiguration, creation: Creation?, connectTimeout: Int64,
    signals: Signals, onNote: @escaping (String) -> Void = { _ in }
  ) throws(Failure) {
    admin = try KafkaAdmin(configuration)
    self.creation = creation
    self.connectTimeout = connectTimeout
    self.signals = signals
    self.onNote = onNote
  }

  /// How long an answer of brokers that are there may take, in milliseconds. Our choice.
  private static let answerTime: Int64 = 60_000
  /// The same of what a run goes on without. Our choice.
  private static let lookTime: Int64 = 5000

  private func patience(_ milliseconds: Int64) -> KafkaPatience {
    let signals = signals
    return KafkaPatience(milliseconds: milliseconds) { signals.stop != nil }
  }

  /// Sees that the topic is there, and makes it where that is asked for. Throws
  /// `.cannotCreate` where it is not; `.unavailable` where no broker answers in time, and `.missing`
  /// where the topic at the other end is not there.
  public func require(_ name: String) throws(Failure) {
    let patience = patience(OutputTopics.answerTime)
    try admin.connect(self.patience(connectTimeout), onWait: onNote)
    if try admin.topic(name, patience) != nil { return }
    guard let creation else { throw OutputTopics.isMissing(name) }
    try create(name, creation, patience)
  }

  private func create(
    _ name: String, _ creation: Creation, _ patience: KafkaPatience
  ) throws(Failure) {
    let count = try partitionCount(creation, patience)
    let topic = KafkaNewTopic(
      name: name, partitionCount: count ?? 1, replicationFactor: creation.replicationFactor,
      properties: creation.properties)
    let isOurs: Bool
    do throws(Failure) {
      // Where somebody else was faster, it is there all the same.
      isOurs = try admin.createTopic(topic, patience)
    } catch {
      var error = error
      if error.kind == .configuration {
        error.remedy = "see --partitions, --replication and --topic-config"
      }
      throw error
    }
    if isOurs && count == nil {
      onNote(
        "topic \(name): created with 1 partition, which one process of a group reads at a time;"
          + " --partitions N creates more")
    }
  }

  /// As many as the user says, or as the topic at the other end has; nil where there is no such.
  private func partitionCount(
    _ creation: Creation, _ patience: KafkaPatience
  ) throws(Failure) -> Int32? {
    if let count = creation.partitionCount { return count }
    guard let source = creation.source else { return nil }
    guard let found = try admin.topic(source, patience) else { throw TopicReader.isMissing(source) }
    return found.partitionCount
  }

  /// How old the records of a topic may be, by their own times, before brokers remove them, in
  /// milliseconds; nil where they stay. Throws `Failure` where brokers do not tell.
  public func retention(of name: String) throws(Failure) -> Int64? {
    let properties = try admin.properties(ofTopic: name, patience(OutputTopics.lookTime))
    let isRemoved = properties["cleanup.policy"]?.contains("delete") ?? true
    let isByOwnTime = properties["message.timestamp.type"] != "LogAppendTime"
    guard isRemoved, isByOwnTime, let text = properties["retention.ms"] else { return nil }
    return Int64(text).flatMap { $0 < 0 ? nil : $0 }
  }

  /// What a topic that is to be written to fails with where it is not there.
  static func isMissing(_ name: String) -> Failure {
    Failure(
      .cannotCreate, operation: "write to it", place: Place(topic: name),
      reason: "there is no such topic",
      advice: "create it, have it created by --create-topics, or see how it is spelled"
    ).of(.output)
  }
}
