// The seeds of tests that go by chance: few, all, or those that a failure has printed.

// A release build of all targets has no tests, and nothing to run them by.
#if canImport(Testing)
  import Foundation
  public import Testing

  /// Seeds that a test goes through, one after another.
  ///
  /// `KES_TEST_SEEDS` says which: `all` of a test's own, numbers (`7` or `300012,300044`) for these
  /// alone, whichever they are, and without it a tenth of the test's own.
  public struct TestSeeds: Sequence, Sendable, CustomTestStringConvertible {
    private let seeds: ArraySlice<UInt64>

    public var count: Int { seeds.count }
    public func makeIterator() -> ArraySlice<UInt64>.Iterator { seeds.makeIterator() }
    public var testDescription: String { "seeds \(seeds.first ?? 0) to \(seeds.last ?? 0)" }

    private static let choice = ProcessInfo.processInfo.environment["KES_TEST_SEEDS"] ?? ""

    /// Whether tests go through all of their seeds, so that what holds of many together must hold.
    public static let areAll = choice == "all"
    private static let areNamed = !choice.isEmpty && !areAll

    /// The seeds of a test with cases of its own for each.
    /// - Parameter few: how many do for a test that is run often; nil for a tenth.
    public static func each(_ all: ClosedRange<UInt64>, few: Int? = nil) -> [UInt64] {
      if areAll { return Array(all) }
      if areNamed { return choice.split(separator: ",").compactMap { UInt64($0) } }
      return Array(all.prefix(few ?? (all.count + 9) / 10))
    }

    /// The seed of a test that takes another one each time: the first that is named, or a new one.
    public static var drawn: UInt64 { areNamed ? each(0...0)[0] : .random(in: 0 ... .max) }

    /// The seeds of a test in ten parts, which may run side by side.
    public static func parts(_ all: ClosedRange<UInt64>) -> [TestSeeds] {
      let seeds = each(all)[...]
      let size = (seeds.count + 9) / 10
      return stride(from: 0, to: seeds.count, by: size).map {
        TestSeeds(seeds: seeds[$0..<Swift.min($0 + size, seeds.count)])
      }
    }
  }
#endif
