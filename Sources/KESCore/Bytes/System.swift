// What the system says of directories and files, and of its errors.

internal import Glibc

/// The names of all that lies in the directory at `path`, in no order; nil where it cannot be listed,
/// for the reason in `errno`.
func names(inDirectory path: String) -> [String]? {
  guard let listing = unsafe opendir(path) else { return nil }
  defer { unsafe closedir(listing) }
  var names: [String] = []
  errno = 0
  while let entry = unsafe readdir(listing) {
    names.append(
      unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      })
    errno = 0
  }
  return errno == 0 ? names : nil
}

/// When the regular file at `path` was written to last, in milliseconds since the epoch; nil where there
/// is none.
func modificationTime(ofFile path: String) -> Int64? {
  var status = stat()
  guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
  return Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
}

/// What `errno` means, as the system says it.
func systemReason(_ code: Int32) -> String {
  guard let text = unsafe strerror(code) else { return "error \(code)" }
  return unsafe String(cString: text)
}
