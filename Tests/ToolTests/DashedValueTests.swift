// A value may begin with a dash, wherever an option takes one.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct DashedValueTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write(
      EventLines.woke("-1", 1000) + EventLines.woke("-abc", -2000) + EventLines.woke("b", 3000),
      to: "in")
  }

  @Test(arguments: [
    ("kes-read --device -1 in", ["[-1] DeviceWokeUp()"]),
    ("kes-read in --device -a*", ["[-abc] DeviceWokeUp()"]),
    ("kes-read in --device -1", ["[-1] DeviceWokeUp()"]),
    ("kes-read --device=-1 in", ["[-1] DeviceWokeUp()"]),
    ("kes-read --until -1000 in", ["[-abc] DeviceWokeUp()"]),
    ("kes-read --since -1000 --until 2000 in", ["[-1] DeviceWokeUp()"]),
    ("kes-read --since -3000 --until -1000 --device -abc in", ["[-abc] DeviceWokeUp()"]),
    ("kes-read --session -abc in", []), ("kes-read --session --abc in", []),
    ("kes-read --device -1 --device -abc in", ["[-1] DeviceWokeUp()", "[-abc] DeviceWokeUp()"]),
  ]) func aDashBeginsAValue(command: String, lines: [String]) throws {
    let finished = try runTool(command)
    #expect(finished.status == 0, "\(finished.errors)")
    #expect(finished.lines == lines)
  }

  @Test func filesMayHaveSuchNames() throws {
    let written = try runTool(
      "kes-segment in --output -out --dead-letter -dead --late-output -late")
    #expect(written.status == 0, "\(written.errors)")
    #expect(try directory.text("-out").split(separator: "\n").count == 2)
    #expect(try directory.text("-late").split(separator: "\n").count == 1)
    let state = try runTool("kes-segment in --state -state --output=-2")
    #expect(state.status == 0)
    #expect(try runTool("kes-purge --state -state --device -1 --output -9").status == 0)
    #expect(try directory.text("-9").contains(#""device":"-1""#))
    #expect(try runTool("kes-produce --replay in --speed max --output -copy").status == 0)
    #expect(try directory.read("-copy") == directory.read("in"))
  }

  /// What is wrong with the value is said, not that it is missing.
  @Test(arguments: [
    ("kes-segment --timeout -5s", "as 250ms, 4s, 5m, 2h or 1d, or none; see"),
    ("kes-segment --count -1", "--count must be at least 1"),
    ("kes-segment -c -1", "--count must be at least 1"),
    ("kes-produce --seed -x", "The value '-x' is invalid for '--seed"),
    ("kes-purge --state s --as-of -x", "The value '-x' is invalid for '--as-of"),
  ]) func aValueThatDoesNotFitIsSaidSoOf(command: String, message: String) throws {
    let finished = try runTool(command)
    #expect(finished.status == 64)
    #expect(finished.errors.contains(message), "\(finished.errors)")
  }

  @Test(arguments: [
    ("kes-read --device --help", "--device <glob>"),
    ("kes-read --device --follow in", "--device <glob>"),
    ("kes-read in --device", "--device <glob>"), ("kes-read --device -q in", "--device <glob>"),
    ("kes-read --device -qv in", "--device <glob>"),
    ("kes-read --device --since=-1 in", "--device <glob>"),
    ("kes-read --since --until 5 in", "--since <time>"),
    ("kes-read --device -- in", "--device <glob>"),
    ("kes-segment --output --format json", "--output <path>"),
    ("kes-segment -c --emit all", "-c"),
    ("kes-purge --state --output x", "--state <dir>"),
    ("kes-produce --seed --devices 3", "--seed <n>"),
  ]) func anOptionIsNoValue(command: String, option: String) throws {
    let finished = try runTool(command)
    #expect(finished.status == 64)
    #expect(finished.errors.contains("Missing value for '\(option)'"), "\(finished.errors)")
  }
}
