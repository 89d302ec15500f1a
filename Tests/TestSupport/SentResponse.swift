// A response of HTTP/1.1 (RFC 9112).

public import Foundation

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
