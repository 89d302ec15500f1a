// The topics that a run writes to: seen before it begins, or made.

/// Sees that topics are there.
public final class OutputTopics {
  /// How topics are made that are missing.
  public struct Creation: Sendable {
    /// Nil leaves it to the brokers (KIP-464).
    public var partitionCount: Int32?
    public var replicationFactor: Int32?

    public init(partitionCount: Int32? = nil, replicationFactor: Int32? = nil) {
      self.partitionCount = partitionCount
      self.replicationFactor = replicationFactor
    }
  }

  private let admin: KafkaAdmin
  private let creation: Creation?
  private let connectTimeout: Int64
  private let signals: Signals

  /// Connects to nothing yet.
  ///
  /// - Parameters:
  ///   - creation: how missing topics are made; nil where they are not to be.
  ///   - connectTimeout: how long to wait for a broker, in milliseconds.
  /// Throws `StreamError.topic`.
  public init(
    _ configuration: KafkaConfiguration, creation: Creation?, connectTimeout: Int64,
    signals: Signals
  ) throws(StreamError) {
    admin = try sending { () throws(KafkaError) in try KafkaAdmin(configuration) }
    self.creation = creation
    self.connectTimeout = connectTimeout
    self.signals = signals
  }

  /// How long an answer of brokers that are there may take, in milliseconds. Our choice.
  private static let answerTime: Int64 = 60_000

  private func patience(_ milliseconds: Int64) -> KafkaPatience {
    let signals = signals
    return KafkaPatience(milliseconds: milliseconds) { signals.stop != nil }
  }

  /// Sees that the topic is there, and makes it where that is asked for. Throws `StreamError`:
  /// `.missingOutputTopic`; `.topic`, of the kind `.environment` where no broker answers in time.
  public func require(_ name: String) throws(StreamError) {
    let patience = patience(OutputTopics.answerTime)
    let isThere = try sending { () throws(KafkaError) in
      try admin.connect(self.patience(connectTimeout))
      return try admin.topic(name, patience) != nil
    }
    if isThere { return }
    guard let creation else { throw OutputTopics.isMissing(name) }
    let topic = KafkaNewTopic(
      name: name, partitionCount: creation.partitionCount ?? -1,
      replicationFactor: creation.replicationFactor)
    // Where somebody else was faster, it is there all the same.
    _ = try sending { () throws(KafkaError) in try admin.createTopic(topic, patience) }
  }

  /// What a topic that is to be written to fails with where it is not there.
  static func isMissing(_ name: String) -> StreamError {
    .missingOutputTopic(
      KafkaError(
        .missingTopic, operation: "write to it", place: KafkaPlace(topic: name),
        reason: "there is no such topic",
        advice: "create it, have it created by --create-topics, or see how it is spelled"))
  }
}
