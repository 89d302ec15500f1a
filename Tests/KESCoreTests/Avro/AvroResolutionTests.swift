// Schema resolution against a naive resolver and libavro's, on random pairs of schemas.

import Testing

@testable import KESCore

@Suite struct AvroResolutionTests {
  /// What our transcoder makes of the datum that some bytes begin with.
  private struct Transcoding {
    var end: Int
    var bytes: [UInt8]
    var flaw: Fault?
    var fault: Fault?

    init(_ bytes: [UInt8], _ resolution: AvroResolution) {
      let transcoder = AvroTranscoder(resolution)
      var output = ByteBlock()
      end = withTightSpan(bytes) { transcoder.transcode($0, 0, to: &output) }
      self.bytes = output.withBytes { span in (0..<span.count).map { span[$0] } }
      flaw = transcoder.reader.flaw?.fault
      fault = end < 0 ? transcoder.reader.fault : nil
    }
  }

  private struct Pair {
    let writer: AvroSchema
    let reader: AvroSchema
    let comment: Comment

    init(
      _ generator: inout SeededGenerator, edits: [AvroEdit], isForward: Bool? = nil, seed: UInt64
    ) throws {
      let schema = RandomAvroSchema.make(&generator)
      let other = RandomAvroEdits.derive(schema, &generator, edits: edits)
      // Either may have been there first.
      let isForward = isForward ?? generator.chance(70)
      let (from, to) = isForward ? (schema.text, other.text) : (other.text, schema.text)
      writer = try AvroSchema(parsing: from)
      reader = try AvroSchema(parsing: to)
      comment = "seed \(seed): \(from) -> \(to)"
    }
  }

  // MARK: Judges

  @Test(arguments: 0..<10)
  func resolvesAsTheNaiveResolverDoes(block: UInt64) throws {
    var resolved = 0
    for number in 0..<400 {
      let seed = 300_000 + block * 1000 + UInt64(number)
      var generator = SeededGenerator(seed: seed)
      let pair = try Pair(&generator, edits: AvroEdit.allCases, seed: seed)
      let reference = ReferenceAvroResolver(writer: pair.writer, reader: pair.reader)
      let resolution = try? AvroResolution(from: pair.writer, to: pair.reader)
      #expect((resolution != nil) == reference.resolves, pair.comment)
      guard let resolution, reference.resolves else { continue }
      resolved += 1
      for _ in 0..<4 {
        let value = RandomAvroData.make(pair.writer, &generator)
        let bytes = TestAvroEncoder.encode(value, as: pair.writer, generator)
        agree(Transcoding(bytes, resolution), bytes, reference.resolve(value), resolution, pair)
        let damaged = AvroJudgeTests.damage(bytes, &generator)
        agreeOnDamaged(Transcoding(damaged, resolution), damaged, resolution, pair)
      }
    }
    #expect(resolved > 150, "\(resolved)")
  }

  private func agree(
    _ found: Transcoding, _ bytes: [UInt8], _ expected: TestAvroValue?,
    _ resolution: AvroResolution, _ pair: Pair
  ) {
    #expect(found.end == bytes.count, pair.comment)
    if resolution.isCopy { #expect(found.bytes == bytes, pair.comment) }
    if let expected {
      #expect(found.flaw == nil, pair.comment)
      let read = AvroFinding(found.bytes, pair.reader)
      #expect(read == .value(expected.ordered, length: found.bytes.count), pair.comment)
    } else {
      #expect(found.flaw != nil, pair.comment)
      if resolution.keepsEverything { #expect(found.flaw == .invalidUTF8, pair.comment) }
    }
  }

  /// What is no datum of the writer's is none of the reader's.
  private func agreeOnDamaged(
    _ found: Transcoding, _ bytes: [UInt8], _ resolution: AvroResolution, _ pair: Pair
  ) {
    switch AvroFinding(bytes, pair.writer) {
    case .fault(let fault): #expect(found.fault == fault, pair.comment)
    case .flaw: #expect(found.fault == nil && found.flaw != nil, pair.comment)
    case .value(_, let length):
      #expect(found.end == length, pair.comment)
      if found.flaw == nil {
        let read = AvroFinding(found.bytes, pair.reader)
        guard case .value(_, found.bytes.count) = read else {
          Issue.record("\(read): \(pair.comment)")
          return
        }
      }
    case .unjudged: break
    }
  }

  @Test(arguments: 0..<10)
  func resolvesAsLibavroDoes(block: UInt64) throws {
    var read = 0
    for number in 0..<300 {
      let seed = 400_000 + block * 1000 + UInt64(number)
      var generator = SeededGenerator(seed: seed)
      let pair = try Pair(&generator, edits: AvroEdit.libavro, isForward: true, seed: seed)
      let writer = try #require(LibAvroSchema(pair.writer.text))
      let reader = try #require(LibAvroSchema(pair.reader.text))
      guard let resolution = try? AvroResolution(from: pair.writer, to: pair.reader) else {
        continue
      }
      let reference = ReferenceAvroResolver(writer: pair.writer, reader: pair.reader)
      var first = reference
      first.takesFirst = true
      for _ in 0..<3 {
        let value = RandomAvroData.make(pair.writer, &generator)
        // libavro takes the first branch of the reader's that matches, we the writer's own.
        if reference.resolve(value) != first.resolve(value) { continue }
        let bytes = TestAvroEncoder.encode(value, as: pair.writer, generator)
        let theirs = try #require(LibAvroValue(reader))
        let result = theirs.resolve(bytes, from: writer, to: reader)
        let ours = Transcoding(bytes, resolution)
        #expect(result == (ours.flaw == nil ? .read : .refused), pair.comment)
        guard result == .read, let found = theirs.testValue else { continue }
        read += 1
        #expect(
          AvroFinding(ours.bytes, pair.reader) == .value(found.ordered, length: ours.bytes.count),
          pair.comment)
      }
    }
    #expect(read > 300, "\(read)")
  }

  // MARK: Records inside themselves

  @Test func whatResolvedInsideARecordThatDoesNotIsResolvedAgain() throws {
    func schema(_ bad: String) throws -> AvroSchema {
      try AvroSchema(
        parsing: #"["null",{"type":"record","name":"P","fields":["#
          + #"{"name":"q","type":["null",{"type":"record","name":"Q","fields":["#
          + #"{"name":"p","type":["null","P"]}]}]},{"name":"bad","type":"\#(bad)"}]},"Q"]"#)
    }
    let writer = try schema("string")
    let resolution = try AvroResolution(from: writer, to: try schema("int"))
    let reference = ReferenceAvroResolver(writer: writer, reader: resolution.reader)
    let null = TestAvroValue.branch(0, .null)
    let record = TestAvroValue.record([null, .of("abc")])
    for value in [.branch(2, .record([null])), .branch(2, .record([.branch(1, record)])), null] {
      let bytes = TestAvroEncoder.encode(value, as: writer)
      let found = Transcoding(bytes, resolution)
      #expect(found.end == bytes.count)
      #expect((found.flaw == nil) == (reference.resolve(value) != nil), "\(value)")
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func recordsThatDoNotResolveAreLookedAtOnce() throws {
    func record(_ name: String, _ type: String) -> String {
      #"{"type":"record","name":"\#(name)","fields":[{"name":"f","type":\#(type)}]}"#
    }
    // The reader has a union of two at each of 40 levels, either of which the writer's could become;
    // at the bottom is what does not resolve.
    var (writer, reader, again) = (#""string""#, #""int""#, #""int""#)
    for level in 0..<40 {
      writer = record("w.R\(level)", writer)
      reader = "[\(record("a.R\(level)", reader)),\(record("b.R\(level)", again))]"
      again = #"["a.R\#(level)","b.R\#(level)"]"#
    }
    let (from, to) = (try AvroSchema(parsing: writer), try AvroSchema(parsing: reader))
    let error = #expect(throws: AvroSchemaError.self) { try AvroResolution(from: from, to: to) }
    #expect(error?.description.hasSuffix(": the writer has string, the reader int") == true)
  }
}
