// Sums of numbers that come from outside.

extension Int64 {
  /// The sum, held at the greatest number; both must not be negative.
  func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
