// Where a store lies: one process at a time works there, and takes it away.

internal import Glibc

/// A directory of a store; one that was made for this process alone goes away with it.
public final class StateDirectory {
  public let path: String
  private let isTemporary: Bool

  public init(_ path: String) {
    self.path = path
    isTemporary = false
  }

  private init(temporary path: String) {
    self.path = path
    isTemporary = true
  }

  /// Makes one in `$TMPDIR`, or `/tmp`, whose name begins with that of its tool. Throws
  /// `Failure.cannotOpen`.
  public static func temporary(tool: String) throws(Failure) -> StateDirectory {
    let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/\(tool)-XXXXXX".utf8CString)
    guard let made = unsafe mkdtemp(&template) else {
      throw .cannotOpen(directory: parent, reason: systemReason(errno))
    }
    return StateDirectory(temporary: unsafe String(cString: made))
  }

  deinit {
    if !isTemporary { return }
    for file in StateStore.files(in: path) { unsafe unlink(file) }
    unsafe rmdir(path)
  }
}

/// Holds the lock of a state directory until it is freed.
///
/// A record lock of `kes.lock`: it goes with the process however that ends, and tells who holds it.
final class StateLock {
  static let name = "kes.lock"

  private let descriptor: Int32

  /// Takes the lock. Throws `Failure.inUse` with the holder's process identifier, `.cannotOpen`,
  /// or `.database` where the disk has no room for it.
  init(directory: String) throws(Failure) {
    let path = directory + "/" + StateLock.name
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    if descriptor < 0 {
      throw .opening(
        directory, "making \(StateLock.name)", code: errno, reason: systemReason(errno))
    }
    var lock = StateLock.whole
    if unsafe fcntl(descriptor, F_SETLK, &lock) == 0 { return }
    let code = errno
    if code != EACCES && code != EAGAIN {
      close(descriptor)
      throw .cannotOpen(directory: directory, reason: systemReason(code))
    }
    _ = unsafe fcntl(descriptor, F_GETLK, &lock)
    close(descriptor)
    throw .inUse(directory: directory, processIdentifier: lock.l_pid)
  }

  deinit { close(descriptor) }

  private static var whole: flock {
    flock(
      l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
  }
}

extension StateStore {
  /// Takes the lock of a store, so that nobody works on it meanwhile; nil where there is no store that
  /// kes made. Throws `Failure.inUse` or `.cannotOpen`.
  static func lock(_ directory: String) throws(Failure) -> StateLock? {
    isStore(directory) ? try StateLock(directory: directory) : nil
  }

  /// Whether kes made a store there, damaged or not.
  static func isStore(_ directory: String) -> Bool {
    unsafe access(directory + "/" + StateLock.name, F_OK) == 0
  }

  /// Removes a store that is locked, also a damaged one; its directory as well where nothing else lies
  /// there. Throws `Failure.database`.
  static func removeFiles(of directory: String) throws(Failure) {
    for file in files(in: directory) where unsafe unlink(file) != 0 && errno != ENOENT {
      throw .database(
        directory: directory, operation: "remove it", code: errno, reason: systemReason(errno))
    }
    _ = unsafe rmdir(directory)
  }
}
