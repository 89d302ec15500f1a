// Outputs that are one file, or an input, are refused before anything is touched.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct OutputsApartTests {
  private let directory: TemporaryDirectory

  /// Two files, each with a link; a file with two names; a link to what does not exist.
  init() throws {
    directory = try TemporaryDirectory()
    try directory.write(EventLines.woke("a", 1), to: "in")
    try directory.write("what stood here before\n", to: "out")
    let manager = FileManager.default
    let links = [("in-link", "in"), ("out-link", "./out"), ("new-link", "new")]
    for (link, target) in links {
      try manager.createSymbolicLink(
        atPath: directory.path(link), withDestinationPath: target)
    }
    try manager.linkItem(atPath: directory.path("out"), toPath: directory.path("out-twin"))
  }

  /// What stands in the directory, with the contents of files.
  private func snapshot() throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
    return Dictionary(
      uniqueKeysWithValues: names.map { ($0, (try? directory.read($0)) ?? Data("none".utf8)) })
  }

  private func expectRefused(_ finished: Finished, _ name: String, _ before: [String: Data]) throws
  {
    #expect(finished.status == 64)
    #expect(finished.errors.contains(": \(name): is named twice"), "\(finished.errors)")
    #expect(finished.output.isEmpty)
    #expect(try snapshot() == before)
  }

  @Test(arguments: [
    ["in", "--output", "out", "--late-output", "out"],
    ["in", "--output", "out", "--late-output", "./out"],
    ["in", "--output", "out", "--dead-letter", "out-link"],
    ["in", "--output", "out-link", "--dead-letter", "out"],
    ["in", "--output", "out", "--dead-letter", "out-twin"],
    ["in", "--late-output", "out", "--dead-letter", "../{}/out"],
    ["in", "--output", "new", "--late-output", "./new"],
    ["in", "--output", "new", "--dead-letter", "new-link"],
    ["in", "--output", "new-link", "--dead-letter", "new"],
    ["in", "--output", "in"], ["in", "--output", "./in-link"], ["in-link", "--output", "in"],
    ["in", "--output", "out", "--late-output", "in"], ["in", "--dead-letter", "in"],
    ["new", "--output", "new-link"],
    ["in", "--state", "state", "--output", "out", "--dead-letter", "out"],
    ["in", "--state", "state", "--output", "state/data.mdb"],
  ])
  func namedTwice(arguments: [String]) throws {
    let before = try snapshot()
    // {} is the directory's own name.
    let spelled = arguments.map {
      $0.replacingOccurrences(of: "{}", with: directory.url.lastPathComponent)
    }
    let finished = try Program.run("kes-segment", spelled, directory: directory)
    try expectRefused(finished, spelled[spelled.count - 1], before)
  }

  @Test(arguments: [
    "kes-segment", "kes-read", "kes-purge", "kes-produce --replay --speed max",
  ])
  func theInputOfEveryTool(tool: String) throws {
    let before = try snapshot()
    for (rest, name) in [
      ("in --output in", "in"), ("--output in < in", "in"), ("in --dead-letter ./in", "./in"),
      ("in >> in", "stdout"), ("< in >> in", "stdout"), ("in-link >> in", "stdout"),
      ("in --dead-letter out >> out", "out"),
    ] {
      let finished = try Program.shell("\(tool) \(rest)", directory: directory)
      try expectRefused(finished, name, before)
    }
  }

  @Test func theFilesOfAStoreAreNotWrittenOver() throws {
    let segmented = try Program.run(
      "kes-segment", ["in", "--state", "state"], directory: directory)
    #expect(segmented.status == 0)
    let store = try directory.read("state/data.mdb")
    for tool in ["kes-read", "kes-purge", "kes-segment"] {
      for file in ["data.mdb", "lock.mdb", "kes.lock"] {
        let finished = try Program.run(
          tool, ["--state", "state", "--output", "./state/" + file], directory: directory)
        #expect(finished.status == 64)
        #expect(finished.errors.contains("is named twice"))
      }
    }
    #expect(try directory.read("state/data.mdb") == store)
  }

  @Test func whatIsNoFileMayBeNamedTwice() throws {
    let finished = try Program.run(
      "kes-segment",
      ["in", "--output", "/dev/null", "--late-output", "/dev/null", "--dead-letter", "/dev/null"],
      directory: directory)
    #expect(finished.status == 0 && finished.errors == "")
  }
}
