// One name for a file, however it was spelled.

internal import Glibc

/// The absolute path of an existing file, symbolic links resolved; `path` itself where there is
/// none. Positions are kept under this name.
public func absolutePath(_ path: String) -> String {
  guard let resolved = unsafe realpath(path, nil) else { return path }
  defer { unsafe free(resolved) }
  return unsafe String(cString: resolved)
}
