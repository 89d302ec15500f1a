// What we write as container files: read by libavro, and by ourselves.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct AvroContainerWriterTests {
  private typealias Make = TestContainer

  /// A buffer of records that are framed now and then.
  private struct Output: ~Copyable {
    let writer: AvroContainerWriter
    let schema: AvroSchema
    var buffer = ByteBlock()
    var written = ByteBlock()

    init(_ writer: AvroContainerWriter, _ schema: AvroSchema) {
      self.writer = writer
      self.schema = schema
    }

    mutating func append(_ record: TestAvroValue) {
      writer.avro.begin(schema)
      for byte in TestAvroEncoder.encode(record, as: schema) { buffer.append(byte) }
      writer.avro.cuts.note(end: buffer.count)
    }

    mutating func frame(at moment: FlushMoment) {
      do {
        buffer.removeFirst(try writer.frame(buffer, at: moment, to: &written))
      } catch {
        Issue.record(error)
      }
    }

    var waiting: Int { buffer.count }

    var bytes: [UInt8] { written.withBytes { $0.copied } }
  }

  /// How many records each block has, by the file alone.
  private static func blocks(of file: [UInt8]) throws -> [(count: Int64, length: Int)] {
    let header = try #require(AvroContainerHeader(of: file))
    var reader = AvroReader()
    var found: [(Int64, Int)] = []
    var index = header.length
    while index < file.count {
      index = reader.long(file.span, index)
      let count = reader.value
      index = reader.length(file.span, index)
      found.append((count, Int(reader.value)))
      index += Int(reader.value)
      #expect(Array(file[index..<index + 16]) == header.sync)
      index += 16
    }
    return found
  }

  // MARK: Judges

  /// libavro knows these; it calls lzma what others do not know.
  @Test(arguments: [AvroCodec.null, .deflate, .snappy, .lzma], [1, 100, 1 << 16])
  func libavroReadsWhatWeWrite(codec: AvroCodec, blockSize: Int) throws {
    let directory = try TemporaryDirectory()
    for seed in TestSeeds.each(600_000...600_007, few: 2) {
      var generator = SeededGenerator(seed: seed)
      let text = RandomAvroSchema.make(&generator).text
      let schema = try AvroSchema(parsing: text)
      var output = Output(AvroContainerWriter(codec: codec, blockSize: blockSize), schema)
      var values: [TestAvroValue] = []
      for _ in 0..<Int.random(in: 1...30, using: &generator) {
        values.append(RandomAvroData.make(schema, &generator))
        output.append(values[values.count - 1])
        if generator.chance(20) { output.frame(at: generator.chance(50) ? .full : .now) }
      }
      output.frame(at: .last)
      // It reads no block of snappy without data, which no event is.
      if codec == .snappy && AvroLayout(schema).isHollow { continue }
      let path = "\(directory.path)/file.avro"
      try Data(output.bytes).write(to: URL(fileURLWithPath: path))
      let found = LibAvroFile.read(path)?.map(\.ordered)
      #expect(found == values.map(\.ordered), "seed \(seed): \(text)")
    }
  }

  @Test(arguments: [AvroCodec.null, .deflate, .snappy, .lzma])
  func ourDecoderReadsWhatLibavroWrites(codec: AvroCodec) throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/file.avro"
    let keys = (0..<300).map { "device-\($0)" }
    let data = keys.map { TestAvroEncoder.encode(Make.received($0, 5), as: .event) }
    let schema = try #require(LibAvroSchema(AvroSchema.event.text))
    #expect(
      LibAvroFile.write(data, of: schema, codec: codec.rawValue, blockSize: 1000, to: path))
    let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(try AvroContainerWriterTests.blocks(of: file).count > 5)
    let found = ContainerDriver().decode(file, pieces: [100, 1000])
    #expect(found.outline == keys)
    #expect(found.records.map(\.bytes) == data)
  }

  @Test(arguments: AvroCodec.allCases)
  func ourDecoderReadsWhatWeWrite(codec: AvroCodec) {
    var generator = SeededGenerator(seed: 17)
    var output = Output(AvroContainerWriter(codec: codec, blockSize: 300), .event)
    var keys: [String] = []
    for number in 0..<200 {
      keys.append("device-\(number)")
      output.append(Make.received(keys[number], Int64(number)))
      if generator.chance(5) { output.frame(at: .full) }
      if generator.chance(5) { output.frame(at: .now) }
    }
    output.frame(at: .last)
    #expect(ContainerDriver().decode(output.bytes).outline == keys)
  }

  // MARK: Blocks

  @Test(arguments: [1, 21, 22, 23, 100, 1000])
  func blocksAreCutWhenTheyAreAsLargeAsAskedFor(blockSize: Int) throws {
    let record = Make.received("device", 1, "name", 1)
    let length = TestAvroEncoder.encode(record, as: .event).count
    #expect(length == 22)
    let perBlock = (blockSize + length - 1) / length
    var output = Output(AvroContainerWriter(codec: .null, blockSize: blockSize), .event)
    for _ in 0..<100 { output.append(record) }
    output.frame(at: .last)
    let blocks = try AvroContainerWriterTests.blocks(of: output.bytes)
    #expect(blocks.dropLast().allSatisfy { $0.count == perBlock })
    #expect(blocks.last.map { $0.count <= perBlock && $0.count > 0 } == true)
    #expect(blocks.reduce(0) { $0 + $1.count } == 100)
    #expect(blocks.allSatisfy { $0.length == Int($0.count) * length })
  }

  @Test func whereBlocksAreCutDoesNotDependOnWhenAFullBufferIsWritten() {
    func file(writing places: Set<Int>) -> [UInt8] {
      var output = Output(AvroContainerWriter(codec: .deflate, blockSize: 200), .event)
      for number in 0..<100 {
        output.append(Make.woke("device-\(number % 7)", Int64(number)))
        if places.contains(number) { output.frame(at: .full) }
      }
      output.frame(at: .last)
      return output.bytes
    }
    let atOnce = file(writing: [])
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<20 {
      let places = (0..<10).map { _ in Int.random(in: 0..<100, using: &generator) }
      #expect(file(writing: Set(places)) == atOnce)
    }
  }

  @Test func whatSomebodyWaitsForIsWrittenAtOnce() throws {
    var output = Output(AvroContainerWriter(codec: .null, blockSize: 1 << 16), .event)
    output.append(Make.woke("a", 1))
    output.frame(at: .full)
    #expect(try AvroContainerWriterTests.blocks(of: output.bytes).isEmpty)
    #expect(output.waiting > 0)
    output.frame(at: .now)
    #expect(try AvroContainerWriterTests.blocks(of: output.bytes).map(\.count) == [1])
    #expect(output.waiting == 0)
    // Nothing is there: no empty block.
    output.frame(at: .now)
    output.frame(at: .full)
    output.append(Make.woke("b", 1))
    output.append(Make.woke("c", 1))
    output.frame(at: .last)
    output.frame(at: .last)
    #expect(try AvroContainerWriterTests.blocks(of: output.bytes).map(\.count) == [1, 2])
    #expect(ContainerDriver().decode(output.bytes).outline == ["a", "b", "c"])
  }

  @Test func oneInputGivesOneFile() {
    func file(_ codec: AvroCodec) -> [UInt8] {
      var output = Output(AvroContainerWriter(codec: codec, blockSize: 10), .event)
      output.append(Make.woke("a", 1))
      output.frame(at: .last)
      return output.bytes
    }
    #expect(file(.null) == file(.null))
    let syncs = AvroCodec.allCases.compactMap { AvroContainerHeader(of: file($0))?.sync }
    #expect(Set(syncs).count == AvroCodec.allCases.count)
  }

  // MARK: Headers

  @Test(arguments: AvroCodec.allCases)
  func whatGetsNoRecordIsAHeader(codec: AvroCodec) throws {
    let writer = AvroContainerWriter(codec: codec, blockSize: 100)
    writer.avro.schemaOfNone = { .sessionEvent }
    var output = Output(writer, .event)
    output.frame(at: .full)
    output.frame(at: .now)
    #expect(output.bytes.isEmpty)
    output.frame(at: .last)
    let header = try #require(AvroContainerHeader(of: output.bytes))
    #expect(header.length == output.bytes.count)
    #expect(header.codecName == codec.rawValue)
    #expect(header.schemaText == AvroSchema.sessionEvent.text)
    #expect(!writer.hasContent)
    // It is a file that others read, too.
    if [.null, .deflate, .snappy, .lzma].contains(codec) {
      let directory = try TemporaryDirectory()
      let path = "\(directory.path)/file.avro"
      try Data(output.bytes).write(to: URL(fileURLWithPath: path))
      #expect(LibAvroFile.read(path) == [])
    }
    #expect(ContainerDriver().decode(output.bytes).outline.isEmpty)
  }

  @Test func aFileIsWrittenOnWithItsOwnMarker() throws {
    let first =
      Make.header(sync: Array(repeating: 7, count: 16))
      + Make.block([Make.woke("a", 1)], sync: Array(repeating: 7, count: 16))
    let header = try #require(AvroContainerHeader(of: first))
    let writer = AvroContainerWriter(codec: .null, blockSize: 100)
    writer.resume(header, .event)
    #expect(writer.hasContent)
    var output = Output(writer, .event)
    output.append(Make.woke("b", 2))
    output.frame(at: .last)
    #expect(ContainerDriver().decode(first + output.bytes).outline == ["a", "b"])
  }
}

extension AvroLayout {
  /// Whether data take no bytes.
  fileprivate var isHollow: Bool { self[root].emptyValues > 0 }
}
