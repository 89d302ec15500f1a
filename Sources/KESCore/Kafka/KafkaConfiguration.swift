// How clients of a cluster are set up: what the user says, over what kes needs.

/// Brokers and librdkafka's properties, checked.
///
/// In the order of precedence: options (`-X`), files (`-F`, a later one before an earlier), the file
/// that `KES_CONFIG` names, and what kes sets (`KafkaDefault.table`). Secrets are never shown.
public struct KafkaConfiguration: Sendable {
  /// `HOST:PORT,…`, for messages, too.
  public let brokers: String
  private let properties: [KafkaProperty]
  /// What tests count handles by.
  let counts: KafkaHandleCounts

  /// - Parameters:
  ///   - brokers: what `-b` says; nil leaves it to the property `bootstrap.servers`.
  ///   - options: `NAME=VALUE`, as `-X` takes them.
  ///   - files: paths of files in kcat's format.
  ///   - environment: `KES_CONFIG` names another such file.
  ///
  /// Throws `Failure` of the kind `.configuration`, which names the file and line, or the
  /// property. What only shows when a client is made (files of certificates, properties that
  /// exclude each other) is not checked yet.
  public init(
    brokers: String? = nil, options: [String] = [], files: [String] = [],
    environment: [String: String] = [:]
  ) throws(Failure) {
    var properties: [KafkaProperty] = []
    let named = environment["KES_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    for path in (named.map { [$0] } ?? []) + files {
      properties += try KafkaPropertyFile(path: path).read()
    }
    properties += try KafkaConfiguration.parse(options)
    try self.init(brokers: brokers, properties)
  }

  private init(brokers: String?, _ properties: [KafkaProperty]) throws(Failure) {
    let servers = properties.last { KafkaConfiguration.brokerNames.contains($0.name) }
    self.brokers = brokers ?? servers?.value ?? ""
    self.properties = properties.filter { !KafkaConfiguration.brokerNames.contains($0.name) }
    counts = KafkaHandleCounts()
    if self.brokers.isEmpty {
      throw Failure(
        .configuration, operation: "connect", place: Place(), reason: "no brokers are named",
        advice: "name them by --brokers HOST:PORT,… or by the property bootstrap.servers")
    }
    try KafkaLibrary.load()
    // Wrong properties show before anything is connected.
    _ = try makeHandle(.consumer)
  }

  /// Both are the same property.
  private static let brokerNames = ["bootstrap.servers", "metadata.broker.list"]

  private static func parse(_ options: [String]) throws(Failure) -> [KafkaProperty] {
    var properties: [KafkaProperty] = []
    for option in options {
      guard let property = KafkaProperty(option, .option) else {
        throw Failure(
          .configuration, operation: "use a property", place: Place(brokers: "-X"),
          reason: "expected NAME=VALUE")
      }
      properties.append(property)
    }
    return properties
  }

  /// The mechanism by which we say who we are, for messages; nil where the connection has none.
  var mechanism: String? {
    let security = value("security.protocol")?.lowercased() ?? "plaintext"
    if !security.hasPrefix("sasl") { return security == "ssl" ? "TLS" : nil }
    return value("sasl.mechanism") ?? value("sasl.mechanisms") ?? "GSSAPI"
  }

  // By which we log in; empty where we do not, or by other means.
  var userName: String { value("sasl.username") ?? "" }
  var password: String { value("sasl.password") ?? "" }

  /// Whether connections are encrypted.
  var usesTLS: Bool { value("security.protocol")?.lowercased().hasSuffix("ssl") ?? false }

  /// How often consumers look which topics and partitions there are, in milliseconds; nil for never.
  var refreshInterval: Int64? {
    number("topic.metadata.refresh.interval.ms").flatMap { $0 > 0 ? $0 : nil }
  }

  /// After how long brokers give up a transaction, in milliseconds.
  public var transactionTimeout: Int64 {
    number("transaction.timeout.ms") ?? .max
  }

  /// What a property is set to by the user, or by kes.
  private func number(_ name: String) -> Int64? {
    let usual = KafkaDefault.table.first { $0.name == name }
    return (value(name) ?? usual?.value).flatMap { Int64($0) }
  }

  private func value(_ name: String) -> String? { properties.last { $0.name == name }?.value }

  /// A configuration of the library, with `additions` to what the user set. Throws `Failure` of
  /// the kind `.configuration`.
  func makeHandle(
    _ role: KafkaClientRole, _ additions: [(name: String, value: String)] = []
  ) throws(Failure) -> KafkaConfigurationHandle {
    let handle = KafkaConfigurationHandle(counts)
    for property in KafkaDefault.table where property.isFor(role, KafkaLibrary.version) {
      if let reason = handle.set(property.name, property.value) {
        throw fault(property.name, reason, .bug)
      }
    }
    for property in properties { try set(property, on: handle) }
    for (name, value) in [("bootstrap.servers", brokers)] + additions {
      if let reason = handle.set(name, value) { throw fault(name, reason, .configuration) }
    }
    return handle
  }

  private func set(
    _ property: KafkaProperty, on handle: borrowing KafkaConfigurationHandle
  ) throws(Failure) {
    if let option = KafkaDefault.options[property.name] {
      throw fault(property.title, "kes sets it by itself: use \(option)", .configuration)
    }
    let fixed = KafkaDefault.table.first { $0.isFixed && $0.name == property.name }
    if let fixed, fixed.value != property.value {
      throw fault(
        property.title, "kes needs it to be \(fixed.value): \(fixed.reason)", .configuration)
    }
    guard let reason = handle.set(property.name, property.value) else { return }
    throw fault(property.title, redacted(reason), .configuration)
  }

  private func fault(_ title: String, _ reason: String, _ kind: Failure.Kind) -> Failure {
    Failure(
      kind, operation: "use it", place: Place(brokers: title), reason: reason,
      advice: "librdkafka's CONFIGURATION.md lists the properties")
  }

  /// What the library says, for users: `KafkaLibrary.plain`, without the value of any secret, where it
  /// stands as a word of its own: gaps in the words of others would tell what it is. So would those of
  /// short ones, which are no secrets.
  func redacted(_ text: String) -> String {
    var text = KafkaLibrary.plain(text)
    for property in properties where property.isSecret {
      if property.value.count < KafkaConfiguration.leastSecret { continue }
      text = text.replacingWord(property.value, with: "[secret]")
    }
    return text
  }

  /// Our choice: what is shorter is a word of many messages.
  private static let leastSecret = 4
}

extension KafkaConfiguration: CustomStringConvertible {
  /// The brokers and the properties that the user set, without secrets.
  public var description: String {
    let shown = properties.map { "\($0.name)=\($0.isSecret ? "[secret]" : $0.value)" }
    return ([brokers] + shown).joined(separator: " ")
  }
}

extension String {
  /// This with `word` replaced where it is no part of a longer one: `password` is not, in
  /// `sasl.password`, nor `boot` in `bootstrap`.
  fileprivate func replacingWord(_ word: String, with replacement: String) -> String {
    var result = ""
    var rest = self[...]
    while let range = rest.firstRange(of: word) {
      let isPart = continuesWord(before: range.lowerBound) || continuesWord(after: range.upperBound)
      result += rest[..<range.lowerBound]
      result += isPart ? word : replacement
      rest = rest[range.upperBound...]
    }
    return result + rest
  }

  private func continuesWord(before end: Index) -> Bool {
    let before = self[..<end]
    guard let last = before.last, let next = self[end...].first, next.isOfWord else { return false }
    return last.isOfWord || last.joinsWords && before.dropLast().last?.isOfWord == true
  }

  private func continuesWord(after start: Index) -> Bool {
    let after = self[start...]
    guard let first = after.first, let last = self[..<start].last, last.isOfWord else {
      return false
    }
    return first.isOfWord || first.joinsWords && after.dropFirst().first?.isOfWord == true
  }
}

extension Character {
  fileprivate var isOfWord: Bool { isLetter || isNumber }
  /// Names of properties are words joined by these.
  fileprivate var joinsWords: Bool { self == "." || self == "_" || self == "-" }
}

extension KafkaDefault {
  /// - Parameter version: the library's, in the form of `since`.
  func isFor(_ role: KafkaClientRole, _ version: Int32) -> Bool {
    if version < since { return false }
    return switch scope {
    case .every: true
    case .consumer: role == .consumer
    case .producer: role == .producer
    }
  }
}

/// A name, a value, and where it was set.
struct KafkaProperty: Sendable {
  enum Origin: Sendable {
    case option
    case file(path: String, line: Int)
  }

  let name: String
  let value: String
  let origin: Origin

  init(_ name: String, _ value: String, _ origin: Origin) {
    // As kcat: the properties of topics may be said to be that.
    self.name =
      name.hasPrefix("topic.") && !name.hasPrefix("topic.metadata.")
        && !name.hasPrefix("topic.blacklist") ? String(name.dropFirst("topic.".count)) : name
    self.value = value
    self.origin = origin
  }

  /// Parses `NAME=VALUE`; nil where there is no name. The value may be empty.
  init?(_ text: some StringProtocol, _ origin: Origin) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { return nil }
    self.init(String(text[..<equals]), String(text[text.index(after: equals)...]), origin)
  }

  /// Whether nobody may see the value.
  var isSecret: Bool { KafkaProperty.isSecret(name) }

  /// Those that librdkafka's sources mark as sensitive, without names of users and files; and by
  /// their names those that later versions add.
  static func isSecret(_ name: String) -> Bool {
    name.contains("password") || name.contains("secret") || name.contains("jaas")
      || (name.hasSuffix(".pem") && !name.hasPrefix("ssl.certificate"))
      || name == "sasl.oauthbearer.config"
  }

  /// For messages: `file:3: property NAME`, never the value.
  var title: String {
    switch origin {
    case .option: "property \(name)"
    case .file(let path, let line): "\(path):\(line): property \(name)"
    }
  }
}
