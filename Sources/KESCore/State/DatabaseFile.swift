// The files of the database as bytes: looked at, and given room, before LMDB maps them.

internal import Glibc

/// Owns the open file, and only reads it.
///
/// LMDB trusts what it maps: where a file was cut short or overwritten, a signal ends the process.
/// The layout that is read here is that of LMDB 0.9, data version 1, on machines of 64 bits and
/// little-endian order (mdb.c: `MDB_page`, `MDB_meta`, `MDB_db`, `MDB_node`).
struct DatabaseFile: ~Copyable {
  static let name = "data.mdb"
  /// LMDB's least and greatest page; it takes that of the system where it makes a file.
  private static let pageSizes = 256...32768
  /// How often something is read again because a writer was faster.
  static let greatestAttempts = 100
  /// SEEK_HOLE (lseek(2)); the Glibc module leaves out what only GNU programs see.
  static let seekHole: Int32 = 4

  let directory: String
  private let descriptor: Int32
  private(set) var pageSize = 0

  private init(directory: String, descriptor: Int32) {
    self.directory = directory
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Opens the file and looks at the two pages that say where everything is; nil where it is
  /// missing or empty: LMDB then makes a new database. Throws `.corrupted`,
  /// `.cannotOpen` or `.database`.
  static func open(in directory: String) throws(Failure) -> DatabaseFile? {
    // Not to wait for the writer of what is no file at all.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK
    let descriptor = unsafe Glibc.open(directory + "/" + name, flags)
    if descriptor < 0 && errno == ENOENT { return nil }
    if descriptor < 0 { throw .cannotOpen(directory: directory, reason: systemReason(errno)) }
    var file = DatabaseFile(directory: directory, descriptor: descriptor)
    var head = ByteBlock()
    if try file.read(into: &head, from: 0, length: 1) == 0 { return nil }
    try file.requireMetas()
    return file
  }

  private mutating func requireMetas() throws(Failure) {
    for _ in 0..<DatabaseFile.greatestAttempts {
      let first = try meta(at: 0, pageSize: 0)
      pageSize = first.pageSize
      let isSize = DatabaseFile.pageSizes.contains(pageSize) && pageSize & (pageSize - 1) == 0
      guard isSize else { throw damaged("\(DatabaseFile.name) has no pages") }
      let second = try meta(at: 1, pageSize: pageSize)
      if DatabaseMeta.belongTogether(first, second) { return }
    }
    throw damaged("\(DatabaseFile.name) contradicts itself")
  }

  /// The meta page of the last commit as of `transaction`; nil where two others have followed.
  func meta(of transaction: UInt64) throws(Failure) -> DatabaseMeta? {
    let meta = try meta(at: Int(transaction & 1), pageSize: pageSize)
    return meta.transaction == transaction ? meta : nil
  }

  private func meta(at slot: Int, pageSize: Int) throws(Failure) -> DatabaseMeta {
    var bytes = ByteBlock(capacity: DatabaseMeta.size)
    let count = try read(into: &bytes, from: slot * pageSize, length: DatabaseMeta.size)
    guard count == DatabaseMeta.size, DatabaseMeta.isMeta(bytes) else {
      throw damaged("\(DatabaseFile.name) does not begin as a database")
    }
    let version = DatabaseMeta.version(of: bytes)
    if version != DatabaseMeta.knownVersion {
      throw damaged("\(DatabaseFile.name) has the version \(version) of LMDB's format")
    }
    return DatabaseMeta(bytes)
  }

  /// Appends up to `length` bytes from `offset` on; fewer where the file ends. Throws
  /// `Failure.database` where the system cannot read it.
  func read(into block: inout ByteBlock, from offset: Int, length: Int) throws(Failure) -> Int {
    let start = block.count
    while block.count - start < length {
      let done = block.count - start
      let count = try unsafe block.appendUnsafe(room: length - done) {
        memory throws(Failure) -> Int in
        let count = unsafe readOnce(memory, from: offset + done)
        if count < 0 { throw failure(errno) }
        return count
      }
      if count == 0 { break }
    }
    return block.count - start
  }

  private func readOnce(_ memory: UnsafeMutableRawBufferPointer, from offset: Int) -> Int {
    while true {
      let count = unsafe pread(descriptor, memory.baseAddress, memory.count, off_t(offset))
      if count >= 0 || errno != EINTR { return count }
    }
  }

  /// Throws `.database` where a hole among these bytes cannot be read through a map: tmpfs
  /// gives it a page even then, and where it has none left, that is SIGBUS.
  func requireMappable(from offset: Int, length: Int) throws(Failure) {
    let hole = lseek(descriptor, off_t(offset), DatabaseFile.seekHole)
    if hole < 0 || hole >= off_t(offset + length) { return }
    let start = offset - offset % Int(getpagesize())
    let size = offset + length - start
    guard let map = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, off_t(start)),
      unsafe map != MAP_FAILED
    else { throw failure(errno) }
    defer { unsafe munmap(map, size) }
    // MADV_POPULATE_READ, from Linux 5.14 on: EFAULT where touching would be a signal.
    if unsafe madvise(map, size, 22) != 0 && errno == EFAULT { throw failure(ENOSPC) }
  }

  /// Why the disk does not give the file a page more; nil where it does. For the process that
  /// writes it.
  static func lackOfRoom(in directory: String) -> Int32? {
    let descriptor = unsafe Glibc.open(directory + "/" + name, O_RDWR | O_CLOEXEC)
    if descriptor < 0 { return nil }
    defer { close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    let code = posix_fallocate(descriptor, size, off_t(getpagesize()))
    if code == 0 { _ = ftruncate(descriptor, size) }
    return code == 0 ? nil : code
  }

  /// Takes back what was written of a database that could not be made. For the process that made it.
  static func empty(in directory: String) { _ = unsafe truncate(directory + "/" + name, 0) }

  private func failure(_ code: Int32) -> Failure {
    .database(
      directory: directory, operation: "reading \(DatabaseFile.name)", code: code,
      reason: systemReason(code))
  }

  func damaged(_ what: String) -> Failure { .corrupted(directory: directory, what: what) }
}

/// `lock.mdb`: mutexes, and a mark for each reader, which LMDB writes through a map.
///
/// LMDB makes it by `ftruncate`, without blocks (mdb.c, `mdb_env_setup_locks`), and a copy may have
/// lost them: where the disk is full, touching the map is SIGBUS. So the blocks are asked for before.
enum DatabaseLockFile {
  static let name = "lock.mdb"
  /// What LMDB makes for its 126 readers.
  private static let size: off_t = 8192
  /// The mutexes, and the marks of the first 61 readers.
  private static let leastSize: off_t = 4096

  /// Makes it, or gives an existing one the blocks that it lacks. Throws `Failure.database` where
  /// the disk has no room for that. All else that may be wrong LMDB meets and tells itself: on a file
  /// system that is read-only it goes without the file.
  static func reserve(in directory: String) throws(Failure) {
    let flags = O_RDWR | O_CREAT | O_CLOEXEC
    let descriptor = unsafe open(directory + "/" + name, flags, 0o666)
    if descriptor < 0 { return try requireRoom(errno, directory) }
    defer { close(descriptor) }
    if hasBlocks(descriptor, size) { return }
    var code = posix_fallocate(descriptor, 0, size)
    while code == EINTR { code = posix_fallocate(descriptor, 0, size) }
    // A file of before that has its first page is good enough on a full disk.
    if !hasBlocks(descriptor, leastSize) { try requireRoom(code, directory) }
  }

  /// Whether there is no hole in the first `length` bytes; the end of a file is one.
  private static func hasBlocks(_ descriptor: Int32, _ length: off_t) -> Bool {
    lseek(descriptor, 0, DatabaseFile.seekHole) >= length
  }

  private static func requireRoom(_ code: Int32, _ directory: String) throws(Failure) {
    if !Failure.isOfDisk(code) { return }
    throw .database(
      directory: directory, operation: "making \(name)", code: code, reason: systemReason(code))
  }
}
