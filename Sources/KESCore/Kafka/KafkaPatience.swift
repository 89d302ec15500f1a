// How long something may take.

/// How long to wait for brokers, and who may end the waiting early.
public struct KafkaPatience: Sendable {
  public var milliseconds: Int64
  /// Asked at least once a second while waiting; true ends it with an error of the kind
  /// `.interrupted`. A tool passes whether a signal has asked it to stop.
  public var isInterrupted: @Sendable () -> Bool

  public init(
    milliseconds: Int64, isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) {
    self.milliseconds = milliseconds
    self.isInterrupted = isInterrupted
  }
}
