// The codecs of blocks: what is compressed comes back, and nothing else does.

import Testing

@testable import KESCore

@Suite struct AvroCodecTests {
  private func compress(_ data: [UInt8], _ codec: AvroCodec) -> [UInt8] {
    var output = ByteBlock()
    // Behind what is there already.
    output.append(text: "before")
    codec.compress(data.span, to: &output)
    return output.withBytes(6, output.count - 6) { span in (0..<span.count).map { span[$0] } }
  }

  /// Nil where the data are refused.
  private func expand(_ data: [UInt8], _ codec: AvroCodec, limit: Int = 1 << 24) -> [UInt8]? {
    var output = ByteBlock()
    output.append(text: "before")
    let isExpanded = withTightSpan(data) { codec.expand($0, limit: limit, to: &output) }
    if !isExpanded { return nil }
    return output.withBytes(6, output.count - 6) { span in (0..<span.count).map { span[$0] } }
  }

  private static func data(_ count: Int, isRandom: Bool = false) -> [UInt8] {
    var generator = SeededGenerator(seed: UInt64(count))
    return (0..<count).map { index in
      isRandom ? UInt8.random(in: 0...255, using: &generator) : UInt8(truncatingIfNeeded: index / 7)
    }
  }

  @Test(arguments: AvroCodec.allCases)
  func whatIsCompressedIsExpandedToTheSame(codec: AvroCodec) {
    for count in [1, 2, 15, 16, 100, 4095, 4096, 4097, 70_000] {
      for isRandom in [false, true] {
        let data = AvroCodecTests.data(count, isRandom: isRandom)
        #expect(expand(compress(data, codec), codec) == data, "\(count) \(isRandom)")
      }
    }
  }

  @Test(arguments: AvroCodec.allCases)
  func theLimitIsExact(codec: AvroCodec) {
    for count in [1, 100, 4096, 10_000, 70_000] {
      let data = AvroCodecTests.data(count)
      let compressed = compress(data, codec)
      #expect(expand(compressed, codec, limit: count) == data, "\(count)")
      for limit in [count - 1, count / 2, 0] {
        #expect(expand(compressed, codec, limit: limit) == nil, "\(count) to \(limit)")
      }
    }
  }

  @Test(arguments: AvroCodec.allCases.filter { $0 != .null })
  func everyCutOfCompressedDataIsRefused(codec: AvroCodec) {
    let compressed = compress(AvroCodecTests.data(300, isRandom: true), codec)
    for length in 0..<compressed.count {
      #expect(expand(Array(compressed[..<length]), codec) == nil, "cut at \(length)")
    }
  }

  @Test(arguments: AvroCodec.allCases.filter { $0 != .null && $0 != .deflate })
  func whatStandsBehindCompressedDataIsRefused(codec: AvroCodec) {
    let compressed = compress(AvroCodecTests.data(300), codec)
    for added in [[0], [1, 2, 3], Array("before".utf8)] as [[UInt8]] {
      #expect(expand(compressed + added, codec) == nil)
    }
  }

  @Test(arguments: AvroCodec.allCases.filter { $0 != .null })
  func randomBytesAreRefusedOrExpandedWithinTheLimit(codec: AvroCodec) {
    var generator = SeededGenerator(seed: 5)
    let compressed = compress(AvroCodecTests.data(500), codec)
    for _ in 0..<300 {
      var data = compressed
      if generator.chance(50) {
        data = AvroJudgeTests.damage(data, &generator)
      } else {
        data = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
      }
      #expect((expand(data, codec, limit: 10_000) ?? []).count <= 10_000)
    }
  }

  @Test(arguments: AvroCodec.allCases.filter { $0 != .null })
  func bombsAreRefused(codec: AvroCodec) {
    // 16 MiB of nothing take a few bytes to some kilobytes.
    let bomb = compress(Array(repeating: 0, count: 16 << 20), codec)
    #expect(bomb.count < 1 << 20)
    var output = ByteBlock()
    let isExpanded = codec.expand(bomb.span, limit: 1 << 16, to: &output)
    #expect(!isExpanded)
    // What was made of it is bounded, too.
    #expect(output.capacity <= 8 << 20, "\(output.capacity)")
  }
}
