// The system calls that streams make, as values, so that tests can make them fail.

internal import Glibc

/// Reading, writing and syncing descriptors. Each returns what the call does, or `-errno`.
///
/// Called once a block, so a closure costs nothing. The default set makes the real calls and goes
/// on after EINTR.
@safe
public struct SystemCalls: Sendable {
  public var read: @Sendable (Int32, UnsafeMutableRawBufferPointer) -> Int
  public var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int
  public var sync: @Sendable (Int32) -> Int

  public init(
    read: @escaping @Sendable (Int32, UnsafeMutableRawBufferPointer) -> Int,
    write: @escaping @Sendable (Int32, UnsafeRawBufferPointer) -> Int,
    sync: @escaping @Sendable (Int32) -> Int
  ) {
    unsafe self.read = unsafe read
    unsafe self.write = unsafe write
    self.sync = sync
  }

  /// The real ones.
  public static let real = unsafe SystemCalls(
    read: { descriptor, buffer in
      retrying { unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
    },
    write: { descriptor, buffer in
      retrying { unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count) }
    },
    sync: { descriptor in retrying { Int(Glibc.fsync(descriptor)) } })
}

/// The call's result, or `-errno`; made again where a signal interrupted it.
func retrying(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result >= 0 { return result }
    if errno != EINTR { return -Int(errno) }
  }
}
