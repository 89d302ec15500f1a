// What a decoder makes of the messages of a topic: with nothing that depends on how they arrived.

import TestSupport
import Testing

@testable import KESCore

/// How the messages of a topic are decoded.
struct MessageReading {
  var registry: (any SchemaRegistry)?
  var greatestRecord = 1 << 20
  var keepsHeaders = false
  var unknownEvents = UnknownEventPolicy.reject
  /// How many messages are decoded at most.
  var limit: Int64 = .max
  var stopsAtRejection = false
  /// From which offset on nothing is read, by partition.
  var ends: [Int32: KafkaOffset] = [:]

  /// Decodes all that the topic holds.
  func decode(
    _ topic: String, partitions: Int, of kafka: KafkaUnderTest
  ) throws -> DecodedMessages {
    let formats = RecordFormats(
      wantsDetails: true, output: .json, unknownEvents: unknownEvents, messageRegistry: registry)
    let decoder = MessageDecoder(
      formats, topic: topic, isAvro: registry != nil, greatestRecord: greatestRecord,
      keepsHeaders: keepsHeaders)
    let consumer = try KafkaConsumer(kafka.configuration)
    let all = (0..<Int32(partitions)).map { KafkaPartition(topic: topic, number: $0) }
    try consumer.assign(all.map { KafkaPosition($0, KafkaOffset(0)) })
    var found = DecodedMessages()
    var messages = KafkaMessageBatch()
    var ended: Set<Int32> = []
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    while ended.count < partitions, !deadline.isOver, !found.isOver {
      guard try consumer.poll(into: &messages, milliseconds: 1000) == .batch else { continue }
      ended.formUnion(messages.ends.map(\.partition.number))
      try decode(messages, with: decoder, into: &found)
    }
    #expect(!deadline.isOver)
    return found
  }

  private func decode(
    _ messages: borrowing KafkaMessageBatch, with decoder: MessageDecoder,
    into found: inout DecodedMessages
  ) throws {
    var batch = Batch(blockSize: 16)
    var index = 0
    while index < messages.count && !found.isOver {
      let limits = DecodingLimits(
        records: limit - Int64(found.count), stopsAtRejection: stopsAtRejection)
      do throws(Failure) {
        let progress = try decoder.decode(
          messages, from: &index, into: &batch, limits: limits, end: { ends[$0] })
        found.take(batch, progress, decoder.rejected, messages)
      } catch {
        found.failure = error.description
      }
      let isBad = stopsAtRejection && !decoder.rejected.isEmpty
      found.isOver = isBad || found.failure != nil || Int64(found.count) >= limit
    }
  }
}

/// What was decoded, by partition.
struct DecodedMessages {
  var lines: [Int32: [String]] = [:]
  var offsets: [Int32: [Int64]] = [:]
  /// `offset: reason`.
  var rejected: [Int32: [String]] = [:]
  /// Behind what was dealt with.
  var next: [Int32: Int64] = [:]
  /// `offset name=value`.
  var headers: [Int32: [String]] = [:]
  var tombstones = 0
  var unknown = 0
  var count = 0
  var greatestBatch = 0
  var batches = 0
  var failure: String?
  var isOver = false

  fileprivate mutating func take(
    _ batch: borrowing Batch, _ progress: MessageDecoder.Progress,
    _ bad: [MessageDecoder.Rejected], _ messages: borrowing KafkaMessageBatch
  ) {
    let partition = progress.partition
    batches += 1
    count += progress.count
    tombstones += batch.tombstoneCount
    unknown += batch.unknownCount
    next[partition] = progress.next.rawValue
    greatestBatch = max(greatestBatch, batch.bytes.count)
    let filtered = batch.tombstoneCount + batch.unknownCount
    #expect(progress.count == batch.records.count + filtered + bad.count)
    var positions: [UInt32: Int64] = [:]
    for index in 0..<batch.records.count {
      let record = batch.records[index]
      #expect(Int32(record.position >> 48) == partition)
      positions[record.offset] = record.position
      lines[partition, default: []].append(
        batch.withRecordBytes(record) { String(decodingBytes: $0) })
      offsets[partition, default: []].append(record.position & 0xFFFF_FFFF_FFFF)
    }
    for one in bad {
      let offset = messages.withMessage(at: one.message) { $0.offset.rawValue }
      rejected[partition, default: []].append("\(offset): \(one.reason)")
    }
    take(batch.headers, partition, positions)
  }

  /// - Parameter positions: of the batch's records, by where their bytes begin.
  private mutating func take(
    _ found: borrowing RecordHeaders, _ partition: Int32, _ positions: [UInt32: Int64]
  ) {
    for index in 0..<found.count {
      let entry = found.entry(index)
      var texts: [String] = []
      found.withBytes(entry.range) { bytes in
        RecordHeaders.forEach(in: bytes) { name, value in
          let header = headerText(name, value)
          texts.append("\((positions[entry.offset] ?? -1) & 0xFFFF) \(header)")
        }
      }
      headers[partition, default: []] += texts
    }
  }
}

/// `name=value`, or `name=none`.
func headerText(_ name: Span<UInt8>, _ value: Span<UInt8>?) -> String {
  let name = String(decodingBytes: name)
  guard let value else { return "\(name)=none" }
  return "\(name)=\(String(decodingBytes: value))"
}
