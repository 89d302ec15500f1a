// What simulated devices send, and what becomes of it on its way.

import KESCore
import TestSupport
import Testing

@testable import kes_produce

/// What a simulation gives, event by event.
func simulatedEvents(
  _ settings: SimulationSettings, faults: Faults = Faults(), seed: UInt64 = 1
) -> [SimulatedEvent] {
  var generator = SplitMix64(seed: seed)
  let faultGenerator = SplitMix64(seed: generator.next())
  var injector = FaultInjector(
    DeviceSimulator(settings: settings, generator: generator), faults: faults,
    generator: faultGenerator)
  var events: [SimulatedEvent] = []
  var draws = Int.max
  while let event = injector.next(until: .max, draws: &draws) { events.append(event) }
  #expect(injector.ledger.held == 0)
  #expect(injector.ledger.records == Int64(events.count) + injector.ledger.filtered)
  return events
}

@Suite(.threadsOfTheirOwn) struct DeviceSimulatorTests {
  private static func settings(
    devices: Int = 5, rate: Double = 5, events: Int64 = .max, sessions: Int64 = .max,
    duration: Int64 = .max
  ) -> SimulationSettings {
    SimulationSettings(
      devices: devices, rate: rate, greatestEvents: events, greatestSessions: sessions,
      duration: duration)
  }

  /// Many kinds of fleets: few and many devices, slow and fast, more and fewer than the rate.
  static let fleets: [(devices: Int, rate: Double)] = [
    (5, 5), (1, 5), (1, 1), (100, 1), (100, 1.9), (2, 2), (100, 2), (100, 3), (100, 7.3),
    (1000, 50), (3, 50), (10_000, 1000), (200, 100_000),
  ]

  @Test(arguments: fleets)
  func everySessionGoesFromWakingToSleeping(devices: Int, rate: Double) {
    var awake: Set<UInt32> = []
    for event in simulatedEvents(Self.settings(devices: devices, rate: rate, events: 20_000)) {
      switch event.kind {
      case .deviceWokeUp: #expect(awake.insert(event.device).inserted)
      case .allDataSent: #expect(awake.remove(event.device) != nil)
      default: #expect(awake.contains(event.device))
      }
      #expect(awake.count <= max(1, min(devices, Int(rate))))
      #expect(event.device < devices)
    }
  }

  @Test(arguments: fleets)
  func noSessionFallsSilentForLong(devices: Int, rate: Double) {
    let settings = Self.settings(devices: devices, rate: rate, events: 40_000)
    var greatestGap = 0
    for seed in 0..<5 {
      var latest: [UInt32: Int] = [:]
      for (number, event) in simulatedEvents(settings, seed: UInt64(seed)).enumerated() {
        if event.kind != .deviceWokeUp, let before = latest[event.device] {
          greatestGap = max(greatestGap, number - before)
        }
        latest[event.device] = number
      }
    }
    #expect(greatestGap <= 2 * settings.greatestAwake + 1)
    #expect(Double(greatestGap) / rate <= 3)
  }

  @Test(arguments: [1, 3, 5, 7.5, 0.3, 1000, 1e6])
  func eventsComeAtTheRate(rate: Double) {
    let events = simulatedEvents(Self.settings(rate: rate, events: 5000))
    #expect(events.count == 5000)
    for (index, event) in events.enumerated() {
      #expect(event.offset == Int64((Double(index) * 1000 / rate).rounded(.down)))
    }
  }

  @Test(arguments: [1, 2, 9, 1000] as [Int64])
  func opensSoManySessionsAndCompletesThemAll(sessions: Int64) {
    let events = simulatedEvents(Self.settings(sessions: sessions))
    #expect(events.count { $0.kind == .deviceWokeUp } == sessions)
    #expect(events.count { $0.kind == .allDataSent } == sessions)
    #expect(events.last?.kind == .allDataSent)
  }

  @Test(arguments: [(1, 1), (200, 1), (201, 2), (1000, 5), (60_000, 300)] as [(Int64, Int)])
  func stopsBeforeTheTimeIsOver(duration: Int64, count: Int) {
    #expect(simulatedEvents(Self.settings(duration: duration)).count == count)
  }

  @Test func anEarlierEndChangesNothingBeforeIt() {
    let long = simulatedEvents(Self.settings(events: 2000))
    #expect(simulatedEvents(Self.settings(events: 500)) == Array(long.prefix(500)))
  }

  @Test func everyDeviceWakesAndEveryQuantityIsMeasured() {
    let events = simulatedEvents(Self.settings(devices: 50, events: 20_000))
    let data = events.filter { $0.kind == .dataReceived }
    #expect(Set(events.map(\.device)).count == 50)
    #expect(Set(data.map(\.thousandths)).count == 1000)
    for quantity in Quantity.allCases {
      let share = Double(data.count { $0.quantity == quantity }) / Double(data.count)
      #expect((0.23...0.27).contains(share))
    }
  }

  @Test func aSessionHasAboutSevenMeasurements() {
    let events = simulatedEvents(Self.settings(sessions: 10_000))
    let mean = Double(events.count { $0.kind == .dataReceived }) / 10_000
    // Geometric with mean 7 and deviation 7.5: 0.075 for the mean of 10,000.
    #expect((6.7...7.3).contains(mean))
  }

  @Test func aFleetOfAMillionIsSoonAwake() {
    let settings = Self.settings(devices: 1_000_000, rate: 100_000, events: 400_000)
    var awake = 0
    for event in simulatedEvents(settings) {
      if event.kind == .deviceWokeUp { awake += 1 }
      if event.kind == .allDataSent { awake -= 1 }
    }
    #expect((90_000...100_000).contains(awake))
  }
}

@Suite(.threadsOfTheirOwn) struct FaultInjectorTests {
  private static let settings = SimulationSettings(greatestEvents: 50_000)
  private static let sent = simulatedEvents(settings)

  @Test func withoutFaultsTimesNeverGoBack() {
    #expect(zip(Self.sent, Self.sent.dropFirst()).allSatisfy { $0.offset <= $1.offset })
  }

  @Test func lossLeavesOutAndChangesNothingElse() {
    let arrived = simulatedEvents(Self.settings, faults: Faults(loss: 0.1))
    // 5000 of 50,000, give or take four standard deviations of 67.
    #expect((44_730...45_270).contains(arrived.count))
    var rest = Self.sent[...]
    for event in arrived {
      let place = rest.firstIndex(of: event)
      #expect(place != nil)
      rest = rest[((place ?? rest.startIndex) + 1)...]
    }
  }

  @Test func allOrNothingIsLostAtTheEnds() {
    #expect(simulatedEvents(Self.settings, faults: Faults(loss: 0)) == Self.sent)
    #expect(simulatedEvents(Self.settings, faults: Faults(loss: 1)).isEmpty)
  }

  @Test func aCopyFollowsItsEvent() {
    let arrived = simulatedEvents(Self.settings, faults: Faults(duplicate: 0.1))
    #expect((54_730...55_270).contains(arrived.count))
    // No two events of a device have the same time at this rate: what is equal is a copy.
    var withoutCopies: [SimulatedEvent] = []
    for event in arrived where withoutCopies.last != event { withoutCopies.append(event) }
    #expect(withoutCopies == Self.sent)
  }

  @Test func delayedEventsArriveInTimeAndAllOfThem() {
    let greatest: Int64 = 2000
    let arrived = simulatedEvents(
      Self.settings, faults: Faults(delay: 0.1, greatestDelay: greatest))
    var streamTime: Int64 = 0
    var lateCount = 0
    for event in arrived {
      streamTime = max(streamTime, event.offset)
      if event.offset < streamTime { lateCount += 1 }
      #expect(streamTime - event.offset <= greatest)
    }
    // An event delayed by less than 200 ms or so is not overtaken: some 9 in 10 are.
    #expect((4100...5000).contains(lateCount))
    #expect(arrived != Self.sent)
    #expect(arrived.sorted { $0.offset < $1.offset } == Self.sent)
  }

  @Test func whatIsDelayedPastTheEndArrivesAllTheSame() {
    let settings = SimulationSettings(greatestEvents: 300)
    let arrived = simulatedEvents(
      settings, faults: Faults(duplicate: 1, delay: 1, greatestDelay: 86_400_000))
    #expect(arrived.count == 600)
    for index in stride(from: 0, to: 600, by: 2) { #expect(arrived[index] == arrived[index + 1]) }
    let once = arrived.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    #expect(once.sorted { $0.offset < $1.offset } == Array(Self.sent.prefix(300)))
  }

  @Test func nothingArrivesBeforeItIsDue() {
    let faults = Faults(loss: 0.1, duplicate: 0.1, delay: 0.3, greatestDelay: 1500)
    var injector = FaultInjector(
      DeviceSimulator(
        settings: SimulationSettings(greatestEvents: 2000), generator: SplitMix64(seed: 3)),
      faults: faults, generator: SplitMix64(seed: 4))
    var draws = Int.max
    while let due = injector.nextArrival {
      // A delayed event waits until its arrival, one that is lost leaves its moment empty.
      let early = injector.next(until: due - 1, draws: &draws)
      #expect(early == nil)
      while let event = injector.next(until: due, draws: &draws) { #expect(event.offset <= due) }
      let ledger = injector.ledger
      #expect(ledger.records - ledger.filtered - ledger.held >= 0)
      if let next = injector.nextArrival { #expect(next > due) }
    }
  }
}

@Suite(.threadsOfTheirOwn) struct SimulationSourceTests {
  @Test func whereNearlyAllIsLostABatchEndsEarlyAndNoEventIsAnother() {
    let settings = SimulationSettings(greatestEvents: 300_000)
    let faults = Faults(loss: 0.9999, duplicate: 0.1, delay: 0.5, greatestDelay: 60_000)
    var source = SimulationSource(
      settings, faults: faults, seed: 1, start: EventTime(milliseconds: 0))
    var batch = Batch(blockSize: 64)
    var fills = 0
    var times: [Int64] = []
    while source.nextArrival != nil {
      source.fill(&batch, until: .max)
      fills += 1
      for index in 0..<batch.records.count { times.append(batch.records[index].time.milliseconds) }
    }
    #expect(fills > 4)
    #expect(times == simulatedEvents(settings, faults: faults, seed: 1).map(\.offset))
  }
}

@Suite(.threadsOfTheirOwn) struct DelayedEventsTests {
  @Test(arguments: TestSeeds.each(0...19))
  func givesBackInTheOrderOfArrival(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    var heap = DelayedEvents()
    var reference: [(arrival: Int64, order: Int64)] = []
    for order in 0..<500 {
      if generator.happens(0.6) {
        let arrival = Int64(generator.below(50))
        let event = SimulatedEvent(offset: arrival, device: 0, kind: .allDataSent)
        heap.add(
          DelayedEvent(arrival: arrival, order: Int64(order), event: event, hasCopy: false))
        reference.append((arrival, Int64(order)))
        continue
      }
      let first = reference.min { $0 < $1 }
      #expect(heap.firstArrival == first?.arrival)
      let taken = heap.takeFirst()
      #expect(taken?.order == first?.order)
      reference.removeAll { $0.order == first?.order }
    }
    let rest = reference.sorted { $0 < $1 }
    var taken: [Int64] = []
    while let next = heap.takeFirst() { taken.append(next.order) }
    #expect(taken == rest.map(\.order))
    let isEmpty = heap.isEmpty
    #expect(isEmpty)
  }
}

@Suite(.threadsOfTheirOwn) struct AwakeQueueTests {
  @Test func takesTheFirstOrTheSecondAndPassesNobodyTwice() {
    var queue = AwakeQueue(room: 3)
    for device: UInt32 in [7, 8, 9] { queue.append(device) }
    var taken: [UInt32] = []
    for passes in [true, true, false] {
      let device = queue.take(passesFirst: passes)
      taken.append(device)
      queue.append(device)
    }
    // 7 8 9 ─▶ 8, then 7 9 8 ─▶ 7 although it should be passed, then 9 8 7 ─▶ 9.
    #expect(taken == [8, 7, 9])
  }

  @Test func theOnlyOneIsNeverPassed() {
    var queue = AwakeQueue(room: 1)
    queue.append(4)
    let taken = queue.take(passesFirst: true)
    #expect(taken == 4)
    let isEmpty = queue.isEmpty
    #expect(isEmpty)
  }
}
