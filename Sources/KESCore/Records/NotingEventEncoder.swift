// Events that are made here, on their way to a topic.

/// Encodes events, and notes of each what its message needs.
public struct NotingEventEncoder<Encoder: EventEncoder & ~Copyable>: ~Copyable, EventEncoder {
  private var encoder: Encoder
  private let notes: MessageNotes?

  /// - Parameter notes: nil where the output is no topic.
  public init(_ encoder: consuming Encoder, notes: MessageNotes?) {
    self.encoder = encoder
    self.notes = notes
  }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    encoder.encode(batch, to: &output)
    guard let notes else { return }
    notes.beginBatch()
    for index in 0..<batch.records.count { notes.note(index, of: batch) }
  }
}
