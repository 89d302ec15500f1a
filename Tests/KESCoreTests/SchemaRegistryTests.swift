// What every registry does, run against a directory, a server, and a real one where there is one.

import Foundation
import TestSupport
import Testing

@testable import KESCore

struct SchemaRegistryTests {
  private func document(_ text: String) throws -> SchemaDocument {
    try SchemaDocument(parsing: text)
  }

  @Test(arguments: RegistryKind.available)
  func aRegisteredSchemaIsFoundByIdAndUnderItsSubject(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let (subject, schema) = (test.subject("a"), test.schema(["x"]))
    let identifier = try test.registry.register(schema, under: subject)
    #expect(identifier.rawValue > 0)
    #expect(try document(test.registry.schema(identifier)) == document(schema))
    #expect(try test.registry.identifier(of: schema, under: subject) == identifier)
  }

  @Test(arguments: RegistryKind.available)
  func registeringAgainChangesNothing(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let (subject, schema) = (test.subject("a"), test.schema())
    let identifier = try test.registry.register(schema, under: subject)
    #expect(try test.registry.register(schema, under: subject) == identifier)
    let spaced = schema.replacingOccurrences(of: ":", with: " :\n ")
    #expect(try test.registry.register(spaced, under: subject) == identifier)
    #expect(try test.registry.identifier(of: spaced, under: subject) == identifier)
  }

  @Test(arguments: RegistryKind.available)
  func aSubjectHasSeveralSchemas(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let subject = test.subject("a")
    let first = try test.registry.register(test.schema(["x"]), under: subject)
    let second = try test.registry.register(test.schema(["x", "y"]), under: subject)
    #expect(first != second)
    #expect(try test.registry.identifier(of: test.schema(["x", "y"]), under: subject) == second)
    #expect(try test.registry.identifier(of: test.schema(["x"]), under: subject) == first)
  }

  @Test(arguments: RegistryKind.available)
  func aSchemaKeepsItsIdUnderAnotherSubject(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let schema = test.schema(["x"])
    let first = try test.registry.register(schema, under: test.subject("a"))
    let other = try test.registry.register(test.schema(["z"]), under: test.subject("b"))
    #expect(other != first)
    #expect(try test.registry.register(schema, under: test.subject("c")) == first)
  }

  @Test(arguments: RegistryKind.available)
  func anUnknownIdIsSaidToBeOne(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let identifier = SchemaIdentifier(rawValue: 2_000_000_011)
    let error = #expect(throws: Failure.self) { try test.registry.schema(identifier) }
    #expect(error == .unknownSchema(identifier, place: error?.place.name ?? ""))
    #expect(error?.kind == .badData)
  }

  @Test(arguments: RegistryKind.available)
  func anUnknownSubjectIsSaidToBeOne(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let subject = test.subject("none")
    let error = #expect(throws: Failure.self) {
      try test.registry.identifier(of: test.schema(), under: subject)
    }
    #expect(error == .unknownSubject(subject, place: error?.place.name ?? ""))
    #expect(error?.kind == .configuration)
  }

  @Test(arguments: RegistryKind.available)
  func aSchemaThatASubjectDoesNotHaveIsUnregistered(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let subject = test.subject("a")
    try _ = test.registry.register(test.schema(["x"]), under: subject)
    let error = #expect(throws: Failure.self) {
      try test.registry.identifier(of: test.schema(["other"]), under: subject)
    }
    #expect(error == .unregistered(subject, place: error?.place.name ?? ""))
  }

  @Test(arguments: RegistryKind.available)
  func whatIsNoSchemaIsRefused(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let subject = test.subject("a")
    let error = #expect(throws: Failure.self) {
      try test.registry.register("{not a schema", under: subject)
    }
    #expect(error?.registryFault == .invalidSchema)
    #expect(error?.reason.contains(subject.text) == true)
    #expect(error?.kind == .badData)
  }

  @Test(arguments: RegistryKind.available)
  func aFieldWithADefaultIsCompatible(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let subject = test.subject("a")
    try _ = test.registry.register(test.schema(["x"]), under: subject)
    #expect(throws: Never.self) {
      try test.registry.register(test.schema(["x", "y"]), under: subject)
    }
  }

  @Test(arguments: RegistryKind.available.filter { $0 != .directory })
  func aFieldWithoutADefaultIsIncompatible(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let subject = test.subject("a")
    try _ = test.registry.register(test.schema(["x"]), under: subject)
    let schema = test.schema(["x", "y"]).replacingOccurrences(of: #","default":0"#, with: "")
    let error = #expect(throws: Failure.self) {
      try test.registry.register(schema, under: subject)
    }
    #expect(error?.registryFault == .incompatible)
    #expect(error?.reason.contains(subject.text) == true)
    #expect(error?.kind == .badData)
    #expect(error?.description.contains("\n") == false)
  }

  @Test(
    arguments: [RegistryKind.directory, .server],
    ["ü ö", "100%", "a+b&c=d?e#f", "..%2F..", "\"q\""])
  func subjectsHaveAnyName(kind: RegistryKind, name: String) throws {
    let test = try RegistryUnderTest(kind)
    let subject = test.subject(name)
    let identifier = try test.registry.register(test.schema(), under: subject)
    #expect(try test.registry.identifier(of: test.schema(), under: subject) == identifier)
  }
}
