// What every client of a cluster can do.

/// What consumers, producers and who looks after topics have in common: a client of the library, with
/// connections of its own. Used by one thread at a time.
public class KafkaClient {
  final let client: KafkaClientHandle

  init(_ client: KafkaClientHandle) { self.client = client }

  /// What librdkafka has said since the last call.
  public final func takeNotices() -> [KafkaNotice] { client.context.notices.take() }

  /// Waits until a broker answers. Throws `KafkaError` of the kind `.environment`, with the brokers
  /// and the last reason, or `.interrupted`.
  ///
  /// - Parameter onWait: told once, after a second, why there is no connection yet.
  public final func connect(
    _ patience: KafkaPatience, onWait: (String) -> Void = { _ in }
  ) throws(KafkaError) {
    try client.connect(patience, onWait: onWait)
  }

  /// The first and next offsets, by their brokers. Throws `KafkaError`: `.missingTopic`.
  public final func watermarks(
    _ partitions: [KafkaPartition], _ patience: KafkaPatience
  ) throws(KafkaError) -> [KafkaPartition: KafkaWatermarks] {
    try client.watermarks(of: partitions, patience)
  }

  /// Where to begin in `partitions` by what the user says, as numbers. Throws `KafkaError`.
  public final func resolve(
    _ specification: KafkaOffsetSpecification, in partitions: [KafkaPartition],
    _ patience: KafkaPatience
  ) throws(KafkaError) -> [KafkaPosition] {
    try client.resolve(specification, in: partitions, patience)
  }
}
