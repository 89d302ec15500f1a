// The options that concern topics: one name and one meaning in all four tools (cli.md, section 3).

public import ArgumentParser
internal import Glibc
internal import KESCore

/// What messages to a topic are compressed with (librdkafka's `compression.codec`).
public enum CompressionChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
  case none, gzip, snappy, lz4, zstd
}

/// Where reading begins, in kcat's forms.
public struct OffsetArgument: ExpressibleByArgument, Sendable {
  let specification: KafkaOffsetSpecification

  public init?(argument: String) {
    guard let found = KafkaOffsetSpecification(argument) else { return nil }
    specification = found
  }
}

/// Brokers, topics, and how they are read and written. Short letters are kcat's.
public struct TopicOptions: ParsableArguments {
  @Option(
    name: [.customShort("b", allowingJoined: true), .long],
    help: ArgumentHelp(
      "The brokers; or by the property bootstrap.servers of -X, -F or the file that $KES_CONFIG"
        + " names.", valueName: "host:port,…"))
  public var brokers: String?

  @Option(
    help: ArgumentHelp(
      "Read this topic instead of files: JSON, or with --registry Avro. Goes on at the group's"
        + " committed offsets, or begins at the first record.", valueName: "topic"))
  public var from: String?

  @Option(
    help: ArgumentHelp(
      "Write to this topic instead of the standard output: JSON, or with --registry Avro, whose"
        + " schemas are registered.", valueName: "topic"))
  public var to: String?

  @Option(
    name: .customShort("X", allowingJoined: true),
    help: ArgumentHelp(
      "A property of librdkafka, repeatable: security.protocol, sasl.mechanism, …",
      valueName: "property=value"))
  public var properties: [String] = []

  @Option(
    name: .customShort("F", allowingJoined: true),
    help: ArgumentHelp(
      "A file of such properties, as kcat's; repeatable. $KES_CONFIG names another that is read"
        + " first.", valueName: "path"),
    completion: .file())
  public var files: [String] = []

  @Option(
    name: [.customShort("z", allowingJoined: true), .long],
    help: ArgumentHelp("How messages are compressed.", valueName: "codec"))
  public var compression: CompressionChoice?

  @Option(
    name: [.customShort("G", allowingJoined: true), .long],
    help: ArgumentHelp(
      "Share the partitions with the other members of this group, go on at its committed offsets, and"
        + " commit what is read when what came of it is written: at least once. (default: all partitions,"
        + " and nothing is committed)", valueName: "id"))
  public var group: String?

  @Option(
    name: [.customShort("o", allowingJoined: true), .long], parsing: .unconditional,
    help: ArgumentHelp(
      "Where to begin in each partition: beginning, end, N (this offset), -N (so many before the"
        + " end) or s@MS (the first of this time). (default: the group's committed offset,"
        + " else beginning)", valueName: "offset"))
  public var offset: OffsetArgument?

  @Flag(
    name: [.short, .long],
    help: "End where the partitions end at the start, instead of waiting for more.")
  public var exit = false

  @Flag(help: "Create topics that are written to, where they are missing.")
  public var createTopics = false

  @Option(
    help: ArgumentHelp(
      "How many partitions topics are created with. (default: as many as the topic of --from has, or"
        + " 1)", valueName: "n"))
  public var partitions: Int32?

  @Option(
    help: ArgumentHelp(
      "On how many brokers topics are created. (default: the brokers' number)", valueName: "n"))
  public var replication: Int32?

  @Option(
    help: ArgumentHelp(
      "A property that topics are created with, repeatable: retention.ms=-1, …",
      valueName: "name=value"))
  public var topicConfig: [String] = []

  @Option(
    help: ArgumentHelp(
      "How long to wait for a broker at the start. (default: 10s)", valueName: "duration"))
  public var connectTimeout: DurationArgument?

  public init() {}

  public mutating func validate() throws {
    for (name, topic) in [("--from", from), ("--to", to), ("--group", group)] where topic == "" {
      throw ValidationError("\(name) needs a name")
    }
    // What stands there may be a secret: no message shows it.
    if properties.contains(where: { !$0.dropFirst().contains("=") }) {
      throw ValidationError("-X takes PROPERTY=VALUE")
    }
    if let partitions, partitions < 1 { throw ValidationError("--partitions must be at least 1") }
    if let replication, replication < 1 || replication > Int32(Int16.max) {
      throw ValidationError("--replication must be between 1 and 32767")
    }
    if let connectTimeout, connectTimeout.milliseconds < 1 {
      throw ValidationError("--connect-timeout must be greater than 0")
    }
    try checkCreation()
  }

  private func checkCreation() throws {
    let given = [
      ("--partitions", partitions != nil), ("--replication", replication != nil),
      ("--topic-config", !topicConfig.isEmpty),
    ].first { $0.1 }
    if let given, !createTopics { throw ValidationError("\(given.0) needs --create-topics") }
    var names: Set<Substring> = []
    for property in topicConfig {
      guard let end = property.dropFirst().firstIndex(of: "=") else {
        throw ValidationError("--topic-config takes NAME=VALUE, found \(property)")
      }
      if !names.insert(property[..<end]).inserted {
        throw ValidationError("--topic-config names \(property[..<end]) twice")
      }
    }
  }

  // MARK: What they say

  /// What topics are created with, by its name.
  var topicProperties: [String: String] {
    let parts = topicConfig.map { $0.split(separator: "=", maxSplits: 1) }
    return Dictionary(parts.map { (String($0[0]), $0.count > 1 ? String($0[1]) : "") }) { $1 }
  }

  /// How long to wait for a broker, in milliseconds.
  var connectMilliseconds: Int64 { connectTimeout?.milliseconds ?? 10_000 }

  /// How the topic is read that `--from` names.
  func reading(_ topic: String) -> TopicReading {
    var reading = TopicReading(topic: topic)
    reading.group = group
    reading.offset = offset?.specification
    reading.exitsAtEnd = exit
    reading.connectTimeout = connectMilliseconds
    return reading
  }

  /// The value of `KES_CONFIG`, by its name.
  static var environment: [String: String] {
    guard let value = unsafe getenv("KES_CONFIG") else { return [:] }
    return ["KES_CONFIG": unsafe String(cString: value)]
  }
}
