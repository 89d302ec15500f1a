// HTTP/1.1 as far as a test server needs it (RFC 9112).

public import Foundation

/// A request as it came.
public struct ReceivedRequest: Sendable {
  public var method: String
  /// With its query, escaped as it came.
  public var target: String
  /// Names in lower case.
  public var headers: [String: String]
  public var body: Data

  public var text: String { String(decoding: body, as: UTF8.self) }
}

/// What is sent back.
public struct SentResponse: Sendable {
  public var status: Int
  public var headers: [String: String]
  public var body: Data

  public init(_ status: Int, headers: [String: String] = [:], body: String) {
    self.status = status
    self.headers = headers
    self.body = Data(body.utf8)
  }

  /// The bytes of the response, for a body that is said to have `length` bytes.
  func data(length: Int? = nil) -> Data {
    var head = "HTTP/1.1 \(status) Status\r\n"
    let own = [
      "Content-Type": "application/vnd.schemaregistry.v1+json",
      "Content-Length": "\(length ?? body.count)",
    ]
    for (name, value) in own.merging(headers, uniquingKeysWith: { $1 }) {
      head += "\(name): \(value)\r\n"
    }
    return Data((head + "\r\n").utf8) + body
  }
}

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
