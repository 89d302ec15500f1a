// Where a store lies.

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
  /// `StateError.cannotOpen`.
  public static func temporary(tool: String) throws(StateError) -> StateDirectory {
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
