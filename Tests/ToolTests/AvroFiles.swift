// Avro container files for the tests, taken apart and put together by their bytes.

import Foundation
import KESCore

/// A container file's bytes.
struct AvroFile {
  let bytes: Data
  let header: AvroContainerHeader

  init(_ bytes: Data) throws {
    self.bytes = bytes
    guard let header = AvroContainerHeader(of: Array(bytes.prefix(1 << 20))) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    self.header = header
  }

  /// Where the header ends, and each block.
  var ends: [Int] {
    var found = [header.length]
    let sync = Data(header.sync)
    while let range = bytes.range(of: sync, in: found[found.count - 1]..<bytes.count) {
      found.append(range.upperBound)
    }
    return found
  }

  /// The header and so many blocks.
  func prefix(blocks: Int) -> Data { bytes.prefix(ends[blocks]) }
}

/// A container of raw blocks: for what no writer writes.
struct RawContainer {
  static let sync = Data((0..<16).map { UInt8($0 * 7 + 3) })
  private(set) var bytes: Data

  init(schema: String, codec: String? = "null") {
    bytes = Data("Obj\u{1}".utf8) + RawContainer.long(codec == nil ? 1 : 2)
    bytes += RawContainer.text("avro.schema") + RawContainer.text(schema)
    if let codec { bytes += RawContainer.text("avro.codec") + RawContainer.text(codec) }
    bytes += Data([0]) + RawContainer.sync
  }

  mutating func append(count: Int64, _ data: Data, sync: Data = RawContainer.sync) {
    bytes += RawContainer.long(count) + RawContainer.long(Int64(data.count)) + data + sync
  }

  static func long(_ value: Int64) -> Data {
    var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
    var encoded = Data()
    while rest >= 0x80 {
      encoded.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    encoded.append(UInt8(rest))
    return encoded
  }

  static func text(_ text: String) -> Data { long(Int64(text.utf8.count)) + Data(text.utf8) }

  /// `{"device":device,"timestamp":time,"event":{"DeviceWokeUp":{}}}`
  static func woke(_ device: String, _ time: Int64) -> Data { text(device) + long(time) + long(0) }
}

/// The schema `Event`.
let eventSchema = AvroSchema.event.text

/// `Event` with a field more.
func eventSchema(with field: String, name: String = "Event") -> String {
  let whole = eventSchema.replacingOccurrences(of: #""name":"Event""#, with: #""name":"\#(name)""#)
  return String(whole.dropLast(2)) + "," + field + "]}"
}

/// What kes-produce sends, with faults of every kind.
let faultyEvents =
  "kes-produce --full-speed --seed 3 --start-time 1700000000000 --devices 40 --rate 20"
  + " --loss 0.05 --duplicate 0.1 --delay 0.1:3s"
