// A registry that is a directory: what is in its files, and what happens when they are wrong.

import Foundation
import Synchronization
import TestSupport
import Testing

@testable import KESCore

@Suite struct DirectorySchemaRegistryTests {
  private let directory: TemporaryDirectory
  private let subject = SubjectName("events-value")

  init() throws { directory = try TemporaryDirectory() }

  private func path(_ name: String) -> String { directory.path + "/" + name }

  private func write(_ text: String, to name: String) throws {
    try text.write(toFile: path(name), atomically: false, encoding: .utf8)
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
  }

  private func open() throws -> DirectorySchemaRegistry {
    try DirectorySchemaRegistry(path: directory.path)
  }

  private func schema(_ number: Int) -> String {
    #"{"type":"fixed","name":"f\#(number)","size":4}"#
  }

  private func failure(_ action: () throws -> Void) throws -> Failure {
    try #require(#expect(throws: Failure.self) { try action() })
  }

  // MARK: Schemas that name others

  private static let small = #"{"type":"fixed","name":"Small","namespace":"a","size":1}"#
  private static let large = #"{"type":"fixed","name":"Small","namespace":"a","size":9}"#
  private static let user = #"{"type":"array","items":"a.Small"}"#
  private static let whole = #"{"type":"array","items":\#(small)}"#

  @Test func typesThatSchemaFilesBesideDeclareArePutIn() throws {
    try write(Self.user, to: "2.avsc")
    try write("no JSON", to: "3.avsc")
    try write(Self.small, to: "any name.avsc")
    let registry = try open()
    #expect(try registry.schema(SchemaIdentifier(rawValue: 2)) == Self.whole)
    // The same twice is no question, another is; the file of the full name answers it.
    try write(Self.small, to: "1.avsc")
    #expect(try registry.schema(SchemaIdentifier(rawValue: 2)) == Self.whole)
    try write(Self.large, to: "4.avsc")
    let error = try failure { _ = try registry.schema(SchemaIdentifier(rawValue: 2)) }
    #expect(
      error.description.contains(
        "names a.Small, which 1.avsc and 4.avsc declare, each in its own way; call the right one"
          + " a.Small.avsc, or say which it is in 2.json"))
    try write(Self.small, to: "a.Small.avsc")
    #expect(try registry.schema(SchemaIdentifier(rawValue: 2)) == Self.whole)
    // What is looked up is what is read.
    try write(#"{"users":[2]}"#, to: "subjects.json")
    #expect(
      try registry.identifier(of: Self.whole, under: SubjectName("users")).rawValue == 2)
  }

  @Test func anAnswerOfARegistryMayStandInTheDirectory() throws {
    try write(Self.small, to: "1.avsc")
    try write(Self.large, to: "4.avsc")
    try write(#"{"small":[4,1]}"#, to: "subjects.json")
    for (version, expected) in [(2, 1), (1, 9)] {
      try write(
        #"{"schema":"{\"type\":\"array\",\"items\":\"a.Small\"}","references":[{"name":"a.Small","subject":"small","version":\#(version)}]}"#,
        to: "2.json")
      let text = try open().schema(SchemaIdentifier(rawValue: 2))
      #expect(text.contains(#""size":\#(expected)"#))
    }
    // Its id is taken.
    try write(
      #"{"schema":"\"a.Small\"","references":[{"name":"a.Small","subject":"small","version":2}]}"#,
      to: "7.json")
    #expect(try open().register(schema(1), under: subject).rawValue == 8)
    try write(
      #"{"schema":"\"a.Small\"","references":[{"name":"a.Small","subject":"small","version":3}]}"#,
      to: "2.json")
    let error = try failure { _ = try open().schema(SchemaIdentifier(rawValue: 2)) }
    #expect(
      error.description.contains("refers to a.Small, version 3 of the subject small, which is not"))
    try write("[]", to: "2.json")
    let bad = try failure { _ = try open().schema(SchemaIdentifier(rawValue: 2)) }
    #expect(bad.description.contains("expected what a registry answers"))
  }

  @Test func aSchemaIsHadAndNotRegisteredWhereItIsThere() throws {
    try write(schema(1), to: "1.avsc")
    try write(#"{"events-value":[1]}"#, to: "subjects.json")
    unsafe chmod(directory.path, 0o555)
    defer { unsafe chmod(directory.path, 0o755) }
    #expect(try open().identifierRegistering(schema(1), under: subject).rawValue == 1)
    #expect(try !names().contains("kes.lock"))
  }

  // MARK: Files

  @Test func idsAreReadWithoutSubjects() throws {
    try write(" \"int\"\n", to: "7.avsc")
    let registry = try open()
    #expect(try registry.schema(SchemaIdentifier(rawValue: 7)) == " \"int\"\n")
    let error = try failure { _ = try registry.identifier(of: schema(1), under: subject) }
    #expect(error == .unknownSubject(subject, place: directory.path))
  }

  @Test func whatIsRegisteredStandsInFiles() throws {
    let registry = try open()
    let spaced = "{ \"type\" : \"string\" }\n"
    for text in [spaced, schema(1), #"{"type":"string"}"#] {
      try _ = registry.register(text, under: subject)
    }
    try _ = registry.register(schema(1), under: SubjectName("events-key \"x\""))
    #expect(try text("1.avsc") == spaced)
    #expect(try text("2.avsc") == schema(1))
    #expect(
      try text("subjects.json") == """
        {
          "events-value": [1,2],
          "events-key \\"x\\"": [2]
        }

        """)
    #expect(try names() == ["1.avsc", "2.avsc", "kes.lock", "subjects.json"])
  }

  @Test func subjectsWrittenByHandAreRead() throws {
    for number in [3, 5] { try write(schema(number), to: "\(number).avsc") }
    try write(#"{"events-value":[5,3],"none":[]}"#, to: "subjects.json")
    let registry = try open()
    for number in [3, 5] as [Int] {
      #expect(try registry.identifier(of: schema(number), under: subject).rawValue == number)
    }
    #expect(throws: Failure.self) {
      try registry.identifier(of: schema(3), under: SubjectName("none"))
    }
  }

  @Test func membersInAnotherOrderAreTheSameSchema() throws {
    let registry = try open()
    let identifier = try registry.register(
      #"{"type":"record","name":"r","fields":[{"name":"a","type":"int"}]}"#, under: subject)
    let other = #"{"name":"r","fields":[{"type":"int","name":"a"}],"type":"record"}"#
    #expect(try registry.register(other, under: subject) == identifier)
    let different = #"{"name":"r","fields":[{"type":"long","name":"a"}],"type":"record"}"#
    #expect(try registry.register(different, under: subject) != identifier)
  }

  @Test func anIdThatAnythingNamesIsTaken() throws {
    try write(schema(4), to: "4.avsc")
    for name in ["99.txt", "x.avsc", "012.avsc", "-50.avsc", "+60.avsc", ".avsc"] {
      try write("junk", to: name)
    }
    try write(#"{"gone":[9]}"#, to: "subjects.json")
    #expect(try open().register(schema(1), under: subject).rawValue == 10)
  }

  @Test func theGreatestIdIsTheLast() throws {
    try write(schema(4), to: "\(Int32.max).avsc")
    let error = try failure { _ = try open().register(schema(1), under: subject) }
    #expect(error.description.contains("leaves no greater id"))
  }

  @Test func aSchemaWhoseSubjectACrashPreventedKeepsItsId() throws {
    try write(schema(1), to: "1.avsc")
    try write("half a fi", to: "subjects.json.new")
    try write("half a sch", to: "2.avsc.new")
    let registry = try open()
    #expect(try registry.register(schema(1), under: subject).rawValue == 1)
    #expect(try registry.register(schema(2), under: subject).rawValue == 2)
    #expect(try names() == ["1.avsc", "2.avsc", "kes.lock", "subjects.json"])
  }

  // MARK: Faults

  @Test(arguments: [
    "", "[]", "{", #"{"a":1}"#, #"{"a":["1"]}"#, #"{"a":[0]}"#, #"{"a":[-1]}"#,
    #"{"a":[2147483648]}"#, #"{"a":[1],"a":[2]}"#,
  ])
  func subjectsThatCannotBeReadAreNamed(text: String) throws {
    try write(text, to: "subjects.json")
    let registry = try open()
    for question in [
      { _ = try registry.identifier(of: schema(1), under: subject) },
      { _ = try registry.register(schema(1), under: subject) },
    ] {
      let error = try failure(question)
      #expect(error.description.hasPrefix(path("subjects.json") + ": expected subjects with"))
      #expect(error.kind == .badData)
    }
    #expect(try self.text("subjects.json") == text)
  }

  @Test(arguments: [
    (Data("{not json".utf8), 0, "is not JSON: line 1"),
    (Data([0x22, 0xFF, 0x22]), 0, "is not UTF-8"),
    (Data(), (16 << 20) + 1, "is longer than 16 MiB"),
  ])
  func aSchemaThatCannotBeReadIsNamed(contents: Data, spaces: Int, message: String) throws {
    // Not as an argument: those are written down, each time.
    let contents = contents + Data(repeating: 0x20, count: spaces)
    try contents.write(to: URL(fileURLWithPath: path("1.avsc")))
    let registry = try open()
    for question in [
      { _ = try registry.schema(SchemaIdentifier(rawValue: 1)) },
      { _ = try registry.register(schema(1), under: subject) },
    ] {
      let error = try failure(question)
      #expect(error.description.hasPrefix(path("1.avsc") + ": " + message), "\(error)")
      #expect(error.kind == .badData)
    }
  }

  @Test func aFileThatCannotBeReplacedLeavesAllAsItWas() throws {
    try FileManager.default.createDirectory(
      atPath: path("1.avsc"), withIntermediateDirectories: false)
    let registry = try open()
    let error = try failure { _ = try registry.register(schema(1), under: subject) }
    #expect(error == .file(path: path("1.avsc"), operation: "read it", code: EISDIR))
    #expect(error.kind == .unavailable)
    try FileManager.default.removeItem(atPath: path("1.avsc"))
    // Another obstacle, behind the schema's own file.
    try FileManager.default.createDirectory(
      atPath: path("subjects.json.new"), withIntermediateDirectories: false)
    _ = try failure { _ = try registry.register(schema(1), under: subject) }
    #expect(try names() == ["1.avsc", "kes.lock", "subjects.json.new"])
    try FileManager.default.removeItem(atPath: path("subjects.json.new"))
    #expect(try registry.register(schema(1), under: subject).rawValue == 1)
  }

  @Test func aDirectoryThatIsGoneIsSaidToBe() throws {
    let registry = try open()
    try FileManager.default.removeItem(atPath: directory.path)
    let error = try failure { _ = try registry.register(schema(1), under: subject) }
    #expect(error == .file(path: path("kes.lock"), operation: "create it", code: ENOENT))
    let missing = try failure { _ = try open() }
    #expect(missing == .missingDirectory(path: directory.path))
  }

  // MARK: Several at once

  /// What threads have got for their schemas.
  private final class Answers: Sendable {
    let identifiers = Mutex<[Int: Set<Int32>]>([:])
    let faults = Mutex<[String]>([])

    func note(_ number: Int, _ identifier: SchemaIdentifier) {
      _ = identifiers.withLock { $0[number, default: []].insert(identifier.rawValue) }
    }
  }

  @Test func twoAtOnceGetOneIdForOneSchemaAndOthersForOthers() throws {
    let answers = Answers()
    let path = directory.path
    let schemas = (0..<50).map(schema)
    let threads = DispatchGroup()
    for thread in 0..<4 {
      threads.enter()
      Thread.detachNewThread {
        defer { threads.leave() }
        do {
          // Each opens the directory for itself, as a process would, and has an order of its own.
          let registry = try DirectorySchemaRegistry(path: path)
          for number in thread.isMultiple(of: 2) ? Array(0..<50) : (0..<50).reversed() {
            let subject = SubjectName("subject-\(thread)")
            answers.note(number, try registry.register(schemas[number], under: subject))
          }
        } catch {
          answers.faults.withLock { $0.append("\(error)") }
        }
      }
    }
    threads.wait()
    #expect(answers.faults.withLock { $0 }.isEmpty)
    let identifiers = answers.identifiers.withLock { $0 }
    #expect(identifiers.values.allSatisfy { $0.count == 1 })
    #expect(Set(identifiers.values.joined()) == Set(1...50))
    let versions = try #require(SubjectVersions(parsing: text("subjects.json")))
    for thread in 0..<4 {
      let own = versions[SubjectName("subject-\(thread)")].map(\.rawValue)
      #expect(own.count == 50 && Set(own) == Set(1...50))
    }
  }
}
