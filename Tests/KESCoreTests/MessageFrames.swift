// Messages behind their lengths, put together by their bytes, and what a decoder makes of them.

@testable import KESCore

/// Builds input for `ConfluentFrameDecoder`.
enum Frame {
  /// A length, and what stands behind it.
  static func raw(_ length: Int32, _ bytes: [UInt8] = []) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: length >> Int32(24 - 8 * $0)) } + bytes
  }

  static func message(_ bytes: [UInt8]) -> [UInt8] { raw(Int32(bytes.count), bytes) }

  static func message(_ identifier: Int32, _ payload: [UInt8]) -> [UInt8] {
    message([0] + raw(identifier) + payload)
  }

  /// A record without a value.
  static let tombstone = raw(-1)

  // MARK: Payloads

  static func long(_ value: Int64) -> [UInt8] { encoded { $0.append(avro: value) } }

  static func text(_ text: String) -> [UInt8] { encoded { $0.append(avro: text) } }

  private static func encoded(_ append: (inout ByteBlock) -> Void) -> [UInt8] {
    var block = ByteBlock()
    append(&block)
    return bytes(of: block)
  }

  /// An event that has woken up, of the schema `Event`.
  static func woke(_ device: String, _ time: Int64) -> [UInt8] { text(device) + long(time) + [0] }

  static func bytes(of block: borrowing ByteBlock) -> [UInt8] {
    (0..<block.count).map { block[$0] }
  }
}

/// `Event` as topics have it: as it is, with fields more, and with its fields in another order.
enum EventVersion {
  static let first = AvroSchema.event.text

  static let second =
    first.dropLast(2) + #","#
    + #"{"name":"site","type":"string","default":"none"},{"name":"rank","type":"int","default":0}]}"#

  static let reversed = #"""
    {"type":"record","name":"Event","fields":[
    {"name":"event","type":[{"type":"record","name":"AllDataSent","fields":[]},
    {"type":"record","name":"DeviceWokeUp","fields":[]}]},
    {"name":"timestamp","type":"long"},{"name":"device","type":"string"}]}
    """#

  /// A message of each, of one device.
  static func messages(_ time: Int64) -> [[UInt8]] {
    [
      Frame.message(1, Frame.woke("a", time)),
      Frame.message(2, Frame.woke("a", time + 1) + Frame.text("north") + Frame.long(7)),
      Frame.message(3, [0] + Frame.long(time + 2) + Frame.text("a")),
    ]
  }

  static var registry: StubSchemaRegistry {
    StubSchemaRegistry([1: first, 2: String(second), 3: reversed, 4: #""string""#])
  }
}

/// What a decoder makes of messages: comparable, with nothing that depends on the batches.
struct DecodedFrames: Equatable {
  enum Item: Equatable {
    /// The schema by its number, and the bytes of the datum.
    case event(
      key: String, time: Int64, role: Role, position: Int64, schema: UInt16, bytes: [UInt8])
    /// Where it stands, why it is none, and its bytes.
    case rejected(position: Int64, location: String, message: String, bytes: [UInt8])
  }

  var items: [Item] = []
  var tombstones = 0
  var position: Int64 = 0
  /// Where the input is to be read on, and the number of the message there.
  var offset: Int64 = 0
  var line: Int64 = 1
  var failure: String?

  var keys: [String] {
    items.compactMap { if case .event(let key, _, _, _, _, _) = $0 { key } else { nil } }
  }

  var messages: [String] {
    items.compactMap { if case .rejected(_, _, let text, _) = $0 { text } else { nil } }
  }

  var locations: [String] {
    items.compactMap { if case .rejected(_, let text, _, _) = $0 { text } else { nil } }
  }

  var roles: [Role] {
    items.compactMap { if case .event(_, _, let role, _, _, _) = $0 { role } else { nil } }
  }
}

/// Decodes messages that are handed over in pieces.
struct FrameReading {
  var registry: (any SchemaRegistry)? = EventVersion.registry
  var schemas = AvroSchemaTable(wantsDetails: true)
  var target: AvroTarget?
  var greatestRecord = 1 << 20
  var limits = DecodingLimits()
  /// Where reading begins in the bytes, and how many records came before.
  var start = InputStart.beginning
  var position: Int64 = 0
  /// Whether the last piece is all that comes.
  var ends = true

  /// Decodes `bytes`, cut at `cuts`, ascending.
  func decode(_ bytes: [UInt8], cuts: [Int] = [], inPlace: Bool = false) -> DecodedFrames {
    var decoder = ConfluentFrameDecoder(
      registry: registry, schemas: schemas, target: target, wantsDetails: true,
      greatestRecord: greatestRecord, position: position)
    decoder.beginInput(start)
    var batch = Batch(blockSize: 16)
    var found = DecodedFrames()
    var from = 0
    var left = limits
    do throws(Failure) {
      for cut in cuts + [bytes.count] {
        let piece = bytes[from..<cut]
        if inPlace {
          decoder.withInput(&batch) { block in for byte in piece { block.append(byte) } }
        } else {
          for byte in piece { batch.bytes.append(byte) }
        }
        from = cut
        let isLast = ends && cut == bytes.count
        repeat {
          let before = decoder.position
          try decoder.decode(&batch, endOfInput: isLast, limits: left)
          left.records -= decoder.position - before
          found.take(batch, decoder)
          batch.recycle()
        } while decoder.hasMore
      }
    } catch {
      found.failure = error.description
    }
    found.position = decoder.position
    let place = decoder.place(after: batch)
    found.offset = origin + Int64(from - place.unread)
    found.line = place.line
    return found
  }

  private var origin: Int64 {
    if case .resumed(let position, _) = start { return position.offset }
    return 0
  }
}

extension DecodedFrames {
  fileprivate mutating func take(
    _ batch: borrowing Batch, _ decoder: borrowing ConfluentFrameDecoder
  ) {
    tombstones += batch.tombstoneCount
    var rejected = 0
    for index in 0...batch.records.count {
      while rejected < batch.rejections.count, Int(batch.rejections[rejected].place) == index {
        take(batch.rejections[rejected], batch, decoder)
        rejected += 1
      }
      if index == batch.records.count { break }
      let record = batch.records[index]
      items.append(
        .event(
          key: batch.withText(record.key) { String(decodingBytes: $0) },
          time: record.time.milliseconds, role: record.role, position: record.position,
          schema: record.schema,
          bytes: batch.withRecordBytes(record) { $0.copied }))
    }
    precondition(rejected == batch.rejections.count, "rejections out of order")
    precondition(batch.details.count == batch.records.count)
  }

  private mutating func take(
    _ rejection: Rejection, _ batch: borrowing Batch, _ decoder: borrowing ConfluentFrameDecoder
  ) {
    let bytes = batch.bytes.withBytes(Int(rejection.offset), Int(rejection.length)) { $0.copied }
    if rejection.part == .whole || rejection.part == .first {
      precondition(rejection.recordCount == 1)
      items.append(
        .rejected(
          position: rejection.position, location: decoder.location(of: rejection),
          message: decoder.message(for: rejection, in: batch), bytes: bytes))
    } else if case .rejected(let position, let location, let message, let before) = items.last {
      precondition(rejection.position == position && decoder.location(of: rejection) == location)
      items[items.count - 1] = .rejected(
        position: position, location: location, message: message, bytes: before + bytes)
    } else {
      preconditionFailure("a part of nothing")
    }
  }
}
