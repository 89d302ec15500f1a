// Avro object container files to records: headers, sync markers, and the way through them.

/// Decodes events, or session events, in object container files (Avro 1.11 spec, "Object Container
/// Files"), one file behind the other if need be: a new header may stand where a block would.
///
///     head ──▶ blocks ──▶ head (another container)
///      │         │ ▲
///      ▼         ▼ │ sync marker
///     passing  seeking
///
/// A record that is wrong but whose end is known is rejected alone; where its end is not known the
/// rest of its block is, as so many records as the block says. Where the block itself cannot be
/// followed, reading goes on at the next sync marker. Memory: one block as it is in the file, and
/// one expanded; a large one is decoded in slices.
///
/// Data that need neither be expanded nor transcoded are not copied: the bytes that came in become
/// those of the batch.
public struct AvroContainerDecoder: ~Copyable, RecordDecoder {
  /// How large a block may be, in the file and expanded. Our choice.
  public static let greatestBlock = 256 << 20
  /// Blocks are decoded together up to so many bytes.
  static let batchSize = 128 * 1024
  /// Blocks that become larger are decoded in slices, as those are that are larger than a batch in
  /// the file: what is known of records takes more memory than they do.
  static let sliceLimit = 1 << 20

  enum State { case head, blocks, seeking, passing }

  public internal(set) var position: Int64
  public internal(set) var hasMore = false
  let schemas: AvroSchemaTable
  /// Which schema the records are to have; nil for that of their container.
  var target: AvroTarget?
  let greatestRecord: Int
  let wantsDetails: Bool
  let unknownEvents: UnknownEventPolicy

  var state = State.head
  var container: AvroContainer?
  var scanner = AvroEventScanner()
  /// What has come in and is not decoded yet begins at `used`.
  var raw = ByteBlock()
  var used = 0
  /// Whether what comes in becomes the bytes of the batch at hand.
  var isInPlace = false
  /// The data of the block at `used`, where they were compressed.
  var data = ByteBlock()
  /// How many bytes of the input come before the end of `raw`.
  var given: Int64 = 0
  var headOffset: Int64 = 0
  /// The number of the block at `used`, from 1, and how many of its records are decoded.
  var block: Int64 = 1
  var recordsOfBlock: Int64 = 0
  var headProblem = ""
  /// What the input is instead, where that was seen.
  private var foreign: ForeignInput?
  /// The block at `used`, while it is decoded in slices.
  var opened: AvroOpenBlock?
  /// Why containers could not be read whose blocks were rejected with the bytes decoded last.
  var problems: [String] = []

  /// - Parameters:
  ///   - schemas: where the schemas of the containers get their numbers, and how events are read.
  ///   - target: which schema the records are to have; nil for that of their container.
  ///   - greatestRecord: how many bytes a record may have.
  ///   - position: the number of the first record.
  public init(
    schemas: AvroSchemaTable, target: AvroTarget? = nil, wantsDetails: Bool, greatestRecord: Int,
    unknownEvents: UnknownEventPolicy = .reject, position: Int64 = 0
  ) {
    self.unknownEvents = unknownEvents
    self.schemas = schemas
    self.target = target
    self.wantsDetails = wantsDetails
    self.greatestRecord = greatestRecord
    self.position = position
  }

  public var isInsideRecord: Bool { state == .seeking || state == .passing }

  // MARK: Inputs

  public mutating func beginInput(_ start: InputStart) {
    state = .head
    container = nil
    raw.truncate(to: 0)
    (used, given, headOffset, block, recordsOfBlock) = (0, 0, 0, 1, 0)
    opened = nil
    hasMore = false
    if case .resumed(let position, let head) = start, position.offset > 0 {
      resume(at: position, head: head)
    }
  }

  /// Takes up the container whose header an earlier run read.
  mutating func resume(at position: InputPosition, head: [UInt8]) {
    (given, headOffset) = (position.offset, position.headOffset)
    (block, recordsOfBlock) = (position.line, position.recordsOfBlock)
    if case .header(let header) = AvroContainerHeader.find(head.span, 0) {
      container = AvroContainer(header, schemas: schemas, target: target)
      state = .blocks
    }
  }

  public func place(after batch: borrowing Batch) -> DecodingPlace {
    var place = DecodingPlace(unread: raw.count - used, line: block)
    place.recordsOfBlock = recordsOfBlock
    place.headOffset = headOffset
    return place
  }

  /// The place in the input of what stands at `index` in `raw`.
  func offset(of index: Int) -> Int64 { given - Int64(raw.count - index) }

  // MARK: Decoding

  /// What became of a step.
  enum Progress { case done, needsBytes, stopped }

  public mutating func withInput<Result, Failure: Error>(
    _ batch: inout Batch, _ fill: (inout ByteBlock) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    forgetUsed()
    let before = raw.count
    defer { given += Int64(raw.count - before) }
    return try fill(&raw)
  }

  mutating func forgetUsed() {
    raw.removeFirst(used)
    used = 0
  }

  public mutating func decode(_ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits) {
    take(&batch)
    hasMore = false
    isInPlace = opened == nil && container?.isPlain ?? false
    var limits = limits
    while !isEnough(batch, limits) {
      let before = position
      let progress = step(&batch, endOfInput: endOfInput, limits: limits)
      limits.records -= position - before
      if progress != .done { break }
    }
    // What waits for the rest of a block is not copied each time that some more of it comes in.
    if isInPlace && !batch.isEmpty { giveAway(to: &batch) }
    batch.decodedCount = batch.bytes.count
  }

  /// Moves the batch's bytes behind those that wait.
  mutating func take(_ batch: inout Batch) {
    forgetUsed()
    given += Int64(batch.bytes.count)
    raw.append(batch.bytes, 0, batch.bytes.count)
    batch.bytes.truncate(to: 0)
    problems.removeAll()
  }

  /// Whether the batch is to be handed on as it is. Notes whether more could be had at once.
  mutating func isEnough(_ batch: borrowing Batch, _ limits: DecodingLimits) -> Bool {
    let isPlain = container?.isPlain ?? false
    if batch.isEmpty { isInPlace = isPlain && opened == nil && batch.bytes.isEmpty }
    let isFull = batch.bytes.count >= AvroContainerDecoder.batchSize
    let isOther = !batch.isEmpty && isPlain != isInPlace
    guard limits.records <= 0 || isFull || isOther else { return false }
    hasMore = raw.count > used && limits.records > 0
    return true
  }

  /// Makes the bytes that came in those of the batch, and keeps a copy of what is not decoded.
  mutating func giveAway(to batch: inout Batch) {
    swap(&raw, &batch.bytes)
    raw.truncate(to: 0)
    raw.append(batch.bytes, used, batch.bytes.count - used)
    used = 0
  }

  /// Where `length` bytes from `start` of what came in stand in the batch.
  func stage(_ start: Int, _ length: Int, in batch: inout Batch) -> Int {
    if isInPlace { return start }
    let offset = batch.bytes.count
    batch.bytes.append(raw, start, length)
    return offset
  }

  mutating func step(
    _ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits
  ) -> Progress {
    if used == raw.count && !(endOfInput && isInsideRecord) { return .needsBytes }
    let isEnd = endOfInput && !limits.leavesUnfinished
    switch state {
    case .head: return readHead(&batch, isEnd, limits)
    case .blocks: return readBlock(&batch, isEnd, limits)
    case .seeking: return seek(&batch, endOfInput)
    case .passing: return pass(&batch, endOfInput)
    }
  }

  // MARK: Headers

  mutating func readHead(
    _ batch: inout Batch, _ endOfInput: Bool, _ limits: DecodingLimits
  ) -> Progress {
    let start = used
    let finding = raw.withBytes { bytes -> AvroContainerHeader.Finding in
      switch AvroContainerHeader.isMagic(bytes, start) {
      case nil: .incomplete
      case false?: .none(reason: "it does not begin with \"Obj\" and 1")
      case true?: AvroContainerHeader.find(bytes, start)
      }
    }
    switch finding {
    case .header(let header):
      headOffset = offset(of: used)
      used += header.length
      container = AvroContainer(header, schemas: schemas, target: target)
      state = .blocks
      return .done
    case .incomplete where !endOfInput: return .needsBytes
    case .incomplete: headProblem = "it ends inside the header"
    case .none(let reason): headProblem = reason
    }
    foreign = given == raw.count ? raw.withBytes { ForeignInput.of($0) } : nil
    // One that is damaged is told so of.
    if foreign == .container { foreign = nil }
    return lose(.badHeader, recordCount: 1, then: .passing, &batch, limits)
  }

  // MARK: What cannot be followed

  /// - Parameters:
  ///   - place: how many records of the batch come before it.
  ///   - start: where its bytes begin in the batch's.
  ///   - byte: where in the input that shows which is wrong.
  func makeRejection(
    _ part: Rejection.Part, _ flaw: AvroFlaw, place: Int, _ start: Int, _ length: Int, byte: Int64
  ) -> Rejection {
    var rejection = Rejection(
      part: part, fault: flaw.fault, field: flaw.field, place: place, offset: start,
      length: length, faultOffset: flaw.offset, position: position, line: block)
    rejection.byteOffset = byte
    return rejection
  }

  /// Of what begins at `used`.
  func makeRejection(
    _ part: Rejection.Part, _ fault: Fault, _ start: Int, _ length: Int, _ batch: borrowing Batch
  ) -> Rejection {
    makeRejection(
      part, AvroFlaw(fault: fault, field: .none, offset: start), place: batch.records.count,
      start, length, byte: offset(of: used))
  }

  /// Rejects what begins here and ends nobody knows where.
  mutating func lose(
    _ fault: Fault, recordCount: Int64, then next: State, _ batch: inout Batch,
    _ limits: DecodingLimits
  ) -> Progress {
    var rejection = makeRejection(.first, fault, stage(used, 0, in: &batch), 0, batch)
    rejection.recordCount = UInt32(clamping: recordCount)
    batch.rejections.append(rejection)
    if limits.stopsAtRejection { return .stopped }
    position += recordCount
    state = next
    return .done
  }

  /// Passes over what stands before the next sync marker, and that.
  mutating func seek(_ batch: inout Batch, _ endOfInput: Bool) -> Progress {
    guard let container else { return .stopped }
    let start = used
    let sync = container.sync
    if let found = raw.withBytes({ $0.firstIndex(of: sync.span, from: start) }) {
      passOver(to: found + AvroContainerHeader.syncLength, .last, &batch)
      state = .blocks
      block += 1
      recordsOfBlock = 0
      return .done
    }
    // The marker may have begun.
    let kept = endOfInput ? 0 : AvroContainerHeader.syncLength - 1
    passOver(to: max(used, raw.count - kept), endOfInput ? .last : .middle, &batch)
    if endOfInput { state = .blocks }
    return .needsBytes
  }

  mutating func pass(_ batch: inout Batch, _ endOfInput: Bool) -> Progress {
    passOver(to: raw.count, endOfInput ? .last : .middle, &batch)
    if endOfInput { state = .head }
    return .needsBytes
  }

  mutating func passOver(to end: Int, _ part: Rejection.Part, _ batch: inout Batch) {
    let start = stage(used, end - used, in: &batch)
    batch.rejections.append(makeRejection(part, .badBlock, start, end - used, batch))
    used = end
  }

  // MARK: Messages

  public func location(of rejection: Rejection) -> String {
    ": block \(rejection.line), byte \(rejection.byteOffset)"
  }

  public var isBinary: Bool { true }

  public func foreignInput(at rejection: Rejection, in batch: borrowing Batch) -> ForeignInput? {
    rejection.fault == .badHeader ? foreign : nil
  }

  public func message(for rejection: Rejection, in batch: borrowing Batch) -> String {
    switch rejection.fault {
    case .unusableSchema: problems[Int(rejection.faultOffset)]
    case .badHeader:
      foreign.map { "expected an Avro container file, found \($0.name)" }
        ?? "not an Avro container file: \(headProblem)"
    default: AvroFaultMessage(rejection: rejection, greatestRecord: greatestRecord).text
    }
  }
}

/// The container whose blocks are being read.
final class AvroContainer {
  let sync: [UInt8]
  /// `null` where it is unknown.
  let codec: AvroCodec
  let isCompressed: Bool
  let reading: AvroReading

  /// - Parameter target: what the records are to be, if not what the writer wrote.
  init(_ header: AvroContainerHeader, schemas: AvroSchemaTable, target: AvroTarget?) {
    sync = header.sync
    let known = AvroCodec(rawValue: header.codecName)
    codec = known ?? .null
    isCompressed = known != .null
    reading =
      known == nil
      ? AvroReading(problem: AvroContainer.unknownCodec(header.codecName))
      : AvroReading(header.schemaText, schemas: schemas, target: target)
  }

  /// Whether the data of its blocks are records as they are to be.
  var isPlain: Bool { codec == .null && reading.transcoder == nil && reading.problem == nil }

  private static func unknownCodec(_ name: String) -> String {
    let known = AvroCodec.allCases.map(\.rawValue).joined(separator: ", ")
    return "the codec \"\(name)\" is unknown; known are \(known)"
  }
}

/// Words the fault of a rejected record or block.
struct AvroFaultMessage {
  let rejection: Rejection
  let greatestRecord: Int
  /// What holds the records.
  var enclosure: StaticString = "block"

  var text: String {
    switch rejection.fault {
    case .tooLong:
      "a record longer than \(greatestRecord) bytes; --max-record SIZE allows longer ones"
    case .invalidUTF8: "a string that is not UTF-8" + ofField
    case .aheadOfClock: AheadLimit.text(ahead: rejection.ahead)
    case .expectedBranch: "expected an event" + ofField
    case .unknownBranch: "an event that the schema does not have"
    case .unwritableTime: "a time that the unit of the output's schema cannot hold"
    case .unknownStatus: "a status that the schema does not have"
    case .expectedString: "expected a string" + ofField
    case .expectedNumber: "expected a number" + ofField
    case .expectedBoolean: "expected true or false" + ofField
    case .tooDeep: "more than \(AvroReader.greatestDepth) types inside each other" + rest
    case .truncated where rejection.part == .first: "the block is cut short" + rest
    case .truncated: "a value goes on behind the end of its \(enclosure)" + rest
    case .badLong: "a number that is too long" + rest
    case .badLength: "a length that is negative" + rest
    case .badCount: "a count of items that its \(enclosure) cannot hold" + rest
    case .badBoolean: "a boolean that is neither 0 nor 1" + rest
    case .badBranch: "a branch that its union does not have" + rest
    case .badSymbol: "a symbol that its enum does not have" + rest
    case .unresolvedSymbol: "a symbol that the reader's enum does not have"
    case .leftOver: "bytes behind the \(enclosure)'s last record"
    case .badBlock: "not the beginning of a block"
    case .wrongSync: "the block does not end with the file's sync marker" + rest
    case .badCompression: "the block cannot be expanded" + rest
    case .wrongChecksum: "the block's checksum is wrong: its data are damaged" + rest
    case .hugeExpansion:
      "the block becomes longer than \(AvroContainerDecoder.greatestBlock) bytes, the most that is"
        + " expanded; write smaller blocks" + rest
    case .hugeBlock:
      "a block longer than \(AvroContainerDecoder.greatestBlock) bytes, the most that is read; write"
        + " smaller blocks, unless it is damage that seems one"
    default: "not an event"
    }
  }

  private var ofField: String {
    rejection.field == .none ? "" : " for \"\(rejection.field.text)\""
  }

  /// How many records go with it.
  private var rest: String {
    rejection.recordCount > 1 ? "; \(rejection.recordCount) records are lost with it" : ""
  }
}
