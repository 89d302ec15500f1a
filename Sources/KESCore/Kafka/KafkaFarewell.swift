// Ending what may not end in time.

internal import Glibc
internal import Synchronization

/// Work on a thread of its own that nobody waits for longer than he wants to: a client ends only
/// when all its threads do, and one may be asking for an address that no server answers; and calls
/// that wait for brokers may not come back.
final class KafkaFarewell: Sendable {
  /// Given up before the end is told, so that nothing is held any more when somebody goes on.
  private let work: Mutex<(@Sendable () -> Void)?>
  /// Becomes readable when the work is done.
  private let reading: Int32
  private let writing: Int32

  private init?(_ work: @escaping @Sendable () -> Void) {
    var ends = InlineArray<2, Int32>(repeating: -1)
    var span = ends.mutableSpan
    let result = unsafe span.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress) }
    if result != 0 { return nil }
    (reading, writing) = (ends[0], ends[1])
    self.work = Mutex(work)
  }

  deinit {
    close(reading)
    close(writing)
  }

  /// Runs `work`, and waits for its end up to `milliseconds`; returns whether it has ended. What has
  /// not goes on by itself.
  @discardableResult
  static func run(milliseconds: Int64, _ work: @escaping @Sendable () -> Void) -> Bool {
    guard let farewell = KafkaFarewell(work), farewell.start() else {
      work()
      return true
    }
    return farewell.wait(KafkaDeadline(KafkaPatience(milliseconds: milliseconds)))
  }

  /// Runs `work`, and waits for its end as long as `waits` says so, which is asked ten times a second;
  /// returns whether it has ended. What has not goes on by itself.
  static func run(while waits: () -> Bool, _ work: @escaping @Sendable () -> Void) -> Bool {
    guard let farewell = KafkaFarewell(work), farewell.start() else {
      work()
      return true
    }
    while true {
      var descriptor = pollfd(fd: farewell.reading, events: Int16(POLLIN), revents: 0)
      if unsafe poll(&descriptor, 1, 100) > 0 { return true }
      if !waits() { return false }
    }
  }

  /// False where there can be no thread.
  private func start() -> Bool {
    var thread = pthread_t()
    let context = unsafe Unmanaged.passRetained(self)
    let code = unsafe pthread_create(&thread, nil, runFarewell, context.toOpaque())
    if code == 0 { pthread_detach(thread) } else { unsafe context.release() }
    return code == 0
  }

  private func wait(_ deadline: KafkaDeadline) -> Bool {
    while true {
      var descriptor = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
      if unsafe poll(&descriptor, 1, deadline.remaining()) > 0 { return true }
      if deadline.isOver { return false }
    }
  }

  fileprivate func finish() {
    do {
      let taken = work.withLock { work in
        defer { work = nil }
        return work
      }
      taken?()
    }
    _ = unsafe write(writing, "!", 1)
  }
}

/// The thread; `context` is a `KafkaFarewell` with a reference for it.
@c(kes_kafka_farewell)
private func runFarewell(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context = unsafe context else { return nil }
  unsafe Unmanaged<KafkaFarewell>.fromOpaque(context).takeRetainedValue().finish()
  return nil
}
