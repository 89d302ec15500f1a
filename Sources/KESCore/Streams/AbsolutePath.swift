// One name for a file, however it was spelled.

internal import Glibc

/// The absolute path of a file, symbolic links resolved; of one that does not exist, that of its
/// directory with its name, also where a link leads there. Positions are kept under this name, also
/// while the file is missing.
public func absolutePath(_ path: String) -> String {
  var path = path
  // As many links as the system follows.
  for _ in 0..<40 {
    if let found = resolved(path) { return found }
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { String(path[...$0]) } ?? ""
    guard let target = linkTarget(path) else {
      let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
      let start = directory.isEmpty ? "." : directory
      return (resolved(start) ?? start) + "/" + name
    }
    path = target.hasPrefix("/") ? target : directory + target
  }
  return path
}

private func resolved(_ path: String) -> String? {
  guard let found = unsafe realpath(path, nil) else { return nil }
  defer { unsafe free(found) }
  return unsafe String(cString: found)
}

/// Where a symbolic link leads; nil for what is none.
private func linkTarget(_ path: String) -> String? {
  var target = ByteBlock()
  let count = unsafe target.appendUnsafe(room: Int(PATH_MAX)) { memory in
    guard let start = memory.baseAddress else { return 0 }
    return unsafe max(0, readlink(path, start, memory.count))
  }
  return count > 0 ? target.withBytes { String(decodingBytes: $0) } : nil
}
