// Where a registry is.

/// The base URL of a registry: scheme, host, port and a path before those of the API (RFC 3986,
/// section 3).
struct RegistryURL: Hashable, Sendable {
  /// Without user, password and trailing slashes: what is asked, and what messages show.
  let base: String
  /// From the URL's user information.
  let credentials: HTTPCredentials?
  /// Whether it is asked by TLS.
  var isSecure: Bool { base.hasPrefix("https:") }
  /// Whether the host is this machine: it is never asked through a proxy.
  let isLoopback: Bool

  /// What `parse` understands, for messages.
  static let expected = "http://HOST:PORT, https://HOST:PORT or file:DIRECTORY"

  /// Reads URLs with commas between them. Throws `RegistryError.badURL`, which shows nothing that
  /// could be a password.
  static func parse(list text: String) throws(RegistryError) -> [RegistryURL] {
    var urls: [RegistryURL] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      urls.append(try RegistryURL(parsing: part))
    }
    return urls
  }

  /// Throws `RegistryError.badURL`.
  init(parsing text: some StringProtocol) throws(RegistryError) {
    let trimmed = RegistryURL.trimmed(Substring(text))
    guard let scheme = RegistryURL.scheme(of: trimmed) else {
      throw RegistryURL.fault("one without http:// or https://")
    }
    let rest = trimmed.dropFirst(scheme.count)
    let authority = rest.prefix { !"/?#".contains($0) }
    let path = rest.dropFirst(authority.count)
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] }
    let server = host ?? authority
    guard RegistryURL.isServer(server) else {
      throw RegistryURL.fault("one with a bad host or port")
    }
    guard RegistryURL.isPath(path) else {
      throw RegistryURL.fault("one with a query, a fragment or characters that are not escaped")
    }
    base = scheme.lowercased() + server + RegistryURL.withoutTrailingSlashes(path)
    isLoopback = RegistryURL.isLoopback(server)
    credentials =
      try host == nil
      ? nil : RegistryURL.credentials(authority.dropLast(server.count + 1))
  }

  private static func fault(_ found: String) -> RegistryError {
    .badURL(expected: expected, found: found)
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let start = text.drop { $0 == " " }
    return start.prefix(start.count - start.reversed().prefix { $0 == " " }.count)
  }

  private static func withoutTrailingSlashes(_ path: Substring) -> Substring {
    path.prefix(path.count - path.reversed().prefix { $0 == "/" }.count)
  }

  private static func scheme(of text: Substring) -> Substring? {
    for scheme in ["http://", "https://"] where text.lowercased().hasPrefix(scheme) {
      return text.prefix(scheme.count)
    }
    return nil
  }

  /// The host of `HOST` or `HOST:PORT`, an IPv6 address with its brackets.
  private static func host(of server: Substring) -> Substring {
    guard server.hasPrefix("["), let end = server.firstIndex(of: "]") else {
      return server.prefix { $0 != ":" }
    }
    return server[...end]
  }

  private static func isServer(_ text: Substring) -> Bool {
    let host = host(of: text)
    let port = text.dropFirst(host.count)
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let isHost = host.utf8.allSatisfy {
      $0 > 0x20 && $0 != 0x7F && !"<>\"\\^`{|}%@".utf8.contains($0)
    }
    guard isHost, host.count > (isBracketed ? 2 : 0), isBracketed || !host.contains("[") else {
      return false
    }
    if port.isEmpty { return true }
    return port.hasPrefix(":") && (UInt16(port.dropFirst()) ?? 0) > 0
  }

  private static func isPath(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"?#<>\"\\^`{|}".utf8.contains($0) }
  }

  private static func isLoopback(_ server: Substring) -> Bool {
    let host = host(of: server)
    if host == "localhost" || host == "[::1]" { return true }
    return host.hasPrefix("127.") && host.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
  }

  private static func credentials(
    _ userInfo: Substring
  ) throws(RegistryError) -> HTTPCredentials {
    if let text = PercentEncoding.decoded(userInfo), let found = HTTPCredentials.basic(text) {
      return found
    }
    throw fault("one whose user information is not USER:PASSWORD, escaped as URLs want it")
  }
}
