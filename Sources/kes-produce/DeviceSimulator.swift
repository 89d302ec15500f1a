// Devices that wake up, send data and fall asleep.

import KESCore

/// The events of simulated devices, without faults, in the order of their times.
///
///     asleep ── DeviceWokeUp ──▶ awake ─┐ DataReceived
///        ▲                         │ ▲──┘
///        └────── AllDataSent ──────┘
///
/// Event i happens i / rate seconds after the start. Whether it wakes a device is drawn first: the
/// more places are free among the awake, the likelier. Else one of the two devices that have been
/// silent for longest sends data or, once in eight times, goes to sleep. With n awake at most, a
/// session's next event comes 2n + 1 events later at the latest: n + 1 turns of the awake, and at
/// most n wakings between them. So no session is silent for more than 3 seconds at a rate of 1 and
/// more. All of this is our choice. An event costs O(1), whatever the number of devices.
struct DeviceSimulator: ~Copyable {
  /// One turn in so many ends a session.
  private static let turnsToSleep: UInt64 = 8

  private let settings: SimulationSettings
  private var generator: SplitMix64
  private var awake: AwakeQueue
  /// In no order: one is chosen at random.
  private var asleep: Column<UInt32>
  private(set) var sentCount: Int64 = 0
  private(set) var sessionCount: Int64 = 0

  init(settings: SimulationSettings, generator: SplitMix64) {
    precondition(settings.devices > 0 && settings.rate > 0)
    self.settings = settings
    self.generator = generator
    awake = AwakeQueue(room: settings.greatestAwake)
    asleep = Column(capacity: settings.devices)
    for device in 0..<settings.devices { asleep.append(UInt32(truncatingIfNeeded: device)) }
  }

  var awakeCount: Int { awake.count }

  /// The next event; nil when the run is over.
  mutating func next() -> SimulatedEvent? {
    let offset = nextOffset
    guard sentCount < settings.greatestEvents, offset < settings.duration else { return nil }
    let wakes = drawsWaking()
    if !wakes && awake.isEmpty { return nil }
    sentCount += 1
    return wakes ? wake(at: offset) : send(at: offset)
  }

  /// Held at 2^61, which no run reaches.
  private var nextOffset: Int64 {
    Int64(min((Double(sentCount) * 1000 / settings.rate).rounded(.down), 0x1p61))
  }

  /// Surely where nobody is awake, and never where all sessions have been opened.
  private mutating func drawsWaking() -> Bool {
    let free = awake.room - awake.count
    if free == 0 || sessionCount == settings.greatestSessions { return false }
    return generator.below(awake.room) < max(free, awake.room / 4)
  }

  private mutating func wake(at offset: Int64) -> SimulatedEvent {
    let place = generator.below(asleep.count)
    let device = asleep[place]
    asleep[place] = asleep[asleep.count - 1]
    asleep.truncate(to: asleep.count - 1)
    awake.append(device)
    sessionCount += 1
    return SimulatedEvent(offset: offset, device: device, kind: .deviceWokeUp)
  }

  /// One draw: its low half is the value, the bits above it choose the rest.
  private mutating func send(at offset: Int64) -> SimulatedEvent {
    let bits = generator.next()
    let choices = bits >> 32
    let device = awake.take(passesFirst: choices & 1 == 1)
    if (choices >> 1) % DeviceSimulator.turnsToSleep == 0 {
      asleep.append(device)
      return SimulatedEvent(offset: offset, device: device, kind: .allDataSent)
    }
    awake.append(device)
    return SimulatedEvent(
      offset: offset, device: device, kind: .dataReceived,
      quantity: Quantity(rawValue: UInt8((choices >> 4) & 3)) ?? .temperature,
      thousandths: UInt16(((bits & 0xFFFF_FFFF) * 1000) >> 32))
  }
}

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

/// A queue of fixed room; everything costs O(1).
///
/// One of the first two is taken, and none is passed over twice running. So with k devices awake
/// each gets its turn at the latest k + 1 turns after its last: see `DeviceSimulator`.
struct AwakeQueue: ~Copyable {
  /// A ring.
  private var devices: Column<UInt32>
  private var head = 0
  private var wasFirstPassedOver = false
  private(set) var count = 0
  let room: Int

  init(room: Int) {
    self.room = room
    devices = Column(capacity: room)
    for _ in 0..<room { devices.append(0) }
  }

  var isEmpty: Bool { count == 0 }

  /// Adds a device at the end; there must be room.
  mutating func append(_ device: UInt32) {
    precondition(count < room)
    devices[place(count)] = device
    count += 1
  }

  /// Takes the first device, or the second where `passesFirst` and the rules let it.
  mutating func take(passesFirst: Bool) -> UInt32 {
    precondition(count > 0)
    let passes = passesFirst && !wasFirstPassedOver && count > 1
    wasFirstPassedOver = passes
    let first = devices[head]
    let next = place(1)
    head = next
    count -= 1
    if !passes { return first }
    let second = devices[next]
    devices[next] = first
    return second
  }

  private func place(_ index: Int) -> Int {
    let place = head + index
    return place < room ? place : place - room
  }
}
