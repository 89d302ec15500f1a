// Schemas of session events: what is added to a schema of events, and what may be added to.

import Testing

@testable import KESCore

@Suite struct AvroSessionSchemaTests {
  private static let woke = #"{"type":"record","name":"DeviceWokeUp","fields":[]}"#
  private static let closed = AvroSessionSchemaTests.closedDocument()
  private static let long = #"{"type":"long","logicalType":"timestamp-millis"}"#

  private static func closedDocument() -> String {
    let union = AvroSchema.sessionEvent.document["fields"]?.elements?[2]["type"]
    return union?.elements?.last?.description ?? ""
  }

  private static func schema(
    _ name: String = "Event", before: String = "", event: String = "[\(woke)]", after: String = "",
    time: String = long
  ) -> String {
    #"{"type":"record","name":"\#(name)","fields":[\#(before)"#
      + #"{"name":"device","type":"string"},{"name":"timestamp","type":\#(time)},"#
      + #"{"name":"event","type":\#(event)}\#(after)]}"#
  }

  private static let duplicate = #",{"name":"duplicate","type":"boolean"}"#
  private static let session = #",{"name":"session","type":"string"}"#
  private static let note = #",{"name":"note","type":["null","string"],"default":null}"#

  // MARK: With the session

  /// A schema of events, and that of its session events.
  @Test(
    arguments: [
      (schema(), schema("SessionEvent", event: "[\(woke),\(closed)]", after: session)),
      (
        schema("Reading", after: note),
        schema("Reading", event: "[\(woke),\(closed)]", after: note + session)
      ),
      // A closing that is there already stays where it is.
      (
        schema(event: "[\(closed),\(woke)]"),
        schema("SessionEvent", event: "[\(closed),\(woke)]", after: session)
      ),
    ])
  func theSessionIsAddedBehindTheFields(events: String, sessions: String) throws {
    let schema = try AvroSchema(parsing: events)
    #expect(schema.withSession(marksDuplicates: false)?.text == sessions)
    let marked = sessions.replacing(
      AvroSessionSchemaTests.session,
      with: AvroSessionSchemaTests.duplicate + AvroSessionSchemaTests.session)
    #expect(schema.withSession(marksDuplicates: true)?.text == marked)
  }

  @Test(
    arguments: [
      schema(event: woke), #"["null","string"]"#, #""string""#,
      // Its union has no place for a closing.
      schema(event: #"{"type":"array","items":"int"}"#),
      // The names that a closing brings are taken.
      schema(
        after: #",{"name":"x","type":{"type":"enum","name":"SessionStatus","symbols":["a"]}}"#),
      // An event within an event would need a session, too.
      schema("Reading", after: #",{"name":"previous","type":["null","Reading"]}"#),
      schema(after: #",{"name":"previous","type":["null","Event"]}"#),
      schema("Reading", after: #",{"name":"all","type":{"type":"array","items":"Reading"}}"#),
    ])
  func whatCannotHoldSessionsIsWrittenAsOurEvents(text: String) throws {
    let schema = try AvroSchema(parsing: text)
    #expect(schema.withSession(marksDuplicates: false) == nil)
    #expect(
      schema.adaptedToSessions(marksDuplicates: false, wantsClosings: true).document
        == AvroSchema.event.document)
  }

  @Test func aSessionThatIsThereLeavesNoRoomForOursUntilItGoes() throws {
    let schema = try AvroSchema(
      parsing: AvroSessionSchemaTests.schema(after: AvroSessionSchemaTests.session))
    #expect(schema.withSession(marksDuplicates: false) == nil)
    #expect(SessionFields.usual.refusal(of: schema)?.contains("--replace-session") ?? false)
    #expect(SessionFields(replacesOld: true).refusal(of: schema) == nil)
    #expect(
      schema.adaptedToSessions(marksDuplicates: false, wantsClosings: true).text
        == AvroSessionSchemaTests.schema())
    let named = schema.withSession(marksDuplicates: true, named: "sid")
    #expect(named?.rootFields?.map(\.name).suffix(3) == ["session", "duplicate", "sid"])
    #expect(named?.withoutSession(named: "sid")?.document == schema.document)
  }

  @Test func aMarkThatIsThereLeavesNoRoomForOurs() throws {
    let schema = try AvroSchema(
      parsing: AvroSessionSchemaTests.schema(after: AvroSessionSchemaTests.duplicate))
    #expect(schema.withSession(marksDuplicates: false) != nil)
    #expect(schema.withSession(marksDuplicates: true) == nil)
  }

  // MARK: Without the session

  @Test(
    arguments: [
      // Of the schemas that become the same, the one with the fewest branches.
      (
        schema("Reading", event: "[\(woke),\(closed)]", after: session),
        schema("Reading", event: "[\(woke)]")
      ),
      (
        schema("SessionEvent", event: "[\(closed),\(woke)]", after: note + duplicate + session),
        schema("Event", event: "[\(closed),\(woke)]", after: note)
      ),
    ])
  func theSessionIsTakenAwayAgain(sessions: String, events: String) throws {
    let schema = try AvroSchema(parsing: sessions)
    let without = try #require(schema.withoutSession())
    #expect(without.text == events)
    let isMarked = sessions.contains("duplicate")
    #expect(without.withSession(marksDuplicates: isMarked)?.document == schema.document)
  }

  @Test func ourOwnSessionEventsAreWithoutSessionWhatTheyAreMadeOf() {
    for sessions in [AvroSchema.sessionEvent, .markedSessionEvent] {
      let events = sessions.withoutSession()
      let again = events?.withSession(marksDuplicates: sessions.marksDuplicates)
      #expect(again?.document == sessions.document)
    }
  }

  /// What `withSession` cannot have made: closings cannot be written on behind such data.
  @Test(
    arguments: [
      schema(), schema(after: session + note),
      schema(after: #",{"name":"session","type":["null","string"]}"#),
      // No branch for closings.
      schema(event: "[\(woke)]", after: session),
      // A mark somewhere else than before the session.
      schema("R", event: "[\(woke),\(closed)]", after: duplicate + note + session),
      schema(
        "R", before: #"{"name":"duplicate","type":"boolean"},"#, event: "[\(woke),\(closed)]",
        after: session),
      schema(
        "R", event: "[\(woke),\(closed)]",
        after: #",{"name":"duplicate","type":"string"}"# + session),
    ])
  func whatIsNoSchemaOfOursHasNoneWithoutSession(text: String) throws {
    #expect(try AvroSchema(parsing: text).withoutSession() == nil)
  }

  // MARK: Closings

  private static let closedFields =
    #"{"name":"status","type":{"type":"enum","name":"SessionStatus","symbols":["#
    + #""completed","timeout","superseded","limit","flushed","purged"]}},"#
    + #"{"name":"start","type":"long"},{"name":"end","type":"long"},"#
    + #"{"name":"events","type":"long"},{"name":"partial","type":"boolean"}"#

  private static func ownClosing(_ fields: String) -> String {
    let own = #"{"type":"record","name":"SessionClosed","fields":[\#(fields)]}"#
    return schema(event: "[\(woke),\(own)]", after: session)
  }

  @Test(
    arguments: [
      (AvroSchema.sessionEvent.text, true),
      (schema(event: "[\(woke),\(closed)]", after: session), true),
      (schema(event: "[\(woke)]", after: session), false),
      (schema(event: "[\(woke),\(closed)]", after: note + session), true),
      // A symbol of ours is missing; another that stands in for it would lie.
      (
        schema(event: "[\(woke),\(closed)]", after: session).replacing(#","purged"]"#, with: "]"),
        false
      ),
      (
        schema(event: "[\(woke),\(closed)]", after: session)
          .replacing(#","purged"]"#, with: #"],"default":"flushed""#), false
      ),
      // A closing of the writer's own says something else, or less.
      (ownClosing(#"{"name":"why","type":"string"}"#), false), (ownClosing(""), false),
      (ownClosing(#"{"name":"status","type":"string"}"#), false),
      (
        ownClosing(closedFields.replacing(#",{"name":"partial","type":"boolean"}"#, with: "")),
        false
      ),
      (
        ownClosing(closedFields.replacing(#""end","type":"long""#, with: #""end","type":"int""#)),
        false
      ),
      (
        ownClosing(
          closedFields.replacing(#""end","type":"long""#, with: #""end","type":"string""#)), false
      ),
      // More than ours, nullable, in another unit and order: nothing is lost.
      (ownClosing(#"{"name":"why","type":"string"},"# + closedFields), true),
      (
        ownClosing(
          closedFields.replacing(
            #""end","type":"long""#,
            with: #""end","type":["null",{"type":"long","logicalType":"timestamp-micros"}]"#)), true
      ),
      // A field has no empty value.
      (
        schema(
          event: "[\(woke),\(closed)]",
          after: session + #",{"name":"e","type":{"type":"enum","name":"E","symbols":[]}}"#), false
      ),
      (
        schema(
          event: "[\(woke),\(closed)]",
          after: session + #",{"name":"e","type":{"type":"record","name":"X","fields":["#
            + #"{"name":"x","type":"X"}]}}"#), false
      ),
      // Times that we make need not be ints.
      (schema(event: "[\(woke),\(closed)]", after: session, time: #""int""#), false),
    ])
  func saysWhetherClosingsCanBeWritten(text: String, can: Bool) throws {
    let schema = try AvroSchema(parsing: text)
    #expect(schema.holdsClosings(marksDuplicates: false) == can)
  }

  @Test(
    arguments: [
      (schema(time: #""int""#), schema(time: #""long""#)),
      (schema(time: #"["null","int"]"#), schema(time: #"["null","long"]"#)),
      (schema(time: #"{"type":"int","logicalType":"x"}"#), schema(time: #""long""#)),
      (schema(), schema()), (schema(time: #"["long","int"]"#), schema(time: #"["long","int"]"#)),
    ])
  func timesAreWidened(narrow: String, wide: String) throws {
    #expect(try AvroSchema(parsing: narrow).withLongTimes().text == wide)
  }
}
