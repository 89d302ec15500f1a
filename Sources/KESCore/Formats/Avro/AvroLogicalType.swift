// What a type means, besides what its bytes are.

/// The logical types of the specification (Avro 1.12, "Logical Types"). One that the specification
/// does not know, or that stands on a type that cannot have it, is ignored, as it says.
enum AvroLogicalType: String, Sendable {
  case decimal
  case bigDecimal = "big-decimal"
  case uuid
  case date
  case timeMillis = "time-millis"
  case timeMicros = "time-micros"
  case timestampMillis = "timestamp-millis"
  case timestampMicros = "timestamp-micros"
  case timestampNanos = "timestamp-nanos"
  case localTimestampMillis = "local-timestamp-millis"
  case localTimestampMicros = "local-timestamp-micros"
  case localTimestampNanos = "local-timestamp-nanos"
  case duration

  func fits(_ type: AvroType) -> Bool {
    switch (self, type) {
    case (.decimal, .bytes), (.decimal, .fixed), (.bigDecimal, .bytes): true
    case (.uuid, .string), (.uuid, .fixed(_, size: 16)): true
    case (.date, .int), (.timeMillis, .int), (.timeMicros, .long): true
    case (.duration, .fixed(_, size: 12)): true
    case (_, .long): timestampUnit != nil
    default: false
    }
  }

  /// Of a point in time, in whatever zone.
  var timestampUnit: TimeUnit? {
    switch self {
    case .timestampMillis, .localTimestampMillis: .milliseconds
    case .timestampMicros, .localTimestampMicros: .microseconds
    case .timestampNanos, .localTimestampNanos: .nanoseconds
    default: nil
    }
  }

  /// Of a time of day.
  var timeOfDayUnit: TimeUnit? {
    switch self {
    case .timeMillis: .milliseconds
    case .timeMicros: .microseconds
    default: nil
    }
  }
}

extension AvroSchema {
  /// In what values of a type count time, where they may be points in time: a number that does not
  /// say so counts milliseconds (cli.md, section 1). Nil for dates, times of day and all else.
  func timeUnit(of type: Int) -> TimeUnit? {
    switch (types[type], logicalTypes[type]) {
    case (.int, nil), (.long, nil): .milliseconds
    case (.long, let logical?): logical.timestampUnit
    default: nil
    }
  }

  /// The types of the times of events: of `timestamp`, and in a `SessionClosed` of `start` and
  /// `end`; of a union its branches.
  var eventTimes: Set<Int> {
    var found: Set<Int> = []
    for field in rootFields ?? [] {
      if field.name == "timestamp" { found.formUnion(alternatives(of: field.type)) }
      guard field.name == "event" else { continue }
      for branch in alternatives(of: field.type) {
        guard case .record(let name, let inside) = types[branch],
          name.unqualified == "SessionClosed"
        else { continue }
        for time in inside where time.name == "start" || time.name == "end" {
          found.formUnion(alternatives(of: time.type))
        }
      }
    }
    return found
  }

  /// The branches of a union; another type itself.
  private func alternatives(of type: Int) -> [Int] {
    if case .union(let branches) = types[type] { branches } else { [type] }
  }

  /// What a type is called where it is not what it should be: `date (int)`, `null or string`.
  func described(_ type: Int) -> String {
    if case .union(let branches) = types[type], !branches.isEmpty {
      return branches.map(described).joined(separator: " or ")
    }
    return logicalTypes[type].map { "\($0.rawValue) (\(name(of: type)))" } ?? name(of: type)
  }
}
