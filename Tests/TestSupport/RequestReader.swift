// Requests of HTTP/1.1 as bytes, as far as a test server needs it.

import Foundation

/// Reads the requests of one connection, one after the other.
struct RequestReader {
  private let connection: LoopbackConnection
  private var pending = Data()

  init(_ connection: LoopbackConnection) { self.connection = connection }

  /// The next request; nil when no whole one comes any more.
  mutating func next() -> ReceivedRequest? {
    let separator = Data("\r\n\r\n".utf8)
    while true {
      if let end = pending.range(of: separator) {
        let head = String(decoding: pending[..<end.lowerBound], as: UTF8.self)
        pending = Data(pending[end.upperBound...])
        return request(head)
      }
      guard receiveMore() else { return nil }
    }
  }

  private mutating func receiveMore() -> Bool {
    guard let more = connection.receive() else { return false }
    pending += more
    return true
  }

  private mutating func request(_ head: String) -> ReceivedRequest? {
    let lines = head.components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ").map(String.init)
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      headers[line[..<colon].lowercased()] = value
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    while pending.count < length { guard receiveMore() else { return nil } }
    let body = Data(pending.prefix(length))
    pending = Data(pending.dropFirst(length))
    return ReceivedRequest(method: words[0], target: words[1], headers: headers, body: body)
  }
}
