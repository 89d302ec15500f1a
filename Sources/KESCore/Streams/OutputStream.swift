// Where encoded bytes go: a file or a pipe, written in blocks.

internal import Glibc

/// A buffered output. Encoders append to `buffer`; `flush` writes it out.
public final class OutputStream {
  /// How many bytes make a write worth while.
  public static let blockSize = 128 * 1024

  /// What is not written yet.
  public var buffer: ByteBlock
  public let name: String
  /// The absolute path where the output is a file that has a length.
  public let path: String?
  /// How many bytes have been written to the file since it was empty.
  public private(set) var length: Int64
  private let handle: DescriptorHandle
  private let calls: SystemCalls
  /// Turns every block into another form before it is written: from, to. A block holds whole lines.
  public var rewrite: ((borrowing ByteBlock, inout ByteBlock) -> Void)?
  private var rewritten = ByteBlock()

  /// The standard output.
  public static func standard(calls: SystemCalls = .real) -> OutputStream {
    OutputStream(
      handle: DescriptorHandle(lent: STDOUT_FILENO), name: "stdout", path: nil, length: 0,
      calls: calls)
  }

  private init(
    handle: consuming DescriptorHandle, name: String, path: String?, length: Int64,
    calls: SystemCalls
  ) {
    self.handle = handle
    self.name = name
    self.path = path
    self.length = length
    self.calls = calls
    buffer = ByteBlock(capacity: OutputStream.blockSize * 2)
  }

  /// Opens the file at `path`.
  ///
  /// - Parameter keeping: how many bytes an earlier run wrote that count: the file is cut to that
  ///   length and written on from there; 0 empties it.
  /// Throws `StreamError.cannotCreate`, or `.outputChanged` where the file is shorter than
  /// `keeping`.
  public static func file(
    _ path: String, keeping: Int64 = 0, calls: SystemCalls = .real
  ) throws(StreamError) -> OutputStream {
    let handle = try DescriptorHandle.openForWriting(path, truncating: false)
    let status = try handle.status(path)
    if status.isRegular {
      try cut(handle.descriptor, path, from: status.size, to: keeping)
    }
    return OutputStream(
      handle: handle, name: path, path: status.isRegular ? absolutePath(path) : nil,
      length: status.isRegular ? keeping : 0, calls: calls)
  }

  private static func cut(
    _ descriptor: Int32, _ path: String, from size: Int64, to length: Int64
  ) throws(StreamError) {
    if size < length {
      throw .outputChanged(
        name: path,
        explanation: "has \(size) bytes, but \(length) were written in an earlier run; restore it,"
          + " or name another output")
    }
    if size > 0 && ftruncate(descriptor, off_t(length)) != 0 {
      throw .cannotCreate(name: path, code: errno)
    }
    if lseek(descriptor, off_t(length), SEEK_SET) < 0 {
      throw .cannotCreate(name: path, code: errno)
    }
  }

  /// Writes the buffer out if it holds a block or more.
  @inline(__always)
  public func flushIfFull() throws(StreamError) {
    if buffer.count >= OutputStream.blockSize { try flush() }
  }

  /// Writes all of the buffer out. Throws `StreamError.brokenPipe` or `.cannotWrite`; then an
  /// unknown part of the buffer was written.
  public func flush() throws(StreamError) {
    if let rewrite, !buffer.isEmpty {
      rewritten.truncate(to: 0)
      rewrite(buffer, &rewritten)
      swap(&buffer, &rewritten)
    }
    var start = 0
    while start < buffer.count {
      let written = buffer.withBytes(start, buffer.count - start) { rest in
        unsafe rest.withUnsafeBytes { unsafe calls.write(handle.descriptor, $0) }
      }
      if written < 0 {
        let code = Int32(-written)
        throw code == EPIPE ? .brokenPipe(name: name) : .cannotWrite(name: name, code: code)
      }
      start += written
    }
    length += Int64(buffer.count)
    buffer.truncate(to: 0)
  }

  /// Writes all out and waits until the disk has it. Throws as `flush` does.
  public func sync() throws(StreamError) {
    try flush()
    let result = calls.sync(handle.descriptor)
    // Pipes and terminals cannot be synced, and need not be.
    if result < 0 && result != -Int(EINVAL) && result != -Int(EROFS) {
      throw .cannotWrite(name: name, code: Int32(-result))
    }
  }
}
