// Headers of random records, for tests of what keeps them.

import TestSupport

@testable import KESCore

/// Gives about half of the records one to three headers each, with values or without.
func addHeaders(_ generator: inout SeededGenerator, to batch: inout Batch) {
  for index in 0..<batch.records.count where generator.chance(50) {
    let offset = batch.records[index].offset
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let length = Int.random(in: 0...12, using: &generator)
      let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      if generator.chance(20) {
        batch.headers.append(bytes.span, nil, ofRecordAt: offset)
      } else {
        batch.headers.append(bytes.span, bytes.span, ofRecordAt: offset)
      }
    }
  }
}

/// The headers of every record of `batch` that has some, by the record's position.
func headers(of batch: borrowing Batch) -> [Int64: [UInt8]] {
  var found: [Int64: [UInt8]] = [:]
  var cursor = RecordHeaders.Cursor()
  for index in 0..<batch.records.count {
    let record = batch.records[index]
    guard let range = cursor.find(record, in: batch.headers) else { continue }
    found[record.position] = batch.headers.withBytes(range) { $0.copied }
  }
  return found
}
