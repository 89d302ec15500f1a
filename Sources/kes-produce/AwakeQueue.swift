// The devices that are awake, in the order in which they last sent something.

import KESCore

/// A queue of fixed room; everything costs O(1).
///
/// One of the first two is taken, and none is passed over twice running. So with k devices awake
/// each gets its turn at the latest k + 1 turns after its last: see `DeviceSimulator`.
struct AwakeQueue: ~Copyable {
  /// A ring.
  private var devices: Column<UInt32>
  private var head = 0
  private var wasFirstPassedOver = false
  private(set) var count = 0
  let room: Int

  init(room: Int) {
    self.room = room
    devices = Column(capacity: room)
    for _ in 0..<room { devices.append(0) }
  }

  var isEmpty: Bool { count == 0 }

  /// Adds a device at the end; there must be room.
  mutating func append(_ device: UInt32) {
    precondition(count < room)
    devices[place(count)] = device
    count += 1
  }

  /// Takes the first device, or the second where `passesFirst` and the rules let it.
  mutating func take(passesFirst: Bool) -> UInt32 {
    precondition(count > 0)
    let passes = passesFirst && !wasFirstPassedOver && count > 1
    wasFirstPassedOver = passes
    let first = devices[head]
    let next = place(1)
    head = next
    count -= 1
    if !passes { return first }
    let second = devices[next]
    devices[next] = first
    return second
  }

  private func place(_ index: Int) -> Int {
    let place = head + index
    return place < room ? place : place - room
  }
}
