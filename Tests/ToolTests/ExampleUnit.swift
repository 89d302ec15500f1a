// A unit of systemd in `examples`.

import Foundation

/// A service or timer: its settings, in order.
struct ExampleUnit {
  let name: String
  let settings: [(name: String, value: String)]

  /// The folder of the units in the source tree.
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("examples")

  static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  init(_ name: String) throws {
    let path = ExampleUnit.folder.appendingPathComponent(name)
    let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
    self.name = name
    settings = lines.filter { !$0.hasPrefix("#") }.compactMap { line in
      line.firstIndex(of: "=").map {
        (name: String(line[..<$0]), value: String(line[line.index(after: $0)...]))
      }
    }
  }

  /// The only value of a setting.
  func value(of name: String) -> String? { settings.first { $0.name == name }?.value }
}
