// One connection of a test server.

public import Foundation
import Glibc

/// Bytes from and to a client.
public struct LoopbackConnection: Sendable {
  let descriptor: Int32

  /// Some bytes; nil when the client has closed, or the server stops.
  public func receive() -> Data? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
      if count > 0 { return Data(buffer[..<count]) }
      if count == 0 || errno != EINTR { return nil }
    }
  }

  /// Sends all of `data`; false where the client does not want it any more.
  @discardableResult
  public func send(_ data: Data) -> Bool {
    var rest = data[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { bytes in
        unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  @discardableResult
  public func send(_ text: String) -> Bool { send(Data(text.utf8)) }

  /// Waits until the client closes, or the server stops.
  public func waitForEnd() { while receive() != nil {} }
}
