// A file descriptor, owned once.

internal import Glibc

/// Owns an open file descriptor and closes it once; standard streams are lent, not closed.
struct DescriptorHandle: ~Copyable {
  let descriptor: Int32
  private let isOwned: Bool

  /// Takes over `descriptor`.
  init(owning descriptor: Int32) {
    self.descriptor = descriptor
    isOwned = true
  }

  /// Uses `descriptor` without owning it.
  init(lent descriptor: Int32) {
    self.descriptor = descriptor
    isOwned = false
  }

  deinit { if isOwned { close(descriptor) } }

  /// Opens `path` for reading. Throws `.cannotOpen` or `.isDirectory`.
  static func openForReading(_ path: String) throws(Failure) -> DescriptorHandle {
    // Without waiting for the writer of a named pipe: that is waited for as for any input.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw .cannotOpen(name: path, code: errno) }
    let handle = DescriptorHandle(owning: descriptor)
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    if try handle.status(path).isDirectory { throw .isDirectory(name: path) }
    return handle
  }

  /// Opens `path` for writing, creating it if need be. Throws `.cannotCreate`.
  static func openForWriting(_ path: String, truncating: Bool) throws(Failure)
    -> DescriptorHandle
  {
    let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (truncating ? O_TRUNC : 0)
    let descriptor = unsafe open(path, flags, 0o666)
    if descriptor < 0 { throw .cannotCreate(name: path, code: errno) }
    return DescriptorHandle(owning: descriptor)
  }

  /// Makes a pipe hold two blocks, so that its ends wait for each other less often. Nothing changes
  /// where it is no pipe or holds as much already, or where the system grants no more.
  func widenPipe() {
    // Linux's numbers (fcntl(2)); the Glibc module leaves out what only GNU programs see.
    let (setPipeSize, getPipeSize): (Int32, Int32) = (1031, 1032)
    let size = fcntl(descriptor, getPipeSize)
    if size >= 0 && size < DescriptorHandle.pipeSize {
      _ = fcntl(descriptor, setPipeSize, DescriptorHandle.pipeSize)
    }
  }

  /// In bytes; a power of two of pages, and well below what a user may have (pipe(7)).
  private static let pipeSize: Int32 = 256 * 1024

  /// What kind of file this is. Throws `.cannotOpen`.
  func status(_ name: String) throws(Failure) -> FileStatus {
    var status = stat()
    if unsafe fstat(descriptor, &status) != 0 { throw .cannotOpen(name: name, code: errno) }
    return FileStatus(status)
  }
}

/// What is known of an open file.
struct FileStatus: Sendable {
  let isRegular: Bool
  let isDirectory: Bool
  /// Whether it is a pipe or a socket.
  let hasReader: Bool
  let size: Int64
  /// The same for two names of one file, and for no others.
  let identity: FileIdentity

  init(_ status: stat) {
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isDirectory = status.st_mode & S_IFMT == S_IFDIR
    hasReader = [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT)
    size = Int64(status.st_size)
    identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }
}

/// Which file it is, whatever its name.
struct FileIdentity: Hashable, Sendable {
  let device: UInt64
  let inode: UInt64
}

extension FileIdentity {
  /// Which regular file stands at `path`, symbolic links followed; nil where none does.
  static func ofRegularFile(at path: String) -> FileIdentity? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return ofRegularFile(status)
  }

  /// Which regular file a descriptor is open on; nil where it is open on none.
  static func ofRegularFile(openAs descriptor: Int32) -> FileIdentity? {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    return ofRegularFile(status)
  }

  private static func ofRegularFile(_ status: stat) -> FileIdentity? {
    let known = FileStatus(status)
    return known.isRegular ? known.identity : nil
  }
}

/// The descriptors 0, 1 and 2.
public enum StandardDescriptors {
  /// Fills those that are closed, so that no file or pipe of ours takes their place: to be called
  /// before anything is opened. What fills them cannot be read or written, so that using them fails
  /// as on a closed descriptor.
  public static func reserve() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}

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
