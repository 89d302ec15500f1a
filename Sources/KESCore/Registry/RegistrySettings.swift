// How a registry is reached, as the user says it: URLs, properties, and who we are.

/// The properties of a registry, read: names as Confluent's clients and librdkafka have them.
struct RegistrySettings: Sendable {
  var credentials: HTTPCredentials?
  var authorityFile: String?
  var certificateFile: String?
  var keyFile: String?
  /// For one attempt, from connecting to the last byte.
  var requestTimeoutMilliseconds: Int64 = 10_000
  var connectionTimeoutMilliseconds: Int64 = 3_000
  /// How often all URLs are tried again.
  var greatestRetries: Int64 = 3
  /// Before the first retry; twice as long before each later one.
  var retryWaitMilliseconds: Int64 = 100

  /// A property: what it sets; false where the text is not what it takes.
  private struct Property {
    let name: String
    let expected: String
    let set: (inout RegistrySettings, String) -> Bool
  }

  private static var properties: [Property] {
    [
      Property(name: "basic.auth.user.info", expected: "USER:PASSWORD") {
        $0.credentials = HTTPCredentials.basic($1)
        return $0.credentials != nil
      },
      Property(name: "bearer.auth.token", expected: "a token") {
        $0.credentials = HTTPCredentials.bearer($1)
        return $0.credentials != nil
      },
      file("ssl.ca.location", \.authorityFile),
      file("ssl.certificate.location", \.certificateFile),
      file("ssl.key.location", \.keyFile),
      number("request.timeout.ms", \.requestTimeoutMilliseconds, 1...3_600_000),
      number("connection.timeout.ms", \.connectionTimeoutMilliseconds, 1...3_600_000),
      number("max.retries", \.greatestRetries, 0...100),
      number("retries.wait.ms", \.retryWaitMilliseconds, 0...3_600_000),
    ]
  }

  private static func file(
    _ name: String, _ path: WritableKeyPath<RegistrySettings, String?>
  ) -> Property {
    Property(name: name, expected: "the name of a file in PEM format") { settings, text in
      settings[keyPath: path] = text
      return !text.isEmpty && !text.utf8.contains(0)
    }
  }

  private static func number(
    _ name: String, _ path: WritableKeyPath<RegistrySettings, Int64>, _ range: ClosedRange<Int64>
  ) -> Property {
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return Property(name: name, expected: expected) { settings, text in
      guard let value = Int64(text), range.contains(value) else { return false }
      settings[keyPath: path] = value
      return true
    }
  }

  /// The names that a user may set, in the order of the documentation.
  static var names: [String] { properties.map(\.name) }

  /// Reads properties, and from the environment what they leave out: `KES_REGISTRY_USER_INFO` and
  /// `KES_REGISTRY_CA`. Throws `.badProperty`, without the value of a secret.
  init(properties: [String: String], environment: [String: String]) throws(Failure) {
    let known = RegistrySettings.properties
    for (name, text) in properties.sorted(by: { $0.key < $1.key }) {
      guard let property = known.first(where: { $0.name == name }) else {
        throw .badProperty(
          name: name.asOneLine(),
          what: "there is no such property; there are " + known.map(\.name).joined(separator: ", "))
      }
      if !property.set(&self, text) {
        throw .badProperty(name: name, what: "expected \(property.expected)")
      }
    }
    if properties["basic.auth.user.info"] != nil && properties["bearer.auth.token"] != nil {
      throw .badProperty(
        name: "bearer.auth.token", what: "is given beside basic.auth.user.info; leave one out")
    }
    try addDefaults(environment)
  }

  private mutating func addDefaults(_ environment: [String: String]) throws(Failure) {
    if authorityFile == nil, let path = environment["KES_REGISTRY_CA"], !path.isEmpty {
      authorityFile = path
    }
    if keyFile != nil && certificateFile == nil {
      throw .badProperty(name: "ssl.key.location", what: "needs ssl.certificate.location beside it")
    }
    guard let text = environment["KES_REGISTRY_USER_INFO"], !text.isEmpty else { return }
    guard let found = HTTPCredentials.basic(text) else {
      throw .badProperty(name: "KES_REGISTRY_USER_INFO", what: "expected USER:PASSWORD")
    }
    fallbackCredentials = found
  }

  /// For URLs that have none, where no property gives any.
  private var fallbackCredentials: HTTPCredentials?

  /// Who we are to `url`: what the properties say, else its own user information, else the
  /// environment's.
  func credentials(for url: RegistryURL) -> HTTPCredentials? {
    credentials ?? url.credentials ?? fallbackCredentials
  }
}

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

  /// Reads URLs with commas between them. Throws `Failure.badURL`, which shows nothing that
  /// could be a password.
  static func parse(list text: String) throws(Failure) -> [RegistryURL] {
    var urls: [RegistryURL] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      urls.append(try RegistryURL(parsing: part))
    }
    return urls
  }

  /// Throws `Failure.badURL`.
  init(parsing text: some StringProtocol) throws(Failure) {
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

  private static func fault(_ found: String) -> Failure {
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
  ) throws(Failure) -> HTTPCredentials {
    if let text = PercentEncoding.decoded(userInfo), let found = HTTPCredentials.basic(text) {
      return found
    }
    throw fault("one whose user information is not USER:PASSWORD, escaped as URLs want it")
  }
}

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

/// Percent-encoding of UTF-8 (RFC 3986, section 2.1).
enum PercentEncoding {
  /// `text` as one segment of a path: all but letters, digits and `-._~` are escaped.
  static func encoded(segment text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var output: [UInt8] = []
    for byte in text.utf8 {
      if isUnreserved(byte) {
        output.append(byte)
      } else {
        output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// `text` without escapes; nil where one is incomplete, or where that is no UTF-8.
  static func decoded(_ text: some StringProtocol) -> String? {
    var output: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte != UInt8(ascii: "%") {
        output.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.utf8.count == 2, digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }),
        let value = UInt8(digits, radix: 16)
      else { return nil }
      output.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: output, as: UTF8.self)
  }
}
