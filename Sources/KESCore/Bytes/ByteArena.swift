// Storage for many short byte strings that come and go: the keys of open sessions.

/// Keeps byte strings of any length, gives out a number for each and takes it back.
///
/// Strings lie in one block in slots of whole units (8 bytes): of the next multiple of a unit up
/// to 256 bytes, of the next power of two beyond. A slot that is given back goes to the list of
/// free slots of its size, threaded through the slots themselves. Both operations cost O(1) plus
/// the copy; memory is the high-water mark of what was kept at once.
public struct ByteArena: ~Copyable {
  private static let unit = 8
  private static let none = UInt32.max
  private static let fineClasses = 32

  private var block: ByteBlock
  private var free: Column<UInt32>

  public init() {
    block = ByteBlock(capacity: 1024)
    free = Column(capacity: ByteArena.fineClasses + 32)
    for _ in 0..<(ByteArena.fineClasses + 32) { free.append(ByteArena.none) }
  }

  /// Keeps a copy of `bytes`; returns its slot, to be given back with `release`.
  ///
  /// The whole arena holds at most 32 GiB.
  @inline(__always)
  public mutating func insert(_ bytes: Span<UInt8>) -> UInt32 {
    let sizeClass = ByteArena.sizeClass(bytes.count)
    var slot = free[sizeClass]
    if slot != ByteArena.none {
      free[sizeClass] = block.load(at: Int(slot) * ByteArena.unit)
    } else {
      let units = block.count / ByteArena.unit
      precondition(units < Int(ByteArena.none), "more than 32 GiB of keys")
      slot = UInt32(truncatingIfNeeded: units)
      block.extend(by: ByteArena.slotSize(sizeClass))
    }
    block.overwrite(at: Int(slot) * ByteArena.unit, with: bytes)
    return slot
  }

  /// Takes back the slot of a string of `length` bytes.
  @inline(__always)
  public mutating func release(_ slot: UInt32, length: Int) {
    let sizeClass = ByteArena.sizeClass(length)
    block.store(free[sizeClass], at: Int(slot) * ByteArena.unit)
    free[sizeClass] = slot
  }

  /// Whether the string at `slot` equals `bytes`; `length` is the length it was kept with.
  @inline(__always)
  public func equals(_ slot: UInt32, length: Int, _ bytes: Span<UInt8>) -> Bool {
    length == bytes.count
      && block.withBytes(Int(slot) * ByteArena.unit, length) { $0.hasSameBytes(as: bytes) }
  }

  /// Lends the string at `slot`. Valid until `body` returns.
  @inline(__always)
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ slot: UInt32, length: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try block.withBytes(Int(slot) * ByteArena.unit, length, body)
  }

  /// Hints that the string at `slot` will be read soon.
  @inline(__always)
  func prefetch(_ slot: UInt32) { block.prefetch(Int(slot) &* ByteArena.unit) }

  /// Bytes allocated for slots in use and free ones.
  public var byteCount: Int { block.count }

  /// 0..<32 for 8 to 256 bytes by units, then one class a power of two.
  @inline(__always)
  private static func sizeClass(_ length: Int) -> Int {
    if length <= unit * fineClasses { return max(length - 1, 0) / unit }
    return fineClasses + (Int.bitWidth - (length - 1).leadingZeroBitCount) - 9
  }

  @inline(__always)
  private static func slotSize(_ sizeClass: Int) -> Int {
    sizeClass < fineClasses ? (sizeClass + 1) * unit : 1 << (sizeClass - fineClasses + 9)
  }
}
