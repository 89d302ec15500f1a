// Where encoded bytes go: a file, a pipe or a topic, written in blocks.

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
  private let destination: any OutputDestination
  /// What a store knew of the file, and what it holds to be looked at; nil where nobody keeps that.
  private let known: KnownOutput?
  private let contents: DescriptorHandle?
  private var isFinished = false
  /// What turns the buffer into what is written; nil where it is written as it is.
  public var framing: (any OutputFraming)?
  private var framed = ByteBlock()

  /// The standard output.
  public static func standard(calls: SystemCalls = .real) -> OutputStream {
    let name = "stdout"
    return OutputStream(
      DescriptorDestination(DescriptorHandle(lent: STDOUT_FILENO), name: name, calls: calls),
      name: name)
  }

  /// Writes to `destination`, which messages call `name`.
  ///
  /// - Parameters:
  ///   - path: where it is a file: its absolute path.
  ///   - length: how many bytes the file has that stay.
  public convenience init(
    _ destination: any OutputDestination, name: String, path: String? = nil, length: Int64 = 0
  ) {
    self.init(destination, name: name, path: path, length: length, known: nil, contents: nil)
  }

  private init(
    _ destination: any OutputDestination, name: String, path: String?, length: Int64,
    known: KnownOutput?, contents: consuming DescriptorHandle?
  ) {
    self.destination = destination
    self.name = name
    self.path = path
    self.length = length
    self.known = known
    self.contents = contents
    buffer = ByteBlock(capacity: OutputStream.blockSize * 2)
  }

  /// Has waiting notice that whoever reads this output is gone (`Signals.watchReader`).
  public func watchReader() {
    if let descriptor = destination.readDescriptor { Signals.watchReader(of: descriptor) }
  }

  /// Opens the file at `path`.
  ///
  /// - Parameter known: what a store knows of it: the file is cut to the length that counts and written
  ///   on from there; nil empties it.
  /// Throws `.cannotCreate`, or `.outputChanged` where the file is shorter than that.
  public static func file(
    _ path: String, known: KnownOutput? = nil, calls: SystemCalls = .real
  ) throws(Failure) -> OutputStream {
    let handle = try DescriptorHandle.openForWriting(path, truncating: false)
    let status = try handle.status(path)
    if !status.isRegular {
      return OutputStream(DescriptorDestination(handle, name: path, calls: calls), name: path)
    }
    let keeping = known?.length ?? 0
    try cut(handle.descriptor, path, from: status.size, to: keeping)
    let contents = known == nil ? nil : handle.openForReading()
    return OutputStream(
      DescriptorDestination(handle, name: path, calls: calls), name: path,
      path: absolutePath(path), length: keeping, known: known, contents: contents)
  }

  private static func cut(
    _ descriptor: Int32, _ path: String, from size: Int64, to length: Int64
  ) throws(Failure) {
    if size < length {
      throw .outputChanged(
        name: path, explanation: KnownOutputs.shortened(to: size, from: length))
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
  public func flushIfFull() throws(Failure) {
    if buffer.count >= OutputStream.blockSize { try write(at: .full) }
  }

  /// Writes all of the buffer out. Throws `.brokenPipe` or `.cannotWrite`; then an
  /// unknown part of the buffer was written.
  public func flush() throws(Failure) {
    if !buffer.isEmpty { try write(at: .now) }
  }

  /// Writes all out, and what stands behind the last record. To be called once, at the end of a run.
  public func finish() throws(Failure) {
    try write(at: .last)
    try destination.finish()
    isFinished = true
  }

  /// What a store is to know of the file from now on; nil where nobody keeps that. Throws
  /// `Failure.cannotRead`.
  func record() throws(Failure) -> KnownOutput? {
    guard var record = known else { return nil }
    record.length = framing?.hasContent == false ? 0 : length
    record.finalLength = isFinished ? length : nil
    record.fingerprint = nil
    if contents != nil {
      record.fingerprint = try contents?.fingerprint(to: record.recognisedLength, of: name)
    }
    return record
  }

  /// Forgets what is not written yet.
  func discard() {
    buffer.truncate(to: 0)
    framing?.discard()
    destination.discard()
  }

  /// Throws what a registry fails with as a failure of the output: unlike one of the input it does not
  /// leave what came before to be written.
  private func write(at moment: FlushMoment) throws(Failure) {
    do throws(Failure) {
      guard let framing else {
        try write(buffer)
        buffer.truncate(to: 0)
        return
      }
      framed.truncate(to: 0)
      buffer.removeFirst(try framing.frame(buffer, at: moment, to: &framed))
      try write(framed)
    } catch {
      throw error.isOfInput ? error.of(.output) : error
    }
  }

  private func write(_ bytes: borrowing ByteBlock) throws(Failure) {
    if bytes.isEmpty { return }
    try destination.write(bytes)
    length += Int64(bytes.count)
  }

  /// Writes all out and waits until it is safe there. Throws as `flush` does.
  public func sync() throws(Failure) {
    try flush()
    try destination.sync()
  }
}

/// Takes what an `OutputStream` writes.
public protocol OutputDestination: AnyObject {
  /// Takes all of `bytes`. Throws `Failure`; then an unknown part was taken.
  func write(_ bytes: borrowing ByteBlock) throws(Failure)

  /// Waits until all that was taken is safe: on the disk, or delivered to its brokers.
  func sync() throws(Failure)

  /// Forgets what is known of records that are not written yet: they will not be.
  func discard()

  /// Called behind the last write of a run. Throws where something of it was not delivered.
  func finish() throws(Failure)

  /// A descriptor that tells when its reader is gone: of a pipe or a socket; nil for others.
  var readDescriptor: Int32? { get }
}

extension OutputDestination {
  public func discard() {}
  public var readDescriptor: Int32? { nil }
}

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
