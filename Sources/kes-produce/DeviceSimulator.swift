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
