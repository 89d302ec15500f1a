// What stands before the bars of a histogram.

/// Names of bins.
enum BinLabel {
  /// `5 to 9`; `3` where the bin holds one number.
  static func numbers(_ least: UInt64, below next: UInt64?) -> String {
    guard let next else { return "\(least) or more" }
    return next == least + 1 ? "\(least)" : "\(least) to \(next - 1)"
  }

  /// `1s to 2s`: from the first up to, and without, the second.
  static func durations(_ least: UInt64, below next: UInt64?) -> String {
    guard let next else { return "\(short(least)) or more" }
    return "\(short(least)) to \(short(next))"
  }

  /// The largest unit of which it is a whole number: `0.1s`, `30s`, `2m`, `1h`, `7d`.
  private static func short(_ milliseconds: UInt64) -> String {
    for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
      as [(String, UInt64)] where milliseconds >= length && milliseconds % length == 0
    {
      return "\(milliseconds / length)\(unit)"
    }
    return milliseconds == 0 ? "0s" : "0.\(milliseconds / 100)s"
  }
}
