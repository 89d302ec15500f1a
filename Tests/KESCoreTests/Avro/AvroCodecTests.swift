// The codecs of blocks: what is compressed comes back, and nothing else does.

import TestSupport
import Testing

@testable import KESCore

@Suite struct AvroCodecTests {
  private func compress(_ data: [UInt8], _ codec: AvroCodec) -> [UInt8] {
    var output = ByteBlock()
    // Behind what is there already.
    output.append(text: "before")
    codec.compress(data.span, to: &output)
    return output.withBytes(6, output.count - 6) { $0.copied }
  }

  /// Nil where the data are refused.
  private func expand(_ data: [UInt8], _ codec: AvroCodec, limit: Int = 1 << 24) -> [UInt8]? {
    var output = ByteBlock()
    output.append(text: "before")
    if fault(data, codec, limit: limit, &output) != nil { return nil }
    return output.withBytes(6, output.count - 6) { $0.copied }
  }

  /// Why data cannot be expanded.
  private func fault(
    _ data: [UInt8], _ codec: AvroCodec, limit: Int = 1 << 24, _ output: inout ByteBlock
  ) -> Fault? {
    withTightSpan(data) { codec.expand($0, limit: limit, to: &output) }
  }

  private func fault(_ data: [UInt8], _ codec: AvroCodec, limit: Int = 1 << 24) -> Fault? {
    var output = ByteBlock()
    return fault(data, codec, limit: limit, &output)
  }

  private static func data(_ count: Int, isRandom: Bool = false) -> [UInt8] {
    var generator = SeededGenerator(seed: UInt64(count))
    if !isRandom { return (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) } }
    let words = (0..<(count + 7) / 8).map { _ in generator.next() }
    return unsafe words.withUnsafeBytes { unsafe Array($0.prefix(count)) }
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
        #expect(
          fault(compressed, codec, limit: limit) == .hugeExpansion, "\(count) to \(limit)")
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

  /// Parallel compressors write a stream for each part.
  @Test(arguments: [AvroCodec.bzip2, .xz, .zstandard], [2, 3, 40])
  func severalStreamsAreReadAsOne(codec: AvroCodec, count: Int) {
    let parts = (0..<count).map { AvroCodecTests.data(1000 * $0 + 1, isRandom: $0 % 2 == 0) }
    let streams = parts.map { compress($0, codec) }
    let (data, whole) = (Array(streams.joined()), Array(parts.joined()))
    #expect(expand(data, codec) == whole)
    // The limit is that of all; damage in the last is seen, and so is its missing end.
    #expect(expand(data, codec, limit: whole.count) == whole)
    #expect(fault(data, codec, limit: whole.count - 1) == .hugeExpansion)
    #expect(fault(Array(data.dropLast()), codec) == .badCompression)
    #expect(fault(data + Array("behind".utf8), codec) == .badCompression)
  }

  /// Stream padding (the .xz file format, section 2.2) is a multiple of four bytes.
  @Test func streamsOfXZMayHavePaddingBetween() {
    let streams = [compress([1, 2], .xz), compress([3], .xz)]
    #expect(expand(streams[0] + [0, 0, 0, 0] + streams[1] + [0, 0, 0, 0], .xz) == [1, 2, 3])
    #expect(fault(streams[0] + [0, 0] + streams[1], .xz) == .badCompression)
  }

  @Test func aWrongChecksumIsCalledThat() {
    var snappy = compress(AvroCodecTests.data(300), .snappy)
    snappy[snappy.count - 1] ^= 1
    #expect(fault(snappy, .snappy) == .wrongChecksum)
    // A frame with a checksum, which our own have not: that of "kes".
    let frame: [UInt8] = [
      0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x19, 0x00, 0x00, 0x6b, 0x65, 0x73, 0x34, 0xb3, 0x9b,
      0xd1,
    ]
    #expect(expand(frame, .zstandard) == Array("kes".utf8))
    #expect(fault(frame.dropLast() + [frame[frame.count - 1] ^ 1], .zstandard) == .wrongChecksum)
  }

  @Test func whatSnappyOnlyClaimsToBecomeIsDamage() {
    // A length of 4 GiB less one, before nothing.
    #expect(fault([0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0, 0, 0], .snappy) == .badCompression)
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
    let fault = codec.expand(bomb.span, limit: 1 << 16, to: &output)
    #expect(fault == .hugeExpansion)
    // What was made of it is bounded, too.
    #expect(output.capacity <= 8 << 20, "\(output.capacity)")
  }
}
