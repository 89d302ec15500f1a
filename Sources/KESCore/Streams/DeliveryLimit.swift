// How long records may wait for their brokers when a run is to stop.

internal import Synchronization

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
