// A large block, decoded slice by slice.

/// How much of a block that is decoded in slices has been decoded.
struct AvroOpenBlock {
  private static let sliceLength = 128 * 1024
  private static let sliceRecords: Int64 = 1 << 16

  /// How many bytes of its data, and how many records they are.
  var index = 0
  var records: Int64 = 0

  /// Whether so many bytes of so many records are enough for a slice.
  static func isFull(length: Int, records: Int64) -> Bool {
    length >= sliceLength || records == sliceRecords
  }

  /// The next records of `data`: how many, and their bytes. The last slice has all that is left,
  /// also what cannot be followed.
  func slice(
    of data: Span<UInt8>, _ wanted: Int64, _ layout: borrowing AvroLayout
  ) -> (records: Int64, length: Int, isLast: Bool) {
    var reader = AvroReader()
    var end = index
    var count: Int64 = 0
    while count < wanted {
      if AvroOpenBlock.isFull(length: end - index, records: count) {
        return (count, end - index, false)
      }
      reader.beginRecord()
      end = reader.skip(layout.root, of: layout, data, end)
      if end < 0 { break }
      count += 1
    }
    return (count, data.count - index, true)
  }
}
