// A producer and the topics that it sends to, shared by all outputs of a run.

/// Sends records; where the producer is transactional, the first one begins a transaction.
public final class TopicSender {
  public private(set) var producer: KafkaProducer
  private let isTransactional: Bool
  private let signals: Signals
  private let make: () throws(KafkaError) -> KafkaProducer
  private var topics: [String: KafkaTopic] = [:]

  /// In milliseconds. Our choice: as long as librdkafka tries to deliver a record
  /// (`message.timeout.ms`), and less where a signal has asked to stop.
  private static let deliveryTime: Int64 = 300_000
  private static let hurriedDeliveryTime: Int64 = 15_000

  /// - Parameter make: makes the producer, and another where that one is done with.
  public init(
    isTransactional: Bool = false, signals: Signals,
    _ make: @escaping () throws(KafkaError) -> KafkaProducer
  ) throws(KafkaError) {
    producer = try make()
    self.isTransactional = isTransactional
    self.signals = signals
    self.make = make
  }

  /// Puts a new producer in the place of one that is done with. Throws `KafkaError`.
  func replaceProducer() throws(KafkaError) {
    topics = [:]
    producer = try make()
  }

  /// How long deliveries may take.
  var patience: KafkaPatience {
    KafkaPatience(
      milliseconds: signals.stop == nil
        ? TopicSender.deliveryTime : TopicSender.hurriedDeliveryTime)
  }

  /// A topic to send to. Throws `KafkaError` where the name cannot be a topic's.
  func topic(_ name: String) throws(KafkaError) -> KafkaTopic {
    if let topic = topics[name] { return topic }
    let topic = try producer.topic(name)
    topics[name] = topic
    return topic
  }

  /// To be called before records are sent: begins a transaction where one is needed. Throws
  /// `KafkaError`.
  func beginSending() throws(KafkaError) {
    if isTransactional && producer.transactionState == .ready { try producer.beginTransaction() }
  }

  /// To be called when records were sent: throws what has failed meanwhile.
  func checkDeliveries() throws(KafkaError) {
    producer.serve()
    if let failure = producer.firstFailure { throw failure }
  }

  /// Waits until all is delivered; within a transaction, its commit does that. Throws `KafkaError`.
  func deliver() throws(KafkaError) {
    if !isTransactional { try producer.flush(patience) }
  }
}
