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

  public var text: String { String(decoding: body, as: UTF8.self) }
}
