// Session events as kes-segment writes them, without files.

@testable import KESCore

/// The JSON line of a test event in the device domain.
func jsonLine(_ event: TestEvent) -> String {
  let head = "{\"device\":\"\(event.key)\",\"timestamp\":\(event.time),"
  switch event.role {
  case .start: return head + "\"note\":\"\(event.bytes)\",\"event\":{\"DeviceWokeUp\":{}}}"
  case .end: return head + "\"note\":\"\(event.bytes)\",\"event\":{\"AllDataSent\":{}}}"
  default:
    return head + "\"event\":{\"DataReceived\":{\"name\":\"\(event.bytes)\",\"value\":0.5}}}"
  }
}

/// All session events that `events` become by `rules`, with every `SessionClosed` of the stream.
func sessionEventLines(_ events: [TestEvent], rules: SegmentationRules) -> [String] {
  var batch = Batch(blockSize: 64)
  batch.bytes.append(text: events.map { jsonLine($0) + "\n" }.joined())
  var decoder = JSONLinesDecoder(purpose: .segmenting, greatestRecord: 1 << 20)
  decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
  var encoder = JSONLinesSessionEncoder(
    emission: .all, marksDuplicates: rules.duplicates == .mark)
  var segmenter = Segmenter(rules: rules)
  var outcome = Outcome()
  var output = ByteBlock()
  if rules.reorders {
    var reorderer = Reorderer(lateness: rules.lateness)
    var released = Batch(blockSize: 64)
    var index = 0
    var isDone = false
    while !isDone {
      isDone = reorderer.pass(batch, from: &index, into: &released, blockSize: 300)
      segmentReleased()
    }
    isDone = false
    while !isDone {
      isDone = reorderer.drain(into: &released, blockSize: 300)
      segmentReleased()
    }
    func segmentReleased() {
      segmenter.segment(released, into: &outcome)
      encoder.encode(released, outcome, to: &output)
      released.removeAll()
      outcome.removeAll()
    }
  } else {
    segmenter.segment(batch, into: &outcome)
    encoder.encode(batch, outcome, to: &output)
  }
  return lines(output)
}

/// The lines of a block, without their line feeds.
func lines(_ block: borrowing ByteBlock) -> [String] {
  block.withBytes { String(decodingBytes: $0) }.split(separator: "\n").map(String.init)
}

/// Passes `input` through the real purger, in batches of `batchSize` lines each, as kes-purge does.
func purge(
  _ input: [String], with purger: consuming SessionPurger, flush: Bool, batchSize: () -> Int
) -> [String] {
  var purger = purger
  var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20)
  var encoder = JSONLinesThroughEncoder()
  var batch = Batch(blockSize: 64)
  var outcome = Outcome()
  var output = ByteBlock()
  var rest = input[...]
  while !rest.isEmpty {
    let size = max(1, batchSize())
    batch.bytes.append(text: rest.prefix(size).map { $0 + "\n" }.joined())
    rest = rest.dropFirst(size)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    purger.observe(batch, into: &outcome)
    precondition(outcome.assignments.count == batch.records.count)
    encoder.encode(batch, outcome, to: &output)
    outcome.removeAll()
    batch.removeAll()
  }
  purger.finish(flush: flush, into: &outcome)
  encoder.encode(batch, outcome, to: &output)
  return lines(output)
}
