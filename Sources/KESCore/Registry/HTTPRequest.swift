// What is asked of a server.

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
