// Taking a store away.

internal import Glibc

extension StateStore {
  /// Takes the lock of a store, so that nobody works on it meanwhile; nil where there is no store that
  /// kes made. Throws `StateError.inUse` or `.cannotOpen`.
  static func lock(_ directory: String) throws(StateError) -> StateLock? {
    isStore(directory) ? try StateLock(directory: directory) : nil
  }

  /// Whether kes made a store there, damaged or not.
  static func isStore(_ directory: String) -> Bool {
    unsafe access(directory + "/" + StateLock.name, F_OK) == 0
  }

  /// Removes a store that is locked, also a damaged one; its directory as well where nothing else lies
  /// there. Throws `StateError.database`.
  static func removeFiles(of directory: String) throws(StateError) {
    for file in files(in: directory) where unsafe unlink(file) != 0 && errno != ENOENT {
      throw .database(
        directory: directory, operation: "remove it", code: errno, reason: systemReason(errno))
    }
    _ = unsafe rmdir(directory)
  }
}
