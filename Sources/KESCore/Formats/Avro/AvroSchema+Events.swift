// The schemas of the device domain, and those of session events over any events.

extension AvroSchema {
  /// `Event` (cli.md, section 1).
  public static let event = AvroSchema.known(
    """
    {"type":"record","name":"Event","fields":[\
    {"name":"device","type":"string"},\
    {"name":"timestamp","type":{"type":"long","logicalType":"timestamp-millis"}},\
    {"name":"event","type":[\
    {"type":"record","name":"DeviceWokeUp","fields":[]},\
    {"type":"record","name":"DataReceived","fields":[\
    {"name":"name","type":"string"},{"name":"value","type":"double"}]},\
    {"type":"record","name":"AllDataSent","fields":[]}]}]}
    """)

  /// The branch of a session that closed (cli.md, section 1, "Session event").
  private static let sessionClosed = AvroSchema.known(
    """
    {"type":"record","name":"SessionClosed","fields":[\
    {"name":"status","type":{"type":"enum","name":"SessionStatus","symbols":[\
    "completed","timeout","superseded","limit","flushed","purged"]}},\
    {"name":"start","type":"long"},{"name":"end","type":"long"},\
    {"name":"events","type":"long"},{"name":"partial","type":"boolean"}]}
    """)

  /// `SessionEvent`: an event, and its session behind it.
  public static let sessionEvent = event.withSession(marksDuplicates: false) ?? event

  /// The same with `duplicate` before the session (R7, `mark`).
  public static let markedSessionEvent = event.withSession(marksDuplicates: true) ?? event

  /// The same where the session has another name.
  static func sessionEvent(named name: String, marksDuplicates: Bool) -> AvroSchema {
    if name == "session" { return marksDuplicates ? .markedSessionEvent : .sessionEvent }
    return event.withSession(marksDuplicates: marksDuplicates, named: name) ?? event
  }

  /// This schema without those of its fields that have one of these names.
  func without(fields names: [String]) -> AvroSchema {
    guard let fields = document["fields"]?.elements else { return self }
    let kept = fields.filter { !names.contains($0["name"]?.text ?? "") }
    return kept == fields ? self : with(fields: kept) ?? self
  }

  /// This schema with other fields, and another name if one is given; nil where that is none.
  private func with(fields: [JSONValue], named name: String? = nil) -> AvroSchema? {
    var document = document.replacing("fields", by: .array(fields))
    if let name { document = document.replacing("name", by: .string(name)) }
    return try? AvroSchema(document)
  }

  /// A schema of ours: that it is one is proved by the tests.
  private static func known(_ text: StaticString) -> AvroSchema {
    do {
      return try AvroSchema(parsing: "\(text)")
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// The schema of this schema's events with their sessions: `session`, or what it is called, is the
  /// last field, the union of `event` has `SessionClosed` as its last branch unless it has one, and an
  /// `Event` is called `SessionEvent`. So an event's data with a string behind them are data of it. Nil
  /// where that cannot be: the record has such a field already, or no union `event`, or may hold itself,
  /// so that its data had to have sessions inside, too.
  public func withSession(
    marksDuplicates: Bool, named session: String = "session"
  ) -> AvroSchema? {
    guard let fields = document["fields"]?.elements, !holdsItself else { return nil }
    let added = marksDuplicates ? ["duplicate", session] : [session]
    if fields.contains(where: { added.contains($0["name"]?.text ?? "") }) { return nil }
    var widened: [JSONValue] = []
    for field in fields {
      guard field["name"]?.text == "event" else {
        widened.append(field)
        continue
      }
      guard let wider = withClosings(field) else { return nil }
      widened.append(wider)
    }
    widened += added.map { AvroSchema.field($0, $0 == session ? "string" : "boolean") }
    let isEvent = document["name"]?.text == "Event"
    return with(fields: widened, named: isEvent ? "SessionEvent" : nil)
  }

  /// Whether a datum may hold others of its type.
  private var holdsItself: Bool {
    types.contains { type in
      switch type {
      case .array(let inside), .map(let inside): inside == root
      case .union(let branches): branches.contains(root)
      case .record(_, let fields): fields.contains { $0.type == root }
      default: false
      }
    }
  }

  /// This schema with a `timestamp` that is a long where it is an int: a time that we make ourselves
  /// need not be one.
  public func withLongTimes() -> AvroSchema {
    guard let fields = document["fields"]?.elements else { return self }
    let widened = fields.map { field -> JSONValue in
      guard field["name"]?.text == "timestamp", let type = field["type"] else { return field }
      return field.replacing("type", by: AvroSchema.widened(type))
    }
    return widened == fields ? self : with(fields: widened) ?? self
  }

  private static func widened(_ type: JSONValue) -> JSONValue {
    switch type {
    case .array(let branches): .array(branches.map(widened))
    case .string("int"): .string("long")
    case .object where type["type"]?.text == "int": .string("long")
    default: type
    }
  }

  private static func field(_ name: String, _ type: String) -> JSONValue {
    .object([JSONMember("name", .string(name)), JSONMember("type", .string(type))])
  }

  /// The field `event` with a branch for sessions that closed; nil where its type is no union.
  private func withClosings(_ field: JSONValue) -> JSONValue? {
    guard case .array(let branches) = field["type"] else { return nil }
    let closed = "SessionClosed"
    let has = branches.contains {
      AvroName.unqualified($0["name"]?.text ?? $0.text ?? "") == closed
    }
    if has { return field }
    return field.replacing("type", by: .array(branches + [AvroSchema.sessionClosed.document]))
  }

  /// Why its data cannot be read as events, and where in it that shows; nil where they can.
  public func reasonAgainstEvents(
    wantsDetails: Bool, _ sessions: SessionFields = .usual
  ) -> String? {
    do throws(AvroSchemaError) {
      _ = try AvroEventPlan(self, purpose: wantsDetails ? .reading : .segmenting, sessions)
      return nil
    } catch {
      guard case .unresolvable(_, _, let path, let reason) = error else { return "\(error)" }
      return "\(path): \(reason)"
    }
  }

  /// Whether its events have a session, by its name.
  public func hasSession(_ name: String = "session") -> Bool {
    rootFields?.contains { $0.name == name } ?? false
  }

  /// Whether its events may be marked as duplicates (R7).
  var marksDuplicates: Bool { rootFields?.contains { $0.name == "duplicate" } ?? false }

  /// The schema of events of which `withSession` makes this one; where that might be several, one
  /// that is called `Event` and has no `SessionClosed`. Nil where this is no such schema.
  public func withoutSession(named session: String = "session") -> AvroSchema? {
    guard let fields = document["fields"]?.elements,
      fields.last?["name"]?.text == session, fields.last?["type"]?.text == "string"
    else { return nil }
    let kept = fields.dropLast().filter { $0["name"]?.text != "duplicate" }
    let narrow = kept.map(AvroSchema.withoutClosings)
    let isRenamed = document["name"]?.text == "SessionEvent"
    let sources = [
      (isRenamed ? "Event" : nil, narrow), (nil, narrow), (isRenamed ? "Event" : nil, kept),
      (nil, kept),
    ].compactMap { name, fields in with(fields: fields, named: name) }
    let isMarked = marksDuplicates
    return sources.first {
      $0.withSession(marksDuplicates: isMarked, named: session)?.isSame(as: self) ?? false
    }
  }

  /// The field `event` without the branch that `withClosings` adds; another as it is.
  private static func withoutClosings(_ field: JSONValue) -> JSONValue {
    guard field["name"]?.text == "event", case .array(let branches) = field["type"],
      branches.last?.withSortedMembers == sessionClosed.document.withSortedMembers
    else { return field }
    return field.replacing("type", by: .array(branches.dropLast()))
  }
}

extension AvroSchema {
  /// As what events of this schema are written with their sessions, and closings among them: this
  /// schema with times that hold every time; or `Event`, where it cannot hold what is to be written.
  /// What events have of the fields of sessions already is left out.
  public func adaptedToSessions(
    marksDuplicates: Bool, wantsClosings: Bool, named name: String = "session"
  ) -> AvroSchema {
    let added = marksDuplicates ? [name, "duplicate"] : [name]
    let wide = without(fields: added).withLongTimes()
    let sessions = wide.withSession(marksDuplicates: marksDuplicates, named: name)
    guard let sessions,
      !wantsClosings || sessions.holdsClosings(marksDuplicates: marksDuplicates, named: name)
    else { return .event }
    return wide
  }

  /// As what session events of this schema are written with closings among them. Events without a
  /// session stay as they are.
  public func adaptedToClosings(named name: String = "session") -> AvroSchema {
    if !hasSession(name) { return self }
    let wide = withLongTimes()
    if wide.holdsClosings(marksDuplicates: false, named: name) { return wide }
    return .sessionEvent(named: name, marksDuplicates: marksDuplicates)
  }

  /// Whether `SessionClosed` events can be written among this schema's session events, and read again
  /// with all that they say: one of the writer's own may have other fields.
  public func holdsClosings(marksDuplicates: Bool, named name: String = "session") -> Bool {
    let known = AvroSchema.sessionEvent(named: name, marksDuplicates: marksDuplicates)
    guard let resolution = try? AvroResolution(from: known, to: self, missing: .isEmpty),
      let plan = try? AvroEventPlan(self, purpose: .reading, SessionFields(session: name))
    else { return false }
    return !resolution.lostKinds.contains(.sessionClosed) && plan.kinds.contains(.sessionClosed)
  }
}

extension JSONValue {
  /// This object with another value for a member that it has.
  fileprivate func replacing(_ name: String, by value: JSONValue) -> JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(members.map { $0.name == name ? JSONMember(name, value) : $0 })
  }
}

extension SessionFields {
  /// Why events of `schema` cannot get their sessions, with what to do; nil where they can.
  public func refusal(of schema: AvroSchema) -> String? {
    if replacesOld { return nil }
    let taken = names.reversed().first { schema.hasSession($0) }
    return taken.map { refusal("its records have", $0) }
  }
}
