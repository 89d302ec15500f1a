// How librdkafka wakes a thread that waits for descriptors.

internal import Glibc

/// A pipe whose read end becomes readable when a queue that was empty is not any more.
struct KafkaWakePipe: ~Copyable {
  /// To be waited for.
  let reading: Int32
  /// To be written to; never blocks.
  let writing: Int32
  private let counts: KafkaHandleCounts

  init(_ counts: KafkaHandleCounts) throws(KafkaError) {
    var ends = InlineArray<2, Int32>(repeating: -1)
    var span = ends.mutableSpan
    let result = unsafe span.withUnsafeMutableBufferPointer {
      unsafe pipe($0.baseAddress)
    }
    if result != 0 {
      throw KafkaError(
        .environment, operation: "make a pipe", place: KafkaPlace(), reason: systemReason(errno))
    }
    for index in 0..<2 {
      _ = fcntl(ends[index], F_SETFD, FD_CLOEXEC)
      _ = fcntl(ends[index], F_SETFL, O_NONBLOCK)
    }
    reading = ends[0]
    writing = ends[1]
    self.counts = counts
    counts.open(.descriptor, 2)
  }

  deinit {
    close(reading)
    close(writing)
    counts.close(.descriptor, 2)
  }

  /// Forgets what was written, so that the next wait waits.
  func drain() {
    var room = InlineArray<64, UInt8>(repeating: 0)
    var span = room.mutableSpan
    unsafe span.withUnsafeMutableBytes { room in
      while unsafe read(reading, room.baseAddress, room.count) > 0 {}
    }
  }

  /// Why waiting ended.
  enum Wait { case over, interrupted }

  /// Waits until there is something, or so many milliseconds; a signal ends it, too.
  func wait(milliseconds: Int32) -> Wait {
    var descriptor = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&descriptor, 1, milliseconds) < 0 && errno == EINTR ? .interrupted : .over
  }
}
