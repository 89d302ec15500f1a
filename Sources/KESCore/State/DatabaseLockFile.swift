// The file in which LMDB's processes note themselves, made before LMDB maps it.

internal import Glibc

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

  /// Makes it, or gives an existing one the blocks that it lacks. Throws `StateError.database` where
  /// the disk has no room for that. All else that may be wrong LMDB meets and tells itself: on a file
  /// system that is read-only it goes without the file.
  static func reserve(in directory: String) throws(StateError) {
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

  private static func requireRoom(_ code: Int32, _ directory: String) throws(StateError) {
    if !StateError.isOfDisk(code) { return }
    throw .database(
      directory: directory, operation: "making \(name)", code: code, reason: systemReason(code))
  }
}
