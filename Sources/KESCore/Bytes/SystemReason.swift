// The system's words for its error numbers.

internal import Glibc

/// What `errno` means, as the system says it.
func systemReason(_ code: Int32) -> String {
  guard let text = unsafe strerror(code) else { return "error \(code)" }
  return unsafe String(cString: text)
}
