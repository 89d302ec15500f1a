// Container files damaged at random: the ledger closes, and how they come in does not matter.

import TestSupport
import Testing

@testable import KESCore

@Suite struct AvroRandomDamageTests {
  /// Some blocks of events under a random schema, in a random codec.
  private static func container(_ generator: inout SeededGenerator) throws -> [UInt8] {
    var maker = RandomEventSchema(generator)
    let schema = try AvroSchema(parsing: maker.schema().text)
    generator = maker.generator
    var data = EventDataMaker(schema, generator)
    data.breaksEvents = generator.chance(30)
    let codec = generator.chance(40) ? .null : AvroCodec.allCases.randomElement(using: &generator)
    let sync = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    var input = TestContainer.header(schema, codec: codec ?? .null, sync: sync)
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      var values: [TestAvroValue] = []
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        values.append(
          data.value(
            PlainEvent.random(
              &generator, kinds: [.deviceWokeUp, .dataReceived, .allDataSent], hasSession: true,
              marksDuplicates: false, isNarrow: true)))
      }
      input += TestContainer.block(values, of: schema, codec: codec ?? .null, sync: sync)
    }
    return input
  }

  @Test(arguments: TestSeeds.parts(900_000...900_599))
  func nothingButTheLedgerCloses(seeds: TestSeeds) throws {
    var (read, rejected) = (0, 0)
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      var input = try AvroRandomDamageTests.container(&generator)
      if generator.chance(30) { input += try AvroRandomDamageTests.container(&generator) }
      // Mostly behind the header, which is the largest part.
      let length = generator.chance(85) ? AvroContainerHeader(of: input)?.length ?? 0 : 0
      let damaged = Array(
        input[..<length] + AvroJudgeTests.damage(Array(input[length...]), &generator))
      let driver = AvroRandomDamageTests.driver(&generator)
      let whole = driver().decode(damaged)
      read += whole.records.count
      rejected += whole.rejections.count
      let lost = whole.rejections.reduce(0) { $0 + Int64($1.count) }
      #expect(whole.position == Int64(whole.records.count) + lost, "seed \(seed)")
      for _ in 0..<3 {
        let pieces = (0..<20).map { _ in
          Int.random(in: 1...max(1, damaged.count / 8), using: &generator)
        }
        let found = driver().decode(damaged, pieces: pieces)
        #expect(found.difference(from: whole) == nil, "seed \(seed): \(pieces)")
      }
      // Gone on from anywhere it is the same.
      var limited = driver()
      limited.greatestCount = Int64.random(in: 0...max(1, whole.position), using: &generator)
      var both = limited.decode(damaged)
      if both.isInsideRecord { continue }
      both.append(driver().decode(damaged, resumed: both.place, position: both.position))
      #expect(both.difference(from: whole) == nil, "seed \(seed): \(limited.greatestCount)")
    }
    let isMixed = read * 3 > seeds.count * 5 && rejected * 3 > seeds.count
    #expect(!TestSeeds.areAll || isMixed, "\(read) and \(rejected)")
  }

  /// Makes drivers of one kind: that read records as they are, or as events of ours.
  private static func driver(
    _ generator: inout SeededGenerator
  ) -> () -> ContainerDriver {
    let (wantsDetails, isResolved) = (generator.chance(50), generator.chance(40))
    let greatestRecord = generator.chance(20) ? 30 : 1 << 20
    return {
      var driver = ContainerDriver()
      driver.wantsDetails = wantsDetails
      driver.schemas = AvroSchemaTable(
        wantsDetails: wantsDetails, sessions: wantsDetails ? .usual : SessionFields(session: "kes"))
      driver.greatestRecord = greatestRecord
      if isResolved {
        let target = AvroTarget(schemas: driver.schemas)
        target.fix(.event)
        driver.target = target
      }
      return driver
    }
  }
}
