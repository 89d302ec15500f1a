// Which messages a decoder was given, to know them again when they come back as records.

/// Indexes of messages of one partition, in their order.
struct TakenMessages: ~Copyable {
  private var indexes = Column<Int32>()
  private var returned = 0
  /// Those whose values are of white space alone, by their places here.
  private var blanks: Set<Int> = []
  /// How many of the messages were tombstones, which are not among the indexes.
  private(set) var tombstoneCount = 0
  /// The offset behind the last message.
  private(set) var end = KafkaOffset(0)
  /// Bytes of values.
  private(set) var byteCount = 0

  var hasMore: Bool { returned < indexes.count }
  /// The next that is to come back.
  var next: Int { Int(indexes[returned]) }
  /// The one that came back last.
  var last: Int? { returned == 0 ? nil : Int(indexes[returned - 1]) }
  func isBlank(_ number: Int) -> Bool { !blanks.isEmpty && blanks.contains(number) }

  /// Takes back the message with that number here, and those before it, of which nothing came.
  mutating func pop(_ number: Int) -> Int {
    returned = number + 1
    return Int(indexes[number])
  }

  /// Notes that the messages before that number are dealt with.
  mutating func pass(to number: Int) { returned = max(returned, number) }

  mutating func removeAll() {
    indexes.removeAll()
    blanks = []
    end = KafkaOffset(0)
    (returned, tombstoneCount, byteCount) = (0, 0, 0)
  }

  /// Appends the values of messages from `index` on, as the decoder takes them, until `size` bytes or
  /// `limit` messages are there, or another partition begins. Those from offset `end` on are passed
  /// over.
  mutating func take(
    _ messages: borrowing KafkaMessageBatch, from index: inout Int, limit: Int64, size: Int,
    end: KafkaOffset?, isAvro: Bool, to block: inout ByteBlock
  ) {
    removeAll()
    var partition: Int32 = -1
    var goesOn = true
    while goesOn, index < messages.count, byteCount < size,
      Int64(indexes.count + tombstoneCount) < limit
    {
      goesOn = messages.withMessage(at: index) { message in
        if partition >= 0 && message.partition != partition { return false }
        partition = message.partition
        if let end, message.offset >= end { return true }
        take(message, index, isAvro: isAvro, to: &block)
        return true
      }
      if goesOn { index += 1 }
    }
  }

  @inline(__always)
  private mutating func take(
    _ message: borrowing KafkaMessageView, _ index: Int, isAvro: Bool, to block: inout ByteBlock
  ) {
    end = KafkaOffset(message.offset.rawValue + 1)
    if message.isTombstone {
      tombstoneCount += 1
      return
    }
    message.withValue { value in
      guard let value else { return }
      byteCount += value.count
      if isAvro {
        block.append(word: UInt64(UInt32(value.count).byteSwapped), count: 4)
        block.append(value)
      } else {
        appendLine(value, to: &block)
      }
    }
    indexes.append(Int32(truncatingIfNeeded: index))
  }

  /// A line of the value: a byte order mark before it is passed over, and a line feed in it becomes a
  /// tab, which is white space where it is, and in a string as wrong as it was.
  @inline(__always)
  private mutating func appendLine(_ value: Span<UInt8>, to block: inout ByteBlock) {
    let value = value.extracting(ByteOrderMark.length(in: value)..<value.count)
    if value.isEmpty || value[0] != UInt8(ascii: "{"), TakenMessages.isBlank(value) {
      // A line of its own that is rejected: an empty one would be passed over.
      blanks.insert(indexes.count)
      block.append("\"\"\n")
      return
    }
    if value.firstIndex(of: UInt8(ascii: "\n"), from: 0) == nil {
      block.append(value)
    } else {
      for place in 0..<value.count {
        block.append(value[place] == UInt8(ascii: "\n") ? UInt8(ascii: "\t") : value[place])
      }
    }
    block.append(UInt8(ascii: "\n"))
  }

  private static func isBlank(_ value: Span<UInt8>) -> Bool {
    for index in 0..<value.count {
      switch value[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): break
      default: return false
      }
    }
    return true
  }
}
