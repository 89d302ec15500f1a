// A producer and the topics that it sends to, shared by all outputs of a run.

internal import Synchronization

/// Sends records; where the producer is transactional, the first one begins a transaction.
public final class TopicSender {
  public private(set) var producer: KafkaProducer
  private let isTransactional: Bool
  private let signals: Signals
  private let make: () throws(Failure) -> KafkaProducer
  private let onNotice: (KafkaNotice) -> Void
  private let limit: DeliveryLimit
  private var topics: [String: KafkaTopic] = [:]

  /// How long a turn of waiting for deliveries takes, in milliseconds: between turns is said what
  /// the library has to say, and a signal is noticed.
  private static let turn: Int64 = 250

  /// - Parameters:
  ///   - onNotice: told what librdkafka has to say.
  ///   - make: makes the producer, and another where that one is done with.
  public init(
    isTransactional: Bool = false, signals: Signals,
    onNotice: @escaping (KafkaNotice) -> Void = { _ in },
    _ make: @escaping () throws(Failure) -> KafkaProducer
  ) throws(Failure) {
    producer = try make()
    self.isTransactional = isTransactional
    self.signals = signals
    self.onNotice = onNotice
    self.make = make
    limit = DeliveryLimit(signals)
    let limit = limit
    patience = KafkaPatience(milliseconds: DeliveryLimit.usual) { limit.isOver }
  }

  /// Puts a new producer in the place of one that is done with. Throws `Failure`.
  func replaceProducer() throws(Failure) {
    topics = [:]
    producer = try make()
  }

  /// How long the library's queue may stay full, and deliveries may take.
  let patience: KafkaPatience

  /// A topic to send to. Throws `Failure` where the name cannot be a topic's.
  func topic(_ name: String) throws(Failure) -> KafkaTopic {
    if let topic = topics[name] { return topic }
    let topic = try producer.topic(name)
    topics[name] = topic
    if !topicNames.contains(name) { topicNames.append(name) }
    return topic
  }

  /// All that was sent to, also by producers that were replaced.
  private(set) var topicNames: [String] = []

  /// To be called before records are sent: begins a transaction where one is needed. Throws
  /// `Failure`.
  func beginSending() throws(Failure) {
    if isTransactional && producer.transactionState == .ready { try producer.beginTransaction() }
  }

  /// Sends a record (see `KafkaProducer.produce`). Throws `Failure`, never of the kind
  /// `.interrupted`: what is not sent is lost.
  @inline(__always)
  func send(
    key: Span<UInt8>?, value: Span<UInt8>?, to topic: KafkaTopic, timestamp: EventTime? = nil,
    headers: consuming KafkaHeaders? = nil
  ) throws(Failure) {
    do throws(Failure) {
      try producer.produce(
        key: key, value: value, to: topic, timestamp: timestamp, headers: headers.take(),
        patience: patience)
    } catch {
      throw TopicSender.asLoss(error)
    }
  }

  private static func asLoss(_ error: Failure) -> Failure {
    var error = error
    if error.kind == .interrupted { error.become(.unavailable) }
    return error
  }

  /// To be called when records were sent: throws what has failed meanwhile.
  func checkDeliveries() throws(Failure) {
    producer.serve()
    tellNotices()
    if let failure = producer.firstFailure { throw failure }
  }

  private func tellNotices() { producer.takeNotices().forEach(onNotice) }

  /// Waits until all is delivered; within a transaction, its commit does that. Throws `Failure`.
  func deliver() throws(Failure) {
    if isTransactional { return }
    let deadline = KafkaDeadline(patience)
    while true {
      do throws(Failure) {
        return try producer.flush(KafkaPatience(milliseconds: TopicSender.turn))
      } catch {
        tellNotices()
        if producer.firstFailure != nil || deadline.isOver || limit.isOver { throw error }
      }
    }
  }
}

/// Whether there has been time enough to deliver records since a signal asked to stop.
final class DeliveryLimit: Sendable {
  /// How long deliveries may take, in milliseconds. Our choice: as long as librdkafka tries to
  /// deliver a record (`message.timeout.ms`).
  static let usual: Int64 = 300_000
  /// The same once a signal has asked to stop: our choice, as a second signal does not wait at all.
  private static let afterStop: Int64 = 15_000
  /// How long a step of a transaction may take then: our choice, as nothing is lost where it is not
  /// taken.
  static let ofTransactionAfterStop: Int64 = 5000

  private let signals: Signals
  private let milliseconds: Int64
  /// When the stop was noticed, in milliseconds of the monotonic clock; 0 for not yet.
  private let stopTime = Atomic<Int64>(0)

  /// - Parameter milliseconds: how long that is.
  init(_ signals: Signals, milliseconds: Int64 = DeliveryLimit.afterStop) {
    self.signals = signals
    self.milliseconds = milliseconds
  }

  var isOver: Bool {
    if signals.stop == nil { return false }
    let now = KafkaDeadline.now
    let (_, noticed) = stopTime.compareExchange(expected: 0, desired: now, ordering: .relaxed)
    return noticed != 0 && now - noticed >= milliseconds
  }
}
