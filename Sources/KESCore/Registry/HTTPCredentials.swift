// Who we are to a server.

/// Credentials; never part of a message.
enum HTTPCredentials: Hashable, Sendable {
  case basic(user: String, password: String)
  case bearer(token: String)

  /// Reads `user:password`; nil where there is no colon, or what no header may hold.
  static func basic(_ userInfo: String) -> HTTPCredentials? {
    let parts = userInfo.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, isSendable(userInfo) else { return nil }
    return .basic(user: String(parts[0]), password: String(parts[1]))
  }

  /// Nil where the token is empty, or holds what no header may.
  static func bearer(_ token: String) -> HTTPCredentials? {
    token.isEmpty || !isSendable(token) ? nil : .bearer(token: token)
  }

  private static func isSendable(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }
}
