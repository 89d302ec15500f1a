// In what a schema counts its times.

/// How a long tells a point in time: since the epoch, negative before it.
public enum TimeUnit: UInt8, BitwiseCopyable, Sendable {
  case milliseconds, microseconds, nanoseconds

  /// How many make a millisecond.
  var perMillisecond: Int64 {
    switch self {
    case .milliseconds: 1
    case .microseconds: 1000
    case .nanoseconds: 1_000_000
    }
  }

  /// `value` of this unit in `other`: rounded down, also before the epoch; or where that leaves 64
  /// bits, held at the last value that fits.
  func convert(_ value: Int64, to other: TimeUnit) -> (value: Int64, isHeld: Bool) {
    if other.perMillisecond < perMillisecond {
      let divisor = perMillisecond / other.perMillisecond
      let quotient = value / divisor
      return (value % divisor < 0 ? quotient - 1 : quotient, false)
    }
    let factor = other.perMillisecond / perMillisecond
    let (product, overflow) = value.multipliedReportingOverflow(by: factor)
    return (overflow ? (value < 0 ? .min : .max) : product, overflow)
  }

  /// The milliseconds that this unit can hold.
  var milliseconds: ClosedRange<Int64> { .min / perMillisecond ... .max / perMillisecond }
}
