// From inputs to decoded batches: reads, decodes, and deals with what cannot be decoded.

/// What is done with a record that cannot be decoded (`--on-error`, `--dead-letter`).
public enum BadRecordPolicy: String, CaseIterable, Sendable {
  /// The run ends there.
  case fail
  /// It is counted, written to the dead letters if there are any, and passed over.
  case skip
}

/// The source that files and pipes are.
public final class Intake: RecordSource {
  /// About how many bytes make a batch: small enough that a batch with its output stays in a
  /// processor's own cache.
  public static let blockSize = 128 * 1024

  public private(set) var input: InputSequence
  public let decoder: FormatDecoder
  public private(set) var ledger = Ledger()
  /// Bytes of records that have been read.
  public private(set) var byteCount: Int64 = 0
  /// How far, at most, an event lagged behind the greatest time before it, in milliseconds.
  public private(set) var greatestLag: UInt64 = 0
  private let policy: BadRecordPolicy
  public let deadLetters: (any DeadLetters)?
  private let greatestCount: Int64
  private let signals: Signals
  private let waitsForRest: Bool
  private let onRejection: ((BadRecord) -> Void)?
  private var ahead: AheadWatch?
  private let onUnfinished: ((_ name: String, _ bytes: Int) -> Void)?
  private var isOpen = false
  /// Where decoding is in the current input, all records that were handed out being used up.
  private var place = DecodingPlace(unread: 0, line: 1)
  /// Whether the input begins again, once what came of it before is decoded.
  private var isRestarting = false
  private var failure: BadRecord?
  private var streamTime: EventTime = .beforeAll
  private var finishedInputs: [KnownInput] = []
  private var hasFiltered = false
  /// Bytes at the ends of inputs that are no whole record yet.
  private var unfinishedByteCount: Int64 = 0

  /// - Parameters:
  ///   - greatestCount: how many records to read at most (`-c`).
  ///   - waitsForRest: whether an input whose places are kept may end inside a record, because who
  ///     writes it is not done: a later run begins there (R11).
  ///   - onRejection: told of every record that is passed over.
  ///   - ahead: watches for events that are ahead of the wall clock.
  ///   - onUnfinished: told of an input that ends inside a record.
  public init(
    input: consuming InputSequence, decoder: FormatDecoder, policy: BadRecordPolicy,
    deadLetters: (any DeadLetters)? = nil, greatestCount: Int64 = .max, signals: Signals,
    waitsForRest: Bool = false, onRejection: ((BadRecord) -> Void)? = nil,
    ahead: AheadWatch? = nil, onUnfinished: ((_ name: String, _ bytes: Int) -> Void)? = nil
  ) {
    self.input = input
    self.decoder = decoder
    self.policy = policy
    self.deadLetters = deadLetters
    self.greatestCount = greatestCount
    self.signals = signals
    self.waitsForRest = waitsForRest
    self.onRejection = onRejection
    self.ahead = ahead
    self.onUnfinished = onUnfinished
  }

  public var partition: Int32 { 0 }

  public func finish(leaving: Int) {}

  public func next(
    into batch: inout Batch, deadline: Int64?, willWait: () throws(Failure) -> Void
  ) throws(Failure) -> SourceTurn {
    if let failure { throw failure.asFailure }
    batch.recycle()
    while true {
      if let signal = signals.stop { return .stopped(signal) }
      if ledger.records >= greatestCount { return .end }
      if !isOpen, try !openNext(batch) { return .end }
      if decoder.hasMore {
        try decode(&batch, endOfInput: isRestarting)
        if !batch.records.isEmpty || !batch.rejections.isEmpty { return .batch }
        batch.recycle()
        continue
      }
      if isRestarting { decoder.beginInput(.beginning) }
      isRestarting = false
      let reading = try read(into: &batch, deadline, willWait)
      switch reading {
      case .bytes:
        try decode(&batch, endOfInput: false)
      case .endOfInput:
        try decode(&batch, endOfInput: true)
        try endInput(&batch)
      case .restart:
        try decode(&batch, endOfInput: true)
        isRestarting = true
      case .deadline: return .idle
      case .signal:
        if signals.stop == nil { return .idle }
        continue
      }
      if !batch.records.isEmpty || !batch.rejections.isEmpty { return .batch }
      batch.recycle()
    }
  }

  /// Reads what there is, up to a block; of a record that is longer as much again.
  private func read(
    into batch: inout Batch, _ deadline: Int64?, _ willWait: () throws(Failure) -> Void
  ) throws(Failure) -> Reading {
    return try decoder.withInput(&batch) { block throws(Failure) in
      let before = block.count
      let reading = try input.read(
        into: &block, room: max(Intake.blockSize - before, before), deadline: deadline
      ) { () throws(Failure) in
        try deadLetters?.flush()
        try willWait()
      }
      byteCount += Int64(block.count - before)
      return reading
    }
  }

  private func openNext(_ batch: borrowing Batch) throws(Failure) -> Bool {
    let opening = try input.openNext()
    switch opening {
    case .none: return false
    case .fresh: decoder.beginInput(.beginning)
    case .resumed(let position):
      let head = try input.head(before: position)
      decoder.beginInput(.resumed(position, head: head))
    }
    isOpen = true
    place = decoder.place(after: batch)
    return true
  }

  /// Notes where the input ended. Where the decoder stopped before that, it stays open.
  private func endInput(_ batch: inout Batch) throws(Failure) {
    let isLimited = ledger.records >= greatestCount || failure != nil
    if decoder.hasMore || (isLimited && place.unread > 0) { return }
    let ended = try input.input(at: place, hasEnded: true)
    if let ended { finishedInputs.append(ended) }
    if place.unread > 0 && isRestAwaited {
      unfinishedByteCount += Int64(place.unread)
      onUnfinished?(input.name, place.unread)
      batch.forgetUndecoded()
    }
    isOpen = false
  }

  /// Whether what the current input ends with may be whole in a later run.
  private var isRestAwaited: Bool { waitsForRest && input.isKept }

  private func decode(
    _ batch: inout Batch, endOfInput: Bool
  ) throws(Failure) {
    var limits = DecodingLimits(
      records: greatestCount - ledger.records, stopsAtRejection: policy == .fail,
      leavesUnfinished: isRestAwaited)
    if let ahead { limits.ahead = ahead.limit }
    defer { place = decoder.place(after: batch) }
    do {
      try decoder.decode(&batch, endOfInput: endOfInput, limits: limits)
    } catch {
      // Who is to stop does not ask any more: that is not the registry's fault.
      if signals.stop != nil { return }
      throw error
    }
    let filtered = Int64(batch.tombstoneCount + batch.unknownCount)
    if filtered > 0 { hasFiltered = true }
    ledger.records += Int64(batch.records.count) + filtered
    ledger.filtered += filtered
    for index in 0..<batch.records.count {
      let time = batch.records[index].time
      streamTime = max(streamTime, time)
      greatestLag = max(greatestLag, time.elapsed(until: streamTime))
    }
    if batch.ahead.count > 0 { noteAhead(batch) }
    for index in 0..<batch.rejections.count { reject(batch.rejections[index], of: batch) }
    try deadLetters?.flushIfFull()
  }

  private func noteAhead(_ batch: borrowing Batch) {
    ledger.ahead += batch.ahead.count
    ahead?.tell(batch) { input.name + decoder.location(of: $0) }
  }

  /// Tells of stream time that an earlier run left ahead of the wall clock.
  func tell(streamTime: EventTime, of name: String) {
    ahead?.tell(streamTime: streamTime, of: name)
  }

  private func reject(_ rejection: Rejection, of batch: borrowing Batch) {
    let isCounted = rejection.part == .whole || rejection.part == .first
    let bad = BadRecord(
      position: input.name + decoder.location(of: rejection),
      reason: decoder.message(for: rejection, in: batch, input: input.name))
    deadLetters?.append(
      rejection, of: batch, isBinary: decoder.isBinary, position: bad.position, reason: bad.reason)
    if isCounted {
      ledger.records += Int64(rejection.recordCount)
      ledger.rejected += Int64(rejection.recordCount)
      if rejection.fault == .aheadOfClock { ledger.ahead += 1 }
      if policy == .fail { failure = bad } else { onRejection?(bad) }
    }
  }

  /// Whether an input has ended since positions were taken, or records were passed over of which nobody
  /// else hears.
  public var hasMoved: Bool { !finishedInputs.isEmpty || hasFiltered }

  /// How many records were passed over that nothing keeps.
  public var skippedCount: Int64 { deadLetters == nil ? ledger.rejected : 0 }

  /// The run's figures: what reading knows of them, and what the pipeline adds. The greatest lag
  /// counts from the last call.
  public func takeStatistics(ledger: Ledger, openSessions: Int) -> Statistics {
    var statistics = Statistics()
    statistics.ledger = ledger
    statistics.bytes = byteCount
    statistics.openSessions = Int64(openSessions)
    statistics.greatestLag = greatestLag
    statistics.ahead = ahead.map { _ in self.ledger.ahead }
    if waitsForRest { statistics.unfinishedBytes = unfinishedByteCount }
    greatestLag = 0
    if let progress = input.progress {
      statistics.progress = (input.name, progress.read, progress.size)
    }
    return statistics
  }

  /// Where each input is that has moved since the last call, all records that were handed out being used
  /// up, and what else has become known of inputs.
  public func takeInputs() throws(Failure) -> [KnownInput] {
    var inputs = input.takeDisplaced() + finishedInputs
    finishedInputs = []
    hasFiltered = false
    guard isOpen else { return inputs }
    let current = try input.input(at: place)
    if let current { inputs.append(current) }
    return inputs
  }
}
