// What librdkafka has to say, as messages.

internal import KESCore

/// Shows notices: errors and warnings, or all with `--verbose`.
struct NoticePrinter: Sendable {
  /// syslog(3): a warning.
  private static let usualLevel: Int32 = 4

  let messages: Messages
  let isVerbose: Bool

  func show(_ notice: KafkaNotice) {
    if isVerbose || notice.level <= NoticePrinter.usualLevel { messages.note(notice.description) }
  }
}
