// Where librdkafka's threads leave what they have to say.

internal import Synchronization

/// Notices that wait for the command, and the last failure of a connection; written by any thread
/// of the library.
final class KafkaNoticeLog: Sendable {
  private struct State {
    var notices: [KafkaNotice] = []
    var droppedCount = 0
    var lastFailure: KafkaFailure?
    var refusal: KafkaFailure?
  }

  private let state = Mutex(State())
  private let redact: @Sendable (String) -> String

  /// syslog(3).
  private static let information: Int32 = 6

  /// More are dropped, and counted: nobody reads so many.
  static let greatestCount = 1000

  /// - Parameter redact: removes secrets.
  init(redact: @escaping @Sendable (String) -> String) { self.redact = redact }

  /// A line of the log, by any thread.
  func note(level: Int32, facility: String, text: String) {
    // A property that the user set for the other kind of client.
    if facility == "CONFWARN" && text.contains("will be ignored by this") { return }
    let text = redact(KafkaNoticeLog.withoutThread(text))
    let level = KafkaNoticeLog.isHarmless(text) ? KafkaNoticeLog.information : level
    let notice = KafkaNotice(level: level, facility: facility, text: text)
    state.withLock { state in
      if state.notices.count < KafkaNoticeLog.greatestCount {
        state.notices.append(notice)
      } else {
        state.droppedCount += 1
      }
    }
  }

  /// Whether a warning is of nothing to warn of.
  private static func isHarmless(_ text: String) -> Bool {
    // Our own property, which brokers older than 0.11 do not know.
    text.contains("allow.auto.create.topics=false not supported")
      // What a broker says to the first producer after its start, and not a moment later.
      || text.contains("idempotence PID") && text.contains("Coordinator load in progress: retrying")
  }

  /// `[thrd:main]: ` tells users nothing.
  private static func withoutThread(_ text: String) -> String {
    guard text.hasPrefix("[thrd:"), let end = text.firstRange(of: "]: ") else { return text }
    return String(text[end.upperBound...])
  }

  /// An error of the whole client.
  func fail(_ code: KafkaErrorCode, _ reason: String) {
    let failure = KafkaFailure(code: code, reason: redact(reason))
    state.withLock { state in
      // That all brokers are down says less than why the last one went.
      if code == .allBrokersDown && state.lastFailure != nil { return }
      state.lastFailure = failure
      if failure.isRefusal { state.refusal = failure }
    }
  }

  /// Why the last connection failed.
  var lastFailure: KafkaFailure? { state.withLock { $0.lastFailure } }
  /// A failure that no waiting mends: of authentication or certificates.
  var refusal: KafkaFailure? { state.withLock { $0.refusal } }

  /// All notices since the last call.
  func take() -> [KafkaNotice] {
    state.withLock { state in
      var taken = state.notices
      if state.droppedCount > 0 {
        let text = "\(state.droppedCount) more messages were dropped"
        taken.append(KafkaNotice(level: 4, facility: "KES", text: text))
      }
      state.notices.removeAll()
      state.droppedCount = 0
      return taken
    }
  }
}

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
