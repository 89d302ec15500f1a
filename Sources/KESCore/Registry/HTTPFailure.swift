// Why a server does not answer.

/// Why a request had no answer.
struct HTTPFailure: Error, Hashable, Sendable {
  enum Cause: Sendable {
    /// Another attempt may help: no connection, no answer in time, an answer that broke off.
    case passing
    case untrusted
    case badCertificate
    /// Who waited does not any more.
    case interrupted
    /// What answered does not speak HTTP, or says too much; `reason` follows "found".
    case badAnswer
    case libraryMissing
  }

  var cause: Cause
  var reason: String
}
