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
    let latest = try test.registry.latest(subject)
    #expect(latest.identifier == identifier && latest.version == 1)
    #expect(try document(latest.schema) == document(schema))
    #expect(try test.registry.versions(of: subject) == [1])
    #expect(try test.registry.subjects().contains(subject))
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
    #expect(try test.registry.versions(of: subject) == [1])
  }

  @Test(arguments: RegistryKind.available)
  func anotherSchemaIsTheNextVersion(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let subject = test.subject("a")
    let first = try test.registry.register(test.schema(["x"]), under: subject)
    let second = try test.registry.register(test.schema(["x", "y"]), under: subject)
    #expect(first != second)
    #expect(try test.registry.versions(of: subject) == [1, 2])
    let latest = try test.registry.latest(subject)
    #expect(latest.identifier == second && latest.version == 2)
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
    let error = #expect(throws: RegistryError.self) { try test.registry.schema(identifier) }
    guard case .unknownSchema(identifier, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.kind == .badData)
  }

  @Test(arguments: RegistryKind.available)
  func anUnknownSubjectIsSaidToBeOne(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let (registry, subject, schema) = (test.registry, test.subject("none"), test.schema())
    let questions: [() throws -> Void] = [
      { _ = try registry.latest(subject) },
      { _ = try registry.versions(of: subject) },
      { _ = try registry.identifier(of: schema, under: subject) },
    ]
    for question in questions {
      let error = #expect(throws: RegistryError.self) { try question() }
      guard case .unknownSubject(subject, _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(error?.kind == .configuration)
    }
  }

  @Test(arguments: RegistryKind.available)
  func aSchemaThatASubjectDoesNotHaveIsUnregistered(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let subject = test.subject("a")
    try _ = test.registry.register(test.schema(["x"]), under: subject)
    let error = #expect(throws: RegistryError.self) {
      try test.registry.identifier(of: test.schema(["other"]), under: subject)
    }
    guard case .unregistered(subject, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: RegistryKind.available)
  func whatIsNoSchemaIsRefused(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let subject = test.subject("a")
    let error = #expect(throws: RegistryError.self) {
      try test.registry.register("{not a schema", under: subject)
    }
    guard case .invalidSchema(subject, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.kind == .badData)
  }

  @Test(arguments: RegistryKind.available)
  func aSubjectWithoutVersionsTakesAnySchema(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let verdict = try test.registry.compatibility(of: test.schema(), with: test.subject("none"))
    #expect(verdict == .compatible)
  }

  @Test(arguments: RegistryKind.available)
  func aFieldWithADefaultIsCompatible(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let subject = test.subject("a")
    try _ = test.registry.register(test.schema(["x"]), under: subject)
    for schema in [test.schema(["x"]), test.schema(["x", "y"])] {
      #expect(try test.registry.compatibility(of: schema, with: subject) == .compatible)
    }
  }

  @Test(arguments: RegistryKind.available.filter { $0 != .directory })
  func aFieldWithoutADefaultIsIncompatible(kind: RegistryKind) throws {
    let test = try RegistryUnderTest(kind)
    let subject = test.subject("a")
    try _ = test.registry.register(test.schema(["x"]), under: subject)
    let schema = test.schema(["x", "y"]).replacingOccurrences(of: #","default":0"#, with: "")
    let verdict = try test.registry.compatibility(of: schema, with: subject)
    guard case .incompatible(let reasons) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    #expect(!reasons.isEmpty)
    let error = #expect(throws: RegistryError.self) {
      try test.registry.register(schema, under: subject)
    }
    guard case .incompatible(subject, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
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
    #expect(try test.registry.latest(subject).identifier == identifier)
    #expect(try test.registry.subjects().contains(subject))
  }
}
