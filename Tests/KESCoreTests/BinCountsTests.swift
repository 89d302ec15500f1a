// Histograms as people read them.

import Testing

@testable import KESCore
@testable import KESViews

@Suite struct BinCountsTests {
  @Test(arguments: [0, 1, 99, 100, 199, 4999, 5000, 86_399_999, 86_400_000, UInt64.max])
  func everyValueHasItsBin(value: UInt64) throws {
    var bins = BinCounts.durations
    bins.insert(value)
    #expect(bins.used.count == 1)
    let bin = try #require(bins.used.first)
    #expect(bins.bounds[bin] <= value)
    #expect(bin + 1 == bins.bounds.count || value < bins.bounds[bin + 1])
  }

  @Test func binsBetweenOthersAreShown() {
    var bins = BinCounts.events
    #expect(bins.used.isEmpty)
    for value in [2, 5, 5, 9] as [UInt64] { bins.insert(value) }
    #expect(bins.used.map { bins.counts[$0] } == [1, 0, 0, 3])
    var other = BinCounts.events
    other.insert(3)
    bins.add(other)
    #expect(bins.used.map { bins.counts[$0] } == [1, 1, 0, 3])
  }

  @Test(
    arguments: [
      (0, 100, "0s to 0.1s"), (500, 1000, "0.5s to 1s"), (30_000, 60_000, "30s to 1m"),
      (43_200_000, 86_400_000, "12h to 1d"), (2_592_000_000, nil, "30d or more"),
    ] as [(UInt64, UInt64?, String)])
  func durationsAreShort(least: UInt64, next: UInt64?, label: String) {
    #expect(BinLabel.durations(least, below: next) == label)
  }

  @Test func numbersAreInclusive() {
    #expect(BinLabel.numbers(4, below: 5) == "4")
    #expect(BinLabel.numbers(5, below: 10) == "5 to 9")
    #expect(BinLabel.numbers(1_000_000, below: nil) == "1000000 or more")
  }

  @Test func barsShowWhatIsNotNothing() {
    let (unicode, ascii) = (BarText(.unicode), BarText(.ascii))
    #expect(unicode.bar(0, of: 10, columns: 4) == "" && ascii.bar(0, of: 10, columns: 4) == "")
    #expect(
      unicode.bar(1, of: 1000, columns: 4) == "▏" && ascii.bar(1, of: 1000, columns: 4) == "#")
    #expect(unicode.bar(10, of: 10, columns: 4) == "████")
    #expect(unicode.bar(5, of: 9, columns: 4) == "██▎" && ascii.bar(5, of: 9, columns: 4) == "##")
    #expect(unicode.line([9, 0, 1, 4, 8], columns: 4) == " ▂▅█")
    #expect(ascii.line([], columns: 4) == "" && ascii.line([1], columns: -1) == "")
  }
}
