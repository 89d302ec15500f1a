// How fast things come, by the clock.

/// Rates over the last two seconds, and their history, from counts taken twice a second.
struct WatchPulse: Sendable {
  /// What had been counted at a moment.
  private struct Sample {
    var moment: Int64
    var records: Int64
    /// Sessions by the name of their status.
    var sessions: [String: Int64]
  }

  private static let keptSamples = 5
  private static let keptRates = 512

  private var samples: [Sample] = []
  private let started: Int64
  /// Records a second between every two samples, the latest last.
  private(set) var history: [Double] = []

  /// - Parameter now: milliseconds of the monotonic clock.
  init(now: Int64) {
    started = now
    samples = [Sample(moment: now, records: 0, sessions: [:])]
  }

  /// How long it has been taken, in milliseconds.
  var elapsed: UInt64 { UInt64(max(0, (samples.last?.moment ?? started) - started)) }

  mutating func take(_ summary: borrowing EventSummary, now: Int64) {
    var sessions: [String: Int64] = [:]
    summary.forEachStatus { status, figures in sessions["\(status)"] = figures.count }
    let sample = Sample(moment: now, records: summary.records, sessions: sessions)
    if let last = samples.last, now > last.moment {
      history.append(WatchPulse.rate(sample.records - last.records, now - last.moment))
    }
    samples.append(sample)
    samples.removeFirst(max(0, samples.count - WatchPulse.keptSamples))
    history.removeFirst(max(0, history.count - WatchPulse.keptRates))
  }

  private static func rate(_ count: Int64, _ milliseconds: Int64) -> Double {
    milliseconds <= 0 ? 0 : Double(count) * 1000 / Double(milliseconds)
  }

  /// Records a second.
  var recordRate: Double { rate { $0.records } }

  /// Sessions of a status a second.
  func sessionRate(_ status: String) -> Double { rate { $0.sessions[status] ?? 0 } }

  private func rate(_ count: (Sample) -> Int64) -> Double {
    guard let first = samples.first, let last = samples.last else { return 0 }
    return WatchPulse.rate(count(last) - count(first), last.moment - first.moment)
  }
}
