// Timelines and their drawings, without files.

@testable import KESCore
@testable import KESViews

/// A session event of `device`.
func sessionLine(_ device: String, _ time: Int64, _ event: String, session: String) -> String {
  #"{"device":"\#(device)","timestamp":\#(time),"event":{"\#(event)":{}},"session":"\#(session)"}"#
}

/// The `SessionClosed` of a session.
func closingLine(
  _ device: String, _ start: Int64, _ end: Int64, _ status: String, session: String,
  events: Int = 2, isPartial: Bool = false
) -> String {
  #"{"device":"\#(device)","timestamp":\#(end),"event":{"SessionClosed":{"status":"\#(status)","#
    + #""start":\#(start),"end":\#(end),"events":\#(events),"partial":\#(isPartial)}},"#
    + #""session":"\#(session)"}"#
}

/// What `lines` become, taken in so many at a time.
func timeline(
  _ lines: [String], limits: TimelineLimits = .usual, batchSize: Int = .max
) -> Timeline {
  var timeline = Timeline(limits: limits)
  var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20)
  var batch = Batch(blockSize: 64)
  var rest = lines[...]
  while !rest.isEmpty {
    batch.bytes.append(text: rest.prefix(batchSize).map { $0 + "\n" }.joined())
    rest = rest.dropFirst(batchSize)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    timeline.add(batch)
    batch.removeAll()
  }
  return timeline
}

/// A drawing as lines.
func drawing(_ timeline: borrowing Timeline, by encoder: some TimelineEncoder) -> [String] {
  var output = ByteBlock()
  encoder.encode(timeline, to: &output)
  let text = output.withBytes { String(decodingBytes: $0) }
  return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
}
