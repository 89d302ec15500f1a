// Opens the registry that the user names.

/// What `--registry` may name.
public enum SchemaRegistries {
  /// Opens `text`: URLs of servers, `http://` or `https://`, with commas between them; or
  /// `file:DIRECTORY`. What it says is remembered (`CachingSchemaRegistry`).
  ///
  /// - Parameters:
  ///   - properties: how a server is asked; a directory takes none.
  ///   - environment: `KES_REGISTRY_USER_INFO` (`USER:PASSWORD`) and `KES_REGISTRY_CA` (a file of
  ///     certificates), where neither a property nor the URL says anything else.
  ///   - watch: told of waiting for a server.
  ///
  /// Throws `RegistryError.badURL`, `.badProperty` or `.missingDirectory`; no server is asked yet.
  public static func open(
    _ text: String, properties: [String: String] = [:], environment: [String: String] = [:],
    clock: RegistryClock = .real, watch: RegistryWatch = RegistryWatch()
  ) throws(RegistryError) -> any SchemaRegistry {
    CachingSchemaRegistry(try find(text, properties, environment, clock, watch), clock: clock)
  }

  /// The names of the properties that a registry behind a URL takes.
  public static var propertyNames: [String] { RegistrySettings.names }

  private static func find(
    _ text: String, _ properties: [String: String], _ environment: [String: String],
    _ clock: RegistryClock, _ watch: RegistryWatch
  ) throws(RegistryError) -> any SchemaRegistry {
    guard text.hasPrefix("file:") else {
      return try HTTPSchemaRegistry(
        urls: text, properties: properties, environment: environment, clock: clock, watch: watch)
    }
    if let name = properties.keys.min() {
      throw .badProperty(
        name: name.asOneLine(), what: "a directory of schemas takes none; leave it out")
    }
    return try DirectorySchemaRegistry(path: try directoryPath(text))
  }

  /// The path in `file:PATH` or `file:///PATH` (RFC 8089, section 2).
  private static func directoryPath(_ text: String) throws(RegistryError) -> String {
    let path = text.dropFirst("file:".count)
    if path.isEmpty { throw .badURL(expected: RegistryURL.expected, found: "file: without a name") }
    if !path.hasPrefix("//") { return String(path) }
    let local = path.dropFirst(2)
    if local.hasPrefix("/") { return String(local) }
    throw .badURL(expected: RegistryURL.expected, found: "file:// with the name of a host")
  }
}
