// Records that are held come out as they went in: with their headers, in whatever order (R9).

import TestSupport
import Testing

@testable import KESCore

@Suite struct ReordererTests {
  /// A batch of `events`, which begin at `position`, with random headers.
  private func batch(
    of events: ArraySlice<TestEvent>, from position: Int, _ generator: inout SeededGenerator
  ) -> Batch {
    var batch = makeBatch(of: events, from: position)
    addHeaders(&generator, to: &batch)
    return batch
  }

  /// Blocks so small that the reorderer stops inside batches, and larger ones.
  @Test(arguments: TestSeeds.each(1...20), [1, 100, 1 << 20])
  func everyRecordKeepsItsHeaders(_ seed: UInt64, _ blockSize: Int) {
    var generator = SeededGenerator(seed: seed)
    let events = randomStream(&generator, count: 150)
    var reorderer = Reorderer(lateness: 20)
    var released = Batch(blockSize: 64)
    var (given, found): ([Int64: [UInt8]], [Int64: [UInt8]]) = ([:], [:])
    var (late, outOfOrder, latest) = (0, 0, Int64(-1))
    func take() {
      found.merge(headers(of: released)) { left, _ in left }
      for index in 0..<released.records.count {
        let record = released.records[index]
        if record.isLate { late += 1 }
        if record.position < latest { outOfOrder += 1 }
        latest = max(latest, record.position)
      }
      released.removeAll()
    }
    for start in stride(from: 0, to: events.count, by: 30) {
      let batch = batch(of: events[start..<start + 30], from: start, &generator)
      given.merge(headers(of: batch)) { left, _ in left }
      var (index, isPassed) = (0, false)
      while !isPassed {
        isPassed = reorderer.pass(batch, from: &index, into: &released, blockSize: blockSize)
        take()
      }
    }
    while !reorderer.drain(into: &released, blockSize: blockSize) { take() }
    take()
    #expect(found == given, "seed \(seed)")
    #expect(late > 0 && outOfOrder > late && given.count > 30, "seed \(seed)")
  }
}
