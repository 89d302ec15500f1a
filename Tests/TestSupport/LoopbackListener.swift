// A listening socket on the loopback interface, with a thread a connection.

import Foundation
import Glibc
import Synchronization

/// Accepts connections on a port of its own, and hands each to a closure on a thread of its own.
public final class LoopbackListener: Sendable {
  public let port: UInt16
  private let socket: Int32
  private let open = Mutex<Set<Int32>?>([])
  private let accepted = Mutex(0)
  private let threads = DispatchGroup()

  /// - Parameter serve: has the connection until it returns; then it is closed.
  public init(serve: @escaping @Sendable (LoopbackConnection) -> Void) throws {
    (socket, port) = try LoopbackListener.listen()
    threads.enter()
    Thread.detachNewThread { [self] in
      acceptAll(serve)
      threads.leave()
    }
  }

  deinit { close(socket) }

  /// How many connections there have been.
  public var connectionCount: Int { accepted.withLock { $0 } }

  /// Ends all connections and waits for their threads. No more are accepted.
  public func stop() {
    open.withLock { connections in
      shutdown(socket, Int32(SHUT_RDWR))
      for connection in connections ?? [] { shutdown(connection, Int32(SHUT_RDWR)) }
      connections = nil
    }
    threads.wait()
  }

  private static func listen() throws -> (Int32, UInt16) {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let socket = Glibc.socket(AF_INET, type, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(socket, pointer, length) == 0 && Glibc.listen(socket, 128) == 0
          && getsockname(socket, pointer, &length) == 0
      }
    }
    guard isListening else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    return (socket, UInt16(bigEndian: address.sin_port))
  }

  private func acceptAll(_ serve: @escaping @Sendable (LoopbackConnection) -> Void) {
    while true {
      let connection = accept(socket, nil, nil)
      if connection < 0 && errno != EINTR && errno != ECONNABORTED { return }
      if connection < 0 { continue }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      accepted.withLock { $0 += 1 }
      guard register(connection) else {
        close(connection)
        return
      }
      Thread.detachNewThread { [self] in
        serve(LoopbackConnection(descriptor: connection))
        unregister(connection)
        threads.leave()
      }
    }
  }

  /// False where no more are wanted.
  private func register(_ connection: Int32) -> Bool {
    open.withLock { connections in
      guard connections != nil else { return false }
      threads.enter()
      connections?.insert(connection)
      return true
    }
  }

  private func unregister(_ connection: Int32) {
    // Closed under the lock: `stop` must not meet another file with the same number.
    open.withLock { connections in
      connections?.remove(connection)
      // The client sees the end also where a process that just started has the socket, too.
      shutdown(connection, Int32(SHUT_RDWR))
      close(connection)
    }
  }
}
