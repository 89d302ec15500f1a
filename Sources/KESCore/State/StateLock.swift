// One process at a time works on a state directory.

internal import Glibc

/// Holds the lock of a state directory until it is freed.
///
/// A record lock of `kes.lock`: it goes with the process however that ends, and tells who holds it.
final class StateLock {
  static let name = "kes.lock"

  private let descriptor: Int32

  /// Takes the lock. Throws `StateError.inUse` with the holder's process identifier, `.cannotOpen`,
  /// or `.database` where the disk has no room for it.
  init(directory: String) throws(StateError) {
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
