// Avro container files of other programs: fastavro, and Debian's avro-bin.

import Foundation
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
    let schema: Any
    /// How many records each block has.
    let blocks: [Int]
    let records: [NSDictionary]
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
      return Content(
        codec: try #require(head["codec"] as? String), schema: try #require(head["schema"]),
        blocks: try #require(head["blocks"] as? [Int]), records: Array(objects.dropFirst()))
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

/// The objects of JSON-lines.
func jsonObjects(_ lines: String) throws -> [NSDictionary] {
  try lines.split(separator: "\n").map { line in
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary)
  }
}

/// JSON text as what it stands for.
func json(_ text: String) throws -> Any {
  try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
}
