// Memory that will be wanted soon, asked for in time.

internal import CPrefetch

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
