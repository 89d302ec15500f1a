// A record batch, as producers send it.

import Foundation

/// The bytes of a batch (Kafka documentation, "Record Batch"): the base offset (0), the length of what
/// is behind it (8), the leader's epoch (12), the magic number 2 (16), a CRC-32C of what follows (17),
/// attributes (21), the last record's offset delta (23), the first and the greatest time (27, 35), the
/// producer's id, epoch and first sequence number (43, 51, 53), the number of records (57), records (61).
struct KafkaRecordBatch: Sendable {
  private(set) var bytes: Data

  /// nil where these are not the bytes of one batch.
  init?(_ bytes: Data) {
    guard bytes.count >= 61, bytes[bytes.startIndex + 16] == 2 else { return nil }
    self.bytes = Data(bytes)
    guard integer(at: 8, Int32.self) == bytes.count - 12 else { return nil }
  }

  private func integer<Value: FixedWidthInteger>(at place: Int, _ type: Value.Type) -> Value {
    var reader = KafkaFrameReader(bytes.dropFirst(place).prefix(MemoryLayout<Value>.size))
    return reader.integer(type)
  }

  /// Where it stands is no part of the checksum.
  var baseOffset: Int64 {
    get { integer(at: 0, Int64.self) }
    set {
      var writer = KafkaFrameWriter()
      writer.write(newValue)
      bytes.replaceSubrange(0..<8, with: writer.bytes)
    }
  }
  /// The offset behind its last.
  var next: Int64 { baseOffset + Int64(integer(at: 23, Int32.self)) + 1 }
  var greatestTime: Int64 { integer(at: 35, Int64.self) }
  var isTransactional: Bool { integer(at: 21, Int16.self) & 16 != 0 }
  /// Less than 0 for none.
  var producer: Int64 { integer(at: 43, Int64.self) }
  var epoch: Int16 { integer(at: 51, Int16.self) }
  var sequences: ClosedRange<Int32> {
    let first = integer(at: 53, Int32.self)
    return first...(first &+ integer(at: 23, Int32.self))
  }
}
