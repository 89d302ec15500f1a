// A librdkafka property that the user has set.

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
