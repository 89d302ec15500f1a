// The seams to the system that tests replace: calls, the clock, waiting for a moment.

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

/// The time of the machine, as values, so that tests can set it.
public struct Clock: Sendable {
  /// Milliseconds of a clock that only goes forward, from any beginning.
  public var monotonic: @Sendable () -> Int64
  /// Milliseconds since the epoch.
  public var wall: @Sendable () -> Int64

  public init(monotonic: @escaping @Sendable () -> Int64, wall: @escaping @Sendable () -> Int64) {
    self.monotonic = monotonic
    self.wall = wall
  }

  public static let real = Clock(
    monotonic: { milliseconds(of: CLOCK_MONOTONIC) }, wall: { milliseconds(of: CLOCK_REALTIME) })

  private static func milliseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}

/// Waits for moments of the monotonic clock, and is woken by signals.
public struct Pace: Sendable {
  public let clock: Clock
  private let pause: @Sendable (_ milliseconds: Int64) -> Void

  public init(clock: Clock = .real, signals: Signals) {
    self.init(clock: clock) { _ = signals.wait(for: nil, milliseconds: $0) }
  }

  /// - Parameter pause: waits so many milliseconds, or less where a signal comes.
  public init(clock: Clock, pause: @escaping @Sendable (_ milliseconds: Int64) -> Void) {
    self.clock = clock
    self.pause = pause
  }

  /// Waits until `moment`, in milliseconds of the monotonic clock. Returns earlier where a signal
  /// comes: the caller deals with it and waits on.
  public func wait(until moment: Int64) {
    let now = clock.monotonic()
    if now < moment { pause(moment - now) }
  }
}

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
