// Numbers for narrow tables: as much of them as there is room for.

/// What is left out is rounded down.
enum ShortText {
  /// In at most 8 columns, up to a hundred thousand years: `6.000s`, `2m05s`, `1h02m`, `3d01h`.
  static func duration(_ milliseconds: UInt64) -> String {
    let seconds = milliseconds / 1000
    switch seconds {
    case ..<60: return "\(seconds).\(padded(milliseconds % 1000, 3))s"
    case ..<3600: return "\(seconds / 60)m\(padded(seconds % 60, 2))s"
    case ..<86_400: return "\(seconds / 3600)h\(padded(seconds / 60 % 60, 2))m"
    case ..<86_400_000: return "\(seconds / 86_400)d\(padded(seconds / 3600 % 24, 2))h"
    default: return "\(seconds / 86_400)d"
    }
  }

  /// In at most 6 columns: `999999`, `1234k`, `1234M`.
  static func number(_ value: UInt64) -> String {
    if value < 1_000_000 { return "\(value)" }
    var (rest, letters) = (value / 1000, "kMGTP"[...])
    while rest >= 100_000, letters.count > 1 {
      rest /= 1000
      letters.removeFirst()
    }
    return "\(rest)\(letters.prefix(1))"
  }

  private static func padded(_ value: UInt64, _ width: Int) -> String {
    let digits = "\(value)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
