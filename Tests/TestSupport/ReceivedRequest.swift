// A request of HTTP/1.1 (RFC 9112).

public import Foundation

/// A request as it came.
public struct ReceivedRequest: Sendable {
  public var method: String
  /// With its query, escaped as it came.
  public var target: String
  /// Names in lower case.
  public var headers: [String: String]
  public var body: Data

  public init(method: String, target: String, headers: [String: String], body: Data) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
  }

  public var text: String { String(decoding: body, as: UTF8.self) }
}
