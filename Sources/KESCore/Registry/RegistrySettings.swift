// How a registry is asked, as the user set it.

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
  /// `KES_REGISTRY_CA`. Throws `RegistryError.badProperty`, without the value of a secret.
  init(properties: [String: String], environment: [String: String]) throws(RegistryError) {
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

  private mutating func addDefaults(_ environment: [String: String]) throws(RegistryError) {
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
