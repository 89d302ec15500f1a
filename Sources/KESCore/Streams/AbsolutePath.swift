// One name for a file, however it was spelled.

internal import Glibc

/// The absolute path of a file, symbolic links resolved; of one that does not exist, that of its
/// directory with its name. Positions are kept under this name, also while the file is missing.
public func absolutePath(_ path: String) -> String {
  if let found = resolved(path) { return found }
  let slash = path.lastIndex(of: "/")
  let directory = slash.map { String(path[...$0]) } ?? "."
  let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
  return (resolved(directory) ?? directory) + "/" + name
}

private func resolved(_ path: String) -> String? {
  guard let found = unsafe realpath(path, nil) else { return nil }
  defer { unsafe free(found) }
  return unsafe String(cString: found)
}
