// The topics of messages, as small numbers.

/// Gives every topic a number that stays the same, from 0. Looking one up costs a comparison where
/// messages of a topic follow each other.
struct KafkaTopicNames: ~Copyable {
  /// A topic of the library that messages of the present batch keep where it is.
  private struct Known {
    let address: UInt
    let index: Int32
  }

  private(set) var names: [String] = []
  private var known: [Known] = []
  private var last = 0

  /// To be called when the messages of a batch are gone: another topic may then be where one was.
  mutating func forgetTopics() {
    known.removeAll(keepingCapacity: true)
    last = 0
  }

  @inline(__always)
  mutating func index(of topic: OpaquePointer?) -> Int32 {
    let address = UInt(bitPattern: topic)
    if last < known.count && known[last].address == address { return known[last].index }
    return unsafe find(topic, address)
  }

  @inline(never)
  private mutating func find(_ topic: OpaquePointer?, _ address: UInt) -> Int32 {
    if let place = known.firstIndex(where: { $0.address == address }) {
      last = place
      return known[place].index
    }
    let name = unsafe kafkaTopicName(topic) ?? ""
    let index = names.firstIndex(of: name) ?? names.count
    if index == names.count { names.append(name) }
    last = known.count
    known.append(Known(address: address, index: Int32(index)))
    return Int32(index)
  }
}
