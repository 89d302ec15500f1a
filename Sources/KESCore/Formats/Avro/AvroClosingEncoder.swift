// Closings as data of a schema of session events.

/// Appends `SessionClosed` events. Where the schema has fields that ours does not have, they get
/// their defaults, or where they have none the empty values of their types (our choice: a closing is
/// no event of a device, so nobody can say more).
struct AvroClosingEncoder: ~Copyable {
  private let marksDuplicates: Bool
  /// From our own schema to the output's; nil where they are alike.
  private let transcoder: AvroTranscoder?
  private var scratch = ByteBlock()

  init(to schema: AvroSchema, marksDuplicates: Bool, named name: String = "session") {
    self.marksDuplicates = marksDuplicates
    let known = AvroSchema.sessionEvent(named: name, marksDuplicates: marksDuplicates)
    let resolution = try? AvroResolution(from: known, to: schema, missing: .isEmpty)
    transcoder = resolution.flatMap { $0.isCopy ? nil : AvroTranscoder($0) }
  }

  mutating func append(
    _ closing: Closing, of outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    guard let transcoder else {
      appendKnown(closing, of: outcome, to: &output)
      return
    }
    var known = ByteBlock(capacity: 0)
    swap(&known, &scratch)
    known.truncate(to: 0)
    appendKnown(closing, of: outcome, to: &known)
    _ = known.withBytes { transcoder.transcode($0, 0, to: &output) }
    swap(&known, &scratch)
  }

  private func appendKnown(
    _ closing: Closing, of outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    AvroEventData.append(closing, of: outcome, to: &output)
    if marksDuplicates { output.append(avro: false) }
    AvroEventData.append(closing.session, of: outcome, to: &output)
  }
}
