// What is simulated, and for how long.

/// How devices behave, and when they stop.
struct SimulationSettings: Sendable {
  /// At least 1; memory is 4 bytes a device.
  var devices = 5
  /// Events a second of event time, all devices together; greater than 0.
  var rate = 5.0
  /// How many events devices send.
  var greatestEvents = Int64.max
  /// How many sessions are opened; the run goes on until all have completed.
  var greatestSessions = Int64.max
  /// Events come before this many milliseconds of event time have passed.
  var duration = Int64.max

  /// How many devices are awake at once: as many as send about once a second.
  var greatestAwake: Int { max(1, Int(min(rate, Double(devices)))) }
}
