// How far the records of a block have been scanned.

/// How far the scan of a block has come.
struct AvroBlockScan {
  let count: Int64
  /// The place of the next record in the batch's bytes.
  var index: Int
  /// How many records need no decoding, or have been decoded.
  var passed: Int64
  /// Where the block begins in the input, and where its data do unless they are compressed.
  let byteOffset: Int64
  let dataOffset: Int64?
  private let dataStart: Int

  init(count: Int64, index: Int, passed: Int64, byteOffset: Int64, dataOffset: Int64?) {
    self.count = count
    self.index = index
    self.passed = passed
    self.byteOffset = byteOffset
    self.dataOffset = dataOffset
    dataStart = index
  }

  /// The place in the input of a byte of the data; of the block where it is compressed.
  func byte(of offset: Int) -> Int64 {
    dataOffset.map { $0 + Int64(offset - dataStart) } ?? byteOffset
  }
}
