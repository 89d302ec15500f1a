// A growable array of plain values for the record path: no reference counts, no copies on write.

internal import CPrefetch
internal import Glibc

/// A growable, uniquely owned array of trivially copyable values.
///
/// Unlike `Array` it is never shared, so appending costs one comparison. Growth goes through
/// `realloc`, which moves pages rather than bytes for large columns. Every access is checked.
@safe
public struct Column<Element: BitwiseCopyable>: ~Copyable {
  private var base: UnsafeMutablePointer<Element>
  /// How many elements there are.
  public private(set) var count: Int
  private var capacity: Int

  public init(capacity: Int = 16) {
    let room = max(capacity, 1)
    guard let memory = unsafe malloc(room * MemoryLayout<Element>.stride) else {
      preconditionFailure("out of memory")
    }
    unsafe self.base = memory.bindMemory(to: Element.self, capacity: room)
    self.count = 0
    self.capacity = room
  }

  deinit { unsafe free(base) }

  public var isEmpty: Bool { count == 0 }

  /// The element at `index`, which must be less than `count`.
  @inline(__always)
  public subscript(index: Int) -> Element {
    get {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
      return unsafe base[index]
    }
    _modify {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
      yield unsafe &base[index]
    }
  }

  /// Lends the address of the element, there or not, for a hint to the processor: not to be read
  /// through.
  @inline(__always)
  func withAddress(of index: Int, _ body: (UnsafeRawPointer) -> Void) {
    unsafe body(UnsafeRawPointer(base + index))
  }

  @inline(__always)
  public mutating func append(_ element: Element) {
    if count == capacity { grow() }
    unsafe base[count] = element
    count &+= 1
  }

  /// To be named by other modules, so that what appends is made for their types there.
  @inline(never)
  @usableFromInline
  mutating func grow() {
    capacity *= 2
    guard let memory = unsafe realloc(base, capacity * MemoryLayout<Element>.stride) else {
      preconditionFailure("out of memory")
    }
    unsafe base = memory.bindMemory(to: Element.self, capacity: capacity)
  }

  /// Removes and returns the last element, if there is one.
  @inline(__always)
  public mutating func popLast() -> Element? {
    if count == 0 { return nil }
    count &-= 1
    return unsafe base[count]
  }

  /// Forgets the elements from `count` on.
  @inline(__always)
  public mutating func truncate(to count: Int) {
    precondition(count >= 0 && count <= self.count)
    self.count = count
  }

  public mutating func removeAll() { count = 0 }

  /// Lends the elements. Valid until `body` returns.
  public func withElements<Result: ~Copyable, Failure: Error>(
    _ body: (Span<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(unsafe Span(_unsafeStart: UnsafePointer(base), count: count))
  }

  /// Sorts in place. Cost: n log n calls of `areInIncreasingOrder`.
  public mutating func sort(by areInIncreasingOrder: (Element, Element) -> Bool) {
    var all = unsafe UnsafeMutableBufferPointer(start: base, count: count)
    unsafe all.sort(by: areInIncreasingOrder)
  }
}

extension Column {
  /// Hints that the element at `index` will be read soon; any index will do.
  @inline(__always)
  func prefetch(_ index: Int) {
    unsafe withAddress(of: index) { unsafe kes_prefetch($0) }
  }
}

extension ByteBlock {
  /// Hints that the byte at `offset` will be read soon; any offset will do.
  @inline(__always)
  func prefetch(_ offset: Int) {
    unsafe withAddress(of: offset) { unsafe kes_prefetch($0) }
  }
}
