// Avro container files of other programs: fastavro, and Debian's avro-bin.

import Foundation
import KESCore
import TestSupport
import Testing

/// What is not ours and writes or reads Avro. `scripts/setup check` installs it.
enum ForeignAvro {
  private static let python = sourceRoot.appendingPathComponent(".build-python/bin/python").path
  private static let script =
    sourceRoot
    .appendingPathComponent("Tests/ToolTests/Python/foreign_avro.py").path

  static var hasFastavro: Bool { FileManager.default.isExecutableFile(atPath: python) }
  static var hasAvroBin: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/avrocat") }

  /// What fastavro finds in a file.
  struct Content {
    let codec: String
    let schema: JSONForm
    /// How many records each block has.
    let blocks: [Int]
    let records: [JSONForm]
  }

  /// A file to be written by fastavro.
  struct File {
    let path: String
    let schema: Any
    let records: [Any]
    var codec = "null"
    var interval = 16000
  }

  static func write(_ files: [File]) throws {
    try run(
      files.map {
        [
          "write": $0.path, "schema": $0.schema, "records": $0.records, "codec": $0.codec,
          "interval": $0.interval,
        ]
      })
  }

  static func read(_ paths: [String]) throws -> [Content] {
    let scratch = try TemporaryDirectory()
    let outputs = paths.indices.map { scratch.path("\($0)") }
    try run(zip(paths, outputs).map { ["read": $0, "into": $1] })
    return try outputs.indices.map { index in
      let objects = try jsonObjects(scratch.text("\(index)"))
      let head = try #require(objects.first)
      guard case .string(let codec) = head["codec"], case .array(let blocks) = head["blocks"],
        let schema = head["schema"]
      else { throw CocoaError(.coderReadCorrupt) }
      return Content(
        codec: codec, schema: schema,
        blocks: blocks.compactMap { if case .number(let count) = $0 { Int(count) } else { nil } },
        records: Array(objects.dropFirst()))
    }
  }

  private static func run(_ tasks: [[String: Any]]) throws {
    let scratch = try TemporaryDirectory()
    try scratch.write(JSONSerialization.data(withJSONObject: tasks), to: "tasks")
    let ended = try RunningProgram(
      path: python, [script, scratch.path("tasks")], input: .empty, environment: [:],
      directory: nil
    ).finish()
    #expect(ended.status == 0, "\(ended.errors)")
  }
}

/// The root of the source tree.
let sourceRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

/// JSON as values: members in any order, numbers in any spelling.
enum JSONForm: Equatable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONForm])
  case object([String: JSONForm])

  init(_ value: JSONValue) {
    switch value {
    case .null: self = .null
    case .boolean(let value): self = .boolean(value)
    case .integer(let value): self = .number(Double(value))
    case .real(let value): self = .number(value)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .array(elements.map { JSONForm($0) })
    case .object(let members):
      self = .object(
        Dictionary(members.map { ($0.name, JSONForm($0.value)) }, uniquingKeysWith: { $1 }))
    }
  }

  /// A member of an object.
  subscript(name: String) -> JSONForm? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  /// An object without the members of which `isLeftOut` holds.
  func without(_ isLeftOut: (_ name: String, _ value: JSONForm) -> Bool) -> JSONForm {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { !isLeftOut($0.key, $0.value) })
  }
}

/// The values of JSON-lines.
func jsonObjects(_ lines: String) throws -> [JSONForm] {
  try lines.split(separator: "\n").map { JSONForm(try JSONValue(parsing: String($0))) }
}

/// JSON text as Foundation has it.
func json(_ text: String) throws -> Any {
  try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
}
