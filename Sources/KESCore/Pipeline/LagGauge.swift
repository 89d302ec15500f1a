// How far events lag behind the stream time of their partitions.

/// Measures the greatest lag: of an event behind the greatest time before it in its partition.
struct LagGauge {
  private var streamTimes: [Int32: EventTime] = [:]
  private var current: Int32 = -1
  private var streamTime: EventTime = .beforeAll
  private var greatest: UInt64 = 0

  @inline(__always)
  mutating func note(_ time: EventTime, of partition: Int32) {
    if partition != current { change(to: partition) }
    streamTime = max(streamTime, time)
    greatest = max(greatest, time.elapsed(until: streamTime))
  }

  @inline(never)
  private mutating func change(to partition: Int32) {
    if current >= 0 { streamTimes[current] = streamTime }
    (current, streamTime) = (partition, streamTimes[partition] ?? .beforeAll)
  }

  /// In milliseconds, since the last call.
  mutating func take() -> UInt64 {
    defer { greatest = 0 }
    return greatest
  }
}
