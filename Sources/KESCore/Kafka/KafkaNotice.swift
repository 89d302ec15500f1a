// What librdkafka has to say.

/// A line of librdkafka's log, or an error that it deals with by itself.
public struct KafkaNotice: Hashable, Sendable {
  /// syslog(3): 3 is an error, 4 a warning, 6 information, 7 debugging (`-X debug=…`).
  public let level: Int32
  /// Which part of the library speaks, such as `FAIL`.
  public let facility: String
  /// One line, without secrets.
  public let text: String

  init(level: Int32, facility: String, text: String) {
    self.level = level
    self.facility = facility
    self.text = text.asOneLine()
  }
}

extension KafkaNotice: CustomStringConvertible {
  public var description: String { "librdkafka: \(text)" }
}
