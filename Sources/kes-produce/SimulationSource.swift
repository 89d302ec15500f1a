// Simulated events as a batch that any encoder takes.

import KESCore

/// Fills batches with events as they arrive.
struct SimulationSource: ~Copyable {
  /// How many events a batch has at most.
  static let batchSize = 4096
  /// How many events that devices send are looked at for a batch at most. Where nearly all are lost
  /// or delayed, a batch then has fewer, or none: the run must get to its signals in between.
  static let drawsPerBatch = 16 * batchSize

  private let settings: SimulationSettings
  private var faults: FaultInjector
  private let start: EventTime
  private let greatestCount: Int64
  private var count: Int64 = 0
  private var greatestOffset: Int64 = 0
  private var greatestLag: Int64 = 0

  /// `seed` and `start` together fix every event.
  ///
  /// - Parameters:
  ///   - start: when the run begins; times beyond 64 bits are held at the last.
  ///   - greatestCount: how many events are handed out at most.
  init(
    _ settings: SimulationSettings, faults: Faults, seed: UInt64, start: EventTime,
    greatestCount: Int64 = .max
  ) {
    self.settings = settings
    self.start = start
    self.greatestCount = greatestCount
    var generator = SplitMix64(seed: seed)
    let faultGenerator = SplitMix64(seed: generator.next())
    self.faults = FaultInjector(
      DeviceSimulator(settings: settings, generator: generator), faults: faults,
      generator: faultGenerator)
  }

  /// When the next event may come, in milliseconds since the start of the run; nil at the end.
  var nextArrival: Int64? { count < greatestCount ? faults.nextArrival : nil }

  /// Replaces the content of `batch` with the next events that arrive up to `horizon`, in
  /// milliseconds since the start of the run; none where the next comes later, or lies behind more
  /// than `drawsPerBatch` that do not arrive. How events are spread over batches changes none.
  mutating func fill(_ batch: inout Batch, until horizon: Int64) {
    batch.removeAll()
    let names = SimulationSource.appendNames(to: &batch.bytes)
    let room = Int(min(Int64(SimulationSource.batchSize), greatestCount - count))
    var draws = SimulationSource.drawsPerBatch
    while batch.records.count < room, let event = faults.next(until: horizon, draws: &draws) {
      append(event, names, to: &batch)
    }
  }

  /// The names of quantities stand once a batch.
  private static func appendNames(to bytes: inout ByteBlock) -> InlineArray<4, TextRange> {
    var names = InlineArray<4, TextRange>(repeating: .empty)
    for quantity in Quantity.allCases {
      let offset = bytes.count
      bytes.append(quantity.name)
      names[Int(quantity.rawValue)] = TextRange(offset: offset, length: bytes.count - offset)
    }
    return names
  }

  @inline(__always)
  private mutating func append(
    _ event: SimulatedEvent, _ names: InlineArray<4, TextRange>, to batch: inout Batch
  ) {
    let offset = batch.bytes.count
    batch.bytes.append("device-")
    batch.bytes.append(decimal: UInt64(event.device))
    let length = batch.bytes.count - offset
    batch.records.append(
      Record(
        offset: offset, length: length, key: TextRange(offset: offset, length: length),
        time: start.advanced(by: UInt64(event.offset)), position: count, role: event.kind.role))
    var detail = EventDetail(kind: event.kind)
    detail.name = names[Int(event.quantity.rawValue)]
    detail.value = Double(event.thousandths) / 1000
    batch.details.append(detail)
    count += 1
    greatestOffset = max(greatestOffset, event.offset)
    greatestLag = max(greatestLag, greatestOffset - event.offset)
  }

  /// Those handed out are assigned.
  var ledger: Ledger {
    var ledger = faults.ledger
    ledger.assigned = count
    return ledger
  }

  /// The run's figures; the greatest lag is that since the last call.
  mutating func takeStatistics() -> Statistics {
    var statistics = Statistics()
    statistics.ledger = ledger
    statistics.openSessions = Int64(faults.awakeCount)
    statistics.greatestLag = UInt64(greatestLag)
    statistics.progress = progress
    greatestLag = 0
    return statistics
  }

  /// How far the run is on the way to its end, by the limit that is nearest.
  private var progress: (name: String, read: Int64, size: Int64)? {
    [
      ("records", count, greatestCount), ("events", faults.sentCount, settings.greatestEvents),
      ("sessions", faults.sessionCount, settings.greatestSessions),
      ("time", faults.nextArrival ?? settings.duration, settings.duration),
    ].filter { $0.2 != .max }.max { Double($0.1) / Double($0.2) < Double($1.1) / Double($1.2) }
  }
}
