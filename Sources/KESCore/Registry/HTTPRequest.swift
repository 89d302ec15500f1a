// What is asked of a server, and what it answers.

/// A request to one URL.
struct HTTPRequest: Sendable {
  /// `GET`, `POST` and so on.
  var method: String
  var url: RegistryURL
  /// Begins with a slash, escaped; goes behind the path of `url`.
  var path: String
  /// JSON.
  var body: String?
}

/// An answer of whatever status.
struct HTTPAnswer: Sendable {
  var status: Int
  /// U+FFFD where it was not UTF-8.
  var body: String
  /// What the header `Retry-After` asks for; nil where it is missing.
  var retryAfterMilliseconds: Int64?
  /// Where a redirect leads; without user and password.
  var redirect: String?
}

/// Why a request had no answer.
struct HTTPFailure: Error, Hashable, Sendable {
  enum Cause: Sendable {
    /// Another attempt may help: no connection, no answer in time, an answer that broke off.
    case passing
    case untrusted
    case badCertificate
    /// What answered does not speak HTTP, or says too much; `reason` follows "found".
    case badAnswer
    case libraryMissing
  }

  var cause: Cause
  var reason: String
}
