// Under which name a topic's schemas are registered.

/// A subject: a name with versions of a schema.
public struct SubjectName: Hashable, Sendable {
  public let text: String

  public init(_ text: String) { self.text = text }

  /// The subject of a topic's keys, by TopicNameStrategy: `TOPIC-key` (Confluent Platform, "Formats,
  /// serializers, and deserializers", "Subject name strategy").
  public static func keys(ofTopic topic: String) -> SubjectName { SubjectName(topic + "-key") }

  /// The subject of a topic's values, by TopicNameStrategy: `TOPIC-value`.
  public static func values(ofTopic topic: String) -> SubjectName { SubjectName(topic + "-value") }
}

extension SubjectName: CustomStringConvertible {
  public var description: String { text }
}
