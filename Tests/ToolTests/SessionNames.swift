// Session ids up to renaming: what conformance cases are compared by.

import Foundation

/// Rewrites the last session id of every line to s1, s2, ... by first appearance, and leaves every
/// other byte as it is.
func renamingSessions(_ text: String) -> String {
  var names: [String: String] = [:]
  var output = ""
  for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
    guard let start = line.range(of: "\"session\":\"", options: .backwards)?.upperBound,
      let end = line[start...].firstIndex(of: "\"")
    else {
      output += line + "\n"
      continue
    }
    let known = String(line[start..<end])
    let name = names[known] ?? "s\(names.count + 1)"
    names[known] = name
    output += line[..<start] + name + line[end...] + "\n"
  }
  output.removeLast()
  return output
}
