// One event of a simulated device, before it has a format.

import KESCore

/// What devices measure.
enum Quantity: UInt8, BitwiseCopyable, CaseIterable {
  case temperature, humidity, pressure, wind

  /// The `name` of a `DataReceived`.
  var name: StaticString {
    switch self {
    case .temperature: "temperature"
    case .humidity: "humidity"
    case .pressure: "pressure"
    case .wind: "wind"
    }
  }
}

/// An event as numbers: 16 bytes, so that many can be held back.
struct SimulatedEvent: BitwiseCopyable, Equatable {
  /// Its event time, in milliseconds since the start of the run.
  var offset: Int64
  /// The device is `device-N`.
  var device: UInt32
  var kind: EventKind
  /// Of `DataReceived`: what was measured, and its value in thousandths, 0 to 999.
  var quantity: Quantity = .temperature
  var thousandths: UInt16 = 0
}
