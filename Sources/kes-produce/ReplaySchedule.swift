// When a recorded event is due.

import KESCore

/// Maps event times to moments, by the first event and the speed.
struct ReplaySchedule: Sendable {
  private let firstTime: EventTime
  private let firstMoment: Int64
  private let speed: Double

  /// - Parameters:
  ///   - moment: when the first event is sent, in milliseconds of the monotonic clock.
  ///   - speed: greater than 0.
  init(first: EventTime, at moment: Int64, speed: Double) {
    firstTime = first
    firstMoment = moment
    self.speed = speed
  }

  /// When an event of this time is due. One that is earlier than others before it is due already.
  func moment(of time: EventTime) -> Int64 {
    let wait = Double(firstTime.elapsed(until: time)) / speed
    return firstMoment + Int64(min(wait, 0x1p61))
  }
}
