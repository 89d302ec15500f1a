// One input: a file, a pipe or the standard input.

internal import Glibc

/// An open input, read in blocks.
struct InputFile: ~Copyable {
  /// The name in messages: the path, or `stdin`.
  let name: String
  /// Whether it has an end and places that can be returned to.
  let isRegular: Bool
  /// How many bytes it had when it was opened; 0 where it is not regular.
  let size: Int64
  private let identity: FileIdentity
  /// How many bytes have been read, or passed over as read by an earlier run.
  private(set) var offset: Int64 = 0
  /// Nil for the standard input.
  private let path: String?
  private let handle: DescriptorHandle
  private let calls: SystemCalls

  /// Opens `path`; `-` is the standard input. Throws `.cannotOpen` or `.isDirectory`.
  init(_ path: String, calls: SystemCalls) throws(Failure) {
    let isStandard = path == "-"
    let name = isStandard ? "stdin" : path
    let handle =
      isStandard
      ? DescriptorHandle(lent: STDIN_FILENO) : try DescriptorHandle.openForReading(path)
    let status = try handle.status(name)
    if status.isDirectory { throw .isDirectory(name: name) }
    if !status.isRegular { handle.widenPipe() }
    self.name = name
    self.path = isStandard ? nil : path
    identity = status.identity
    self.handle = handle
    self.calls = calls
    isRegular = status.isRegular
    size = status.isRegular ? status.size : 0
  }

  var descriptor: Int32 { handle.descriptor }

  /// Appends up to `room` bytes to `block`; 0 at the end. Throws `.cannotRead`.
  mutating func read(into block: inout ByteBlock, room: Int) throws(Failure) -> Int {
    let name = name
    let count = try unsafe block.appendUnsafe(room: room) {
      memory throws(Failure) -> Int in
      let count = unsafe calls.read(handle.descriptor, memory)
      if count < 0 { throw .cannotRead(name: name, code: Int32(-count)) }
      return count
    }
    offset += Int64(count)
    return count
  }

  /// Goes on from where an earlier run stood. Throws `.inputChanged` where the bytes
  /// before that place are not those that the run read.
  mutating func resume(from position: InputPosition) throws(Failure) {
    if try !holds(position) {
      throw .inputChanged(
        name: name, explanation: InputFile.change(to: size, from: position.offset))
    }
    if lseek(handle.descriptor, off_t(position.offset), SEEK_SET) < 0 {
      throw .cannotRead(name: name, code: errno)
    }
    offset = position.offset
  }

  /// What is said of a file of `size` bytes that is not the one of which `read` bytes were read.
  static func change(to size: Int64, from read: Int64) -> String {
    size < read
      ? "has \(size) bytes, but \(read) were read in an earlier run; it was shortened or replaced:"
        + " restore it, or use another --state"
      : "is not the file that was read in an earlier run: its first \(read) bytes were changed;"
        + " restore it, or use another --state"
  }

  /// The file that has this one's name now, from its start; nil while that is this one, or nothing
  /// that can be read: who replaces a file may take its time. Throws `.cannotOpen`.
  func successor() throws(Failure) -> InputFile? {
    guard let path, let standing = FileIdentity.ofRegularFile(at: path), standing != identity else {
      return nil
    }
    do throws(Failure) {
      let file = try InputFile(path, calls: calls)
      if file.isRegular && file.identity != identity { return file }
      return nil
    } catch  where error.isOfMissingFile {
      return nil
    }
  }

  /// Whether the file is shorter than what was read of it (somebody emptied it).
  func wasShortened() throws(Failure) -> Bool {
    guard isRegular else { return false }
    return try handle.status(name).size < offset
  }

  /// Begins again at the start.
  mutating func rewind() throws(Failure) {
    if lseek(handle.descriptor, 0, SEEK_SET) < 0 { throw .cannotRead(name: name, code: errno) }
    offset = 0
  }

  /// What is recognised of the file's first `end` bytes; of none, which file it is. Throws
  /// `Failure.cannotRead`.
  func fingerprint(to end: Int64) throws(Failure) -> UInt64 {
    end == 0
      ? Hash.combine(identity.device, identity.inode) : try handle.fingerprint(to: end, of: name)
  }

  /// Whether this is the file of which an earlier run read up to `position`. Throws
  /// `Failure.cannotRead`.
  func holds(_ position: InputPosition) throws(Failure) -> Bool {
    guard size >= position.offset else { return false }
    return try fingerprint(to: position.offset) == position.fingerprint
  }

  /// The first bytes of the file at `path`, up to `length`. Throws as `init` and `bytes` do.
  static func head(of path: String, length: Int64) throws(Failure) -> [UInt8] {
    let file = try InputFile(path, calls: .real)
    return try file.bytes(from: 0, to: min(length, file.size))
  }

  /// The bytes from `start` to `end`, or to the file's end. Throws `.cannotRead`.
  func bytes(from start: Int64, to end: Int64) throws(Failure) -> [UInt8] {
    try handle.bytes(from: start, to: end, of: name).withBytes { span in
      unsafe span.withUnsafeBytes { unsafe Array($0) }
    }
  }
}
