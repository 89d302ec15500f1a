// Selectors against cases judged by three versions of jq, where the folder with them is at hand.

import Foundation
import Testing

@testable import KESCore

@Suite struct SelectorDomainTests {
  private struct Case: Decodable {
    struct Verdict: Decodable {
      var v: String?
      var none: Bool?
      var error: Bool?
      var compile: Bool?
      var many: Int?
    }
    let program: String
    let input: String
    let jq18: Verdict
  }

  private static let folder =
    ProcessInfo.processInfo.environment["KES_DOMAINS"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/domains").path

  private static func path(_ file: String) -> String { "\(folder)/language/\(file)" }

  private static var hasCases: Bool { FileManager.default.fileExists(atPath: path("hand.jsonl")) }

  private func cases(_ file: String) throws -> [Case] {
    let text = try String(contentsOfFile: SelectorDomainTests.path(file), encoding: .utf8)
    return try text.split(separator: "\n").map {
      try JSONDecoder().decode(Case.self, from: Data($0.utf8))
    }
  }

  /// What the record must come to; nil where kes need not say the same.
  private func expected(_ verdict: Case.Verdict) -> SelectorVerdict? {
    if let text = verdict.v { return .value(JSONTree(text)) }
    if verdict.none != nil { return .nothing }
    if verdict.error != nil { return .fault(nil) }
    return .refused
  }

  /// Cases with a half of a surrogate pair, which is no record of ours.
  private func isRecord(_ input: String) -> Bool { !input.contains("\\ud800") }

  @Test(.enabled(if: hasCases, "no folder of cases"), arguments: ["hand.jsonl", "random.jsonl"])
  func agreesWithJq(file: String) throws {
    var counts: [String: Int] = [:]
    for (number, one) in try cases(file).enumerated() where isRecord(one.input) {
      let found = verdict(one.program, one.input)
      let expected = expected(one.jq18)
      let outcome: String
      switch (found, expected) {
      case (.refused, .refused): outcome = "refused by both"
      case (.refused, _):
        outcome = "refused"
        counts[outcome, default: 0] += 1
        if ProcessInfo.processInfo.environment["SHOW"] != nil { print("REFUSED", one.program) }
        continue
      case (.fault, .fault): outcome = "fault"
      case (.fault(.comparesContainers), _): outcome = "narrower"
      default:
        outcome = found == expected ? "value" : "WRONG"
        if found != expected {
          Issue.record(
            "\(file):\(number + 1): \(one.program) on \(one.input): \(found), jq: \(String(describing: expected))"
          )
        }
      }
      counts[outcome, default: 0] += 1
    }
    print(file, counts)
  }
}
