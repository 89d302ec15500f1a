// Hashes enter session ids and the store, so they must never change.

import Testing

@testable import KESCore

@Suite struct HashTests {
  @Test(
    arguments: [
      ("", 5_836_495_554_816_688_756), ("a", 17_304_519_917_248_047_118),
      ("abc", 3_777_168_447_898_911_118), ("device-3", 3_312_934_470_984_112_435),
      ("0123456789abcdef", 3_127_246_844_814_672_224),
      ("0123456789abcdefg", 6_474_027_074_733_734_937),
    ] as [(String, UInt64)])
  func isTheSameInEveryVersion(text: String, hash: UInt64) {
    #expect(withUTF8Bytes(of: text) { Hash.of($0) } == hash)
  }

  @Test func spreadsKeysThatDifferInOneDigit() {
    var places = Set<UInt64>()
    for number in 0..<10_000 {
      places.insert(withUTF8Bytes(of: "device-\(number)") { Hash.of($0) } & 0xFFFF)
    }
    // 10,000 balls in 65,536 bins leave about 9,270 bins hit.
    #expect((9100...9450).contains(places.count))
  }
}
