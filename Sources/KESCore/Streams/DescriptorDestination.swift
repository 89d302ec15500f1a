// A file or a pipe as the end of an output.

internal import Glibc

/// Writes to a descriptor.
final class DescriptorDestination: OutputDestination {
  private let handle: DescriptorHandle
  private let name: String
  private let calls: SystemCalls

  /// - Parameter name: for messages.
  init(_ handle: consuming DescriptorHandle, name: String, calls: SystemCalls) {
    handle.widenPipe()
    self.handle = handle
    self.name = name
    self.calls = calls
  }

  func write(_ bytes: borrowing ByteBlock) throws(Failure) {
    var start = 0
    while start < bytes.count {
      let written = bytes.withBytes(start, bytes.count - start) { rest in
        unsafe rest.withUnsafeBytes { unsafe calls.write(handle.descriptor, $0) }
      }
      if written < 0 {
        let code = Int32(-written)
        throw code == EPIPE ? .brokenPipe(name: name) : .cannotWrite(name: name, code: code)
      }
      start += written
    }
  }

  func sync() throws(Failure) {
    let result = calls.sync(handle.descriptor)
    // Pipes and terminals cannot be synced, and need not be.
    if result < 0 && result != -Int(EINVAL) && result != -Int(EROFS) {
      throw .cannotWrite(name: name, code: Int32(-result))
    }
  }

  func finish() {}

  var readDescriptor: Int32? {
    let status = try? handle.status(name)
    return status?.hasReader == true ? handle.descriptor : nil
  }
}
