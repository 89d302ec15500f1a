// What a file holds, read without moving its place: pieces, and what is recognised of its beginning.

internal import Glibc

extension DescriptorHandle {
  /// How much of the beginning, and of what stands before the end, a fingerprint covers.
  private static let (recognisedHead, recognisedTail): (Int64, Int64) = (1 << 20, 1 << 16)

  /// What is to be recognised of the file's first `end` bytes: a hash of the first mebibyte and of
  /// the last 64 KiB. Throws `.cannotRead`.
  func fingerprint(to end: Int64, of name: String) throws(Failure) -> UInt64 {
    let head = try bytes(from: 0, to: min(end, DescriptorHandle.recognisedHead), of: name)
    let tail = try bytes(from: max(0, end - DescriptorHandle.recognisedTail), to: end, of: name)
    let hashes = (head.withBytes { Hash.of($0) }, tail.withBytes { Hash.of($0) })
    return Hash.combine(Hash.combine(hashes.0, hashes.1), UInt64(bitPattern: end))
  }

  /// The bytes from `start` to `end`, or to the file's end. Throws `.cannotRead`.
  func bytes(from start: Int64, to end: Int64, of name: String) throws(Failure) -> ByteBlock {
    var block = ByteBlock(capacity: Int(end - start))
    while Int64(block.count) < end - start {
      let at = start + Int64(block.count)
      let count = try unsafe block.appendUnsafe(room: Int(end - at)) {
        memory throws(Failure) -> Int in
        let count = retrying {
          unsafe pread(descriptor, memory.baseAddress, memory.count, off_t(at))
        }
        if count < 0 { throw .cannotRead(name: name, code: Int32(-count)) }
        return count
      }
      if count == 0 { break }
    }
    return block
  }

  /// The same file, open for reading; nil where that is not allowed.
  func openForReading() -> DescriptorHandle? {
    let path = "/proc/self/fd/\(descriptor)"
    let reading = unsafe open(path, O_RDONLY | O_CLOEXEC)
    return reading < 0 ? nil : DescriptorHandle(owning: reading)
  }
}
