// The option of kes-segment that shows how records are understood.

import ArgumentParser

struct DryRunOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only show how the first so many records are understood, a line each: position, key, time and"
        + " role. No output, state or dead letter is touched.", valueName: "n"))
  var dryRun: Int64?

  mutating func validate() throws {
    if let dryRun, dryRun < 1 { throw ValidationError("--dry-run must be at least 1") }
  }
}
