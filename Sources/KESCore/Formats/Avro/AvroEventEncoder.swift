// Events as a container file, from their fields.

/// Writes events as data of the schema `Event`, the one schema of its output.
public struct AvroEventEncoder: EventEncoder {
  private let writer: any AvroWriter

  public init(writer: any AvroWriter) {
    self.writer = writer
    writer.begin(.event)
  }

  public func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    precondition(batch.details.count == batch.records.count)
    var cuts = writer.cuts
    for index in 0..<batch.records.count {
      AvroEventData.append(batch.records[index], batch.details[index], of: batch, to: &output)
      cuts.note(end: output.count)
    }
    writer.cuts = cuts
  }
}
