// Where to begin reading: as the user says it, and as the brokers know it.

internal import CRdkafka

/// What `--offset` takes, in kcat's forms.
public enum KafkaOffsetSpecification: Hashable, Sendable {
  case beginning
  case end
  /// The record with this number; the end where there are fewer.
  case number(Int64)
  /// So many records before the end, or at the beginning where there are fewer. Offsets count, so
  /// that transactions' markers and what compaction removed count, too.
  case beforeEnd(Int64)
  /// The first record of this time or later, in milliseconds since the epoch; the end where there
  /// is none.
  case time(EventTime)

  /// What the forms look like, for messages.
  public static let expected = "beginning, end, N, -N or s@MILLISECONDS"

  /// Parses `beginning`, `end`, `N`, `-N` or `s@MS`; nil for anything else.
  public init?(_ text: String) {
    switch text {
    case "beginning": self = .beginning
    case "end": self = .end
    default:
      guard let found = KafkaOffsetSpecification(number: text) else { return nil }
      self = found
    }
  }

  private init?(number text: String) {
    if text.hasPrefix("s@") {
      guard let milliseconds = KafkaOffsetSpecification.digits(text.dropFirst(2)) else {
        return nil
      }
      self = .time(EventTime(milliseconds: milliseconds))
    } else if text.hasPrefix("-") {
      guard let count = KafkaOffsetSpecification.digits(text.dropFirst()) else { return nil }
      self = .beforeEnd(count)
    } else {
      guard let number = KafkaOffsetSpecification.digits(text[...]) else { return nil }
      self = .number(number)
    }
  }

  /// Digits alone: no sign, no spaces.
  private static func digits(_ text: Substring) -> Int64? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      ? Int64(text) : nil
  }

  /// The offset to begin at. `atTime` is that of the first record of the specified time or later.
  func offset(in watermarks: KafkaWatermarks, atTime: KafkaOffset) -> KafkaOffset {
    switch self {
    case .beginning: return watermarks.low
    case .end: return watermarks.high
    // Before the first one is left as it is: what is gone must not be passed over in silence.
    case .number(let number): return min(KafkaOffset(number), watermarks.high)
    case .beforeEnd(let count):
      // `high` is not negative, so that this cannot overflow.
      return max(watermarks.low, KafkaOffset(watermarks.high.rawValue - count))
    case .time: return atTime.isNumber ? atTime : watermarks.high
    }
  }
}

extension KafkaOffsetSpecification: CustomStringConvertible {
  public var description: String {
    switch self {
    case .beginning: "beginning"
    case .end: "end"
    case .number(let number): "\(number)"
    case .beforeEnd(let count): "-\(count)"
    case .time(let time): "s@\(time.milliseconds)"
    }
  }
}

extension KafkaClient {
  /// The first and next offsets of `partitions`. Throws `Failure`: `.missing` where one is
  /// not there. Cost: two requests to each broker that leads some of them.
  public func watermarks(
    _ partitions: [KafkaPartition], _ patience: KafkaPatience
  ) throws(Failure) -> [KafkaPartition: KafkaWatermarks] {
    let deadline = KafkaDeadline(patience)
    // The times -2 and -1 stand for the first and the next offset (KIP-79).
    let lows = try offsets(KafkaOffset.beginning.rawValue, partitions, deadline)
    let highs = try offsets(KafkaOffset.end.rawValue, partitions, deadline)
    return lows.merging(highs) { low, high in
      KafkaWatermarks(low: low.low, high: high.high)
    }
  }

  private func offsets(
    _ time: Int64, _ partitions: [KafkaPartition], _ deadline: KafkaDeadline
  ) throws(Failure) -> [KafkaPartition: KafkaWatermarks] {
    var found: [KafkaPartition: KafkaWatermarks] = [:]
    for (partition, offset) in try offsets(atTime: time, of: partitions, deadline) {
      found[partition] = KafkaWatermarks(low: offset, high: offset)
    }
    return found
  }

  /// The offset in each partition of the first record of `time` or later; `.end` where there is
  /// none. Throws `Failure`.
  private func offsets(
    atTime time: Int64, of partitions: [KafkaPartition], _ deadline: KafkaDeadline
  ) throws(Failure) -> [KafkaPartition: KafkaOffset] {
    if partitions.isEmpty { return [:] }
    while true {
      do throws(Failure) {
        return try askForOffsets(atTime: time, of: partitions, deadline)
      } catch {
        // Leaders move, and those of a new topic are to be found first.
        if error.kind != .retriable || deadline.isOver { throw error }
        try deadline.checkInterruption("ask for offsets", error.place)
        unsafe rd_kafka_poll(client.pointer, deadline.remaining(atMost: 50))
      }
    }
  }

  private func askForOffsets(
    atTime time: Int64, of partitions: [KafkaPartition], _ deadline: KafkaDeadline
  ) throws(Failure) -> [KafkaPartition: KafkaOffset] {
    let asked = KafkaSharedList(
      KafkaPartitionList(partitions.map { KafkaPosition($0, KafkaOffset(time)) }, client.counts))
    let place = Place(topic: partitions[0].topic)
    let client = client
    let code = try client.waiting("ask for offsets", place, deadline) { milliseconds in
      unsafe rd_kafka_offsets_for_times(client.pointer, asked.list.pointer, milliseconds).rawValue
    }
    if let (partition, code) = asked.list.firstFailure {
      throw client.failure(code, "ask for offsets", Place(partition))
    }
    try client.check(rd_kafka_resp_err_t(rawValue: code), "ask for offsets", place)
    return Dictionary(asked.list.positions.map { ($0.partition, $0.offset) }) { $1 }
  }

  /// Where to begin in `partitions` by what the user says, as numbers. Throws `Failure`.
  public func resolve(
    _ specification: KafkaOffsetSpecification, in partitions: [KafkaPartition],
    _ patience: KafkaPatience
  ) throws(Failure) -> [KafkaPosition] {
    let deadline = KafkaDeadline(patience)
    let watermarks = try watermarks(partitions, patience)
    var atTime: [KafkaPartition: KafkaOffset] = [:]
    if case .time(let time) = specification {
      // Negative times stand for something else.
      let time = max(time.milliseconds, 0)
      atTime = try offsets(atTime: time, of: partitions, deadline)
    }
    return partitions.compactMap { partition in
      guard let marks = watermarks[partition] else { return nil }
      return KafkaPosition(
        partition, specification.offset(in: marks, atTime: atTime[partition] ?? .end))
    }
  }
}
