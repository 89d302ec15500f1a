// The schema of session events, and back.

import Foundation
import Testing

@testable import KESCore

@Suite struct SessionSchemaTests {
  static let schemas: [String] = [
    AvroSchema.event.text, String(EventVersion.second),
    #"{"type":"record","name":"Reading","namespace":"n","fields":[{"name":"device","type":"string"},{"name":"timestamp","type":"long"},{"name":"event","type":[{"type":"record","name":"AllDataSent","fields":[]}]}]}"#,
    #"{"doc":"d","type":"record","name":"Other","fields":[{"name":"event","type":[{"type":"record","name":"SessionClosed","fields":[]},"null"]}]}"#,
    #"{"type":"record","name":"Event","fields":[{"name":"event","type":[{"type":"record","name":"SessionClosed","fields":[]}],"doc":"d"},{"name":"x","type":"int"}]}"#,
  ]

  @Test(arguments: schemas, [false, true])
  func theEventsOfASchemaOfSessionEventsAreThoseItWasMadeOf(text: String, marks: Bool) throws {
    let events = try AvroSchema(parsing: text)
    let sessions = try #require(events.withSession(marksDuplicates: marks))
    #expect(sessions.hasSession() && sessions.marksDuplicates == marks)
    #expect(sessions.withoutSession()?.document == events.document)
    // As a registry gives it that sorts what it is given.
    let sorted = try AvroSchema(parsing: sessions.document.withSortedMembers.description)
    #expect(sorted.isSame(as: sessions))
    #expect(sorted.withoutSession()?.isSame(as: events) == true)
  }

  @Test(arguments: [
    AvroSchema.event.text, #""string""#,
    #"{"type":"record","name":"A","fields":[{"name":"session","type":"long"}]}"#,
    #"{"type":"record","name":"A","fields":[{"name":"event","type":"int"},{"name":"session","type":"string"}]}"#,
  ])
  func otherSchemasAreNone(text: String) throws {
    #expect(try AvroSchema(parsing: text).withoutSession() == nil)
  }

  /// Our choice: what kes-segment makes of `Event` is the usual.
  @Test func whereSeveralSchemasMightBeMeantItIsThatOfEvents() throws {
    let named = AvroSchema.event.text.replacingOccurrences(of: "Event\"", with: "SessionEvent\"")
    let sessions = try AvroSchema(parsing: named).withSession(marksDuplicates: false)
    #expect(sessions?.withoutSession()?.document == AvroSchema.event.document)
  }
}
