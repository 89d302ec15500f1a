// What a server answers.

/// An answer of whatever status.
struct HTTPAnswer: Sendable {
  var status: Int
  /// U+FFFD where it was not UTF-8.
  var body: String
  /// What the header `Retry-After` asks for; nil where it is missing.
  var retryAfterMilliseconds: Int64?
  /// Where a redirect leads.
  var redirect: String?
}
