// docs/design.md says where an event goes: its files are there, and so is what to look for in them.

import Foundation
import Testing

@Suite struct DesignTests {
  /// A hop of "The way of one event".
  private struct Hop: Hashable {
    let file: String
    let function: String
  }

  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  private static func hops() throws -> [Hop] {
    let page = try text("docs/design.md").components(separatedBy: "\n## ")
    let way = try #require(page.first { $0.hasPrefix("The way of one event") })
    return way.matches(of: /\| `([^`]+\.swift)` \| `(\w+)` \|/).map {
      Hop(file: String($0.1), function: String($0.2))
    }
  }

  @Test func theWayOfOneEventIsAsItIsTold() throws {
    let hops = try Self.hops()
    #expect(hops.count > 25)
    for hop in hops {
      let source = try Self.text("Sources/KESCore/" + hop.file)
      #expect(
        source.contains("func \(hop.function)(") || source.contains("func \(hop.function)<"),
        "\(hop.file): \(hop.function)")
    }
  }

  /// A room a hop: nobody is visited twice on the way of a line.
  @Test func theWayOfALineTakesFewFiles() throws {
    let page = try Self.text("docs/design.md")
    let start = try #require(page.range(of: "A line of JSON, from pipe to pipe:"))
    let end = try #require(page.range(of: "A datum of Avro, from file to file"))
    let way = page[start.upperBound..<end.lowerBound]
    let files = way.matches(of: /`([^`]+\.swift)`/).map { String($0.1) }
    #expect(files.count <= 20 && Set(files).count == files.count)
  }
}
