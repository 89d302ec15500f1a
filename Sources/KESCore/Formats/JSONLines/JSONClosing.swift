// A closing as JSON: its members stand where the events of its session have them.

/// What a closing looks like (cli.md, sections 1 and 2): text, and between it what is a session's own.
///
///     {"device":KEY,"timestamp":TIME,"event":{"SessionClosed":{…}},"session":ID}
///     {"user":{"id":KEY},"ts":TIME,"SessionClosed":{…},"session":ID}
public struct JSONClosingForm: Sendable {
  /// What stands in a place of its own.
  private enum Part: Sendable {
    case text(Range<Int>)
    /// The value of a key, by its number among the keys.
    case key(Int)
    case time
    /// The object behind `SessionClosed`.
    case closed
    case session
  }

  private var text: [UInt8] = []
  private var parts: [Part] = []
  /// Whether `SessionClosed` has the key, which has no path of its own.
  private var hasKeyInside = false
  private let keyCount: Int
  /// What writes times, where they are not those of devices.
  private var times: TimeWriter?

  /// That of devices.
  public static func devices(_ sessions: SessionFields = .usual) -> JSONClosingForm {
    var form = JSONClosingForm(keyCount: 1)
    form.append("{\"device\":")
    form.parts.append(.key(0))
    form.append(",\"timestamp\":")
    form.parts.append(.time)
    form.append(",\"event\":{\"SessionClosed\":")
    form.parts.append(.closed)
    form.append("},")
    form.appendSession(sessions)
    return form
  }

  /// That of any records.
  ///
  /// - Parameters:
  ///   - keys: the members that lead to each key; nil where a key stands at no path.
  ///   - time: the members that lead to the time; nil where it stands at no path.
  init(keys: [[[UInt8]]?], time: [[UInt8]]?, sessions: SessionFields) {
    self.init(keyCount: keys.count)
    var members = Member()
    for (number, path) in keys.enumerated() {
      if let path, members.put(.key(number), at: path[...]) { continue }
      hasKeyInside = true
    }
    if let time { _ = members.put(.time, at: time[...]) }
    append("{")
    append(members: members)
    if !members.children.isEmpty { append(",") }
    append("\"SessionClosed\":")
    parts.append(.closed)
    append(",")
    appendSession(sessions)
  }

  /// That of records of a shape, whose times are written as those of their sessions' events.
  public init(of shape: RecordShape) {
    self.init(keys: shape.keyPaths, time: shape.timePath, sessions: shape.sessions)
    times = TimeWriter(shape.times)
  }

  private init(keyCount: Int) { self.keyCount = keyCount }

  // MARK: Making

  /// A member of what closings have of their events: a part, or an object of members.
  private struct Member {
    var part: Part?
    var children: [(name: [UInt8], member: Member)] = []

    /// Returns whether the path is not taken by another part, nor leads through one.
    mutating func put(_ part: Part, at path: ArraySlice<[UInt8]>) -> Bool {
      guard let name = path.first else {
        if self.part != nil || !children.isEmpty { return false }
        self.part = part
        return true
      }
      if self.part != nil { return false }
      if let known = children.firstIndex(where: { $0.name == name }) {
        return children[known].member.put(part, at: path.dropFirst())
      }
      var member = Member()
      _ = member.put(part, at: path.dropFirst())
      children.append((name, member))
      return true
    }
  }

  private mutating func append(members: Member) {
    for (index, child) in members.children.enumerated() {
      if index > 0 { append(",") }
      append(name: child.name)
      if let part = child.member.part {
        parts.append(part)
      } else {
        append("{")
        append(members: child.member)
        append("}")
      }
    }
  }

  private mutating func appendSession(_ sessions: SessionFields) {
    append(name: Array(sessions.session.utf8))
    parts.append(.session)
    append("}")
  }

  private mutating func append(name: [UInt8]) {
    var quoted = ByteBlock()
    JSONText.appendString(name.span, to: &quoted)
    quoted.append(UInt8(ascii: ":"))
    append(quoted.withBytes { bytes in bytes.indices.map { bytes[$0] } })
  }

  private mutating func append(_ literal: String) { append(Array(literal.utf8)) }

  private mutating func append(_ bytes: [UInt8]) {
    var start = text.count
    if case .text(let range) = parts.last {
      start = range.lowerBound
      parts.removeLast()
    }
    text += bytes
    parts.append(.text(start..<text.count))
  }

  // MARK: Writing

  /// Appends a closing, its members in the order of the schema or of the options, without white space,
  /// and a line feed.
  ///
  /// - Parameter records: what is to be told of it where the output is a topic.
  func append(
    _ closing: Closing, of outcome: borrowing Outcome, to output: inout ByteBlock,
    noting records: TopicRecords?
  ) {
    for part in parts {
      switch part {
      case .text(let range): output.append(text.span.extracting(range))
      case .key(let number):
        outcome.withClosingText(closing.key) { append(number, of: $0, to: &output) }
      case .time: append(closing.time, as: closing.timeForm, to: &output)
      case .closed: appendClosed(closing, of: outcome, to: &output)
      case .session: JSONClosingForm.append(closing.session, of: outcome, to: &output)
      }
    }
    output.append(UInt8(ascii: "\n"))
    if let records {
      records.note(closing, of: outcome, isMarked: times != nil, end: output.removeLineFeed())
    }
  }

  private func append(_ time: EventTime, as form: UInt8, to output: inout ByteBlock) {
    guard let times else { return output.append(decimal: time.milliseconds) }
    times.appendValue(time, as: TimeForm(rawValue: form), to: &output)
  }

  private func append(_ number: Int, of key: Span<UInt8>, to output: inout ByteBlock) {
    if keyCount == 1 { return SessionKey.appendJSON(key, to: &output) }
    SessionKey.appendJSON(number, of: key, to: &output)
  }

  private func appendClosed(
    _ closing: Closing, of outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    JSONClosingForm.appendClosed(
      closing.status, start: closing.start, end: closing.end, events: closing.events,
      isPartial: closing.isPartial, to: &output)
    if !hasKeyInside { return }
    output.truncate(to: output.count - 1)
    output.append(",\"key\":")
    outcome.withClosingText(closing.key) { SessionKey.appendJSON($0, to: &output) }
    output.append("}")
  }

  /// Appends the object behind `SessionClosed`.
  static func appendClosed(
    _ status: SessionStatus, start: EventTime, end: EventTime, events: Int64, isPartial: Bool,
    to output: inout ByteBlock
  ) {
    output.append("{\"status\":\"")
    output.append(status.symbol)
    output.append("\",\"start\":")
    output.append(decimal: start.milliseconds)
    output.append(",\"end\":")
    output.append(decimal: end.milliseconds)
    output.append(",\"events\":")
    output.append(decimal: events)
    output.append(",\"partial\":")
    output.append(isPartial ? "true}" : "false}")
  }

  private static func append(
    _ session: ClosedSession, of outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    switch session {
    case .identifier(let identifier):
      output.append(UInt8(ascii: "\""))
      identifier.write(to: &output)
      output.append(UInt8(ascii: "\""))
    case .text(let range):
      outcome.withClosingText(range) { JSONText.appendString($0, to: &output) }
    }
  }
}
