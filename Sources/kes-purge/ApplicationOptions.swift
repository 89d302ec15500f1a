// The options of kes-purge that concern an application of kes-segment.

import ArgumentParser
import KESCommand
import KESCore

struct ApplicationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Purge the changelog of this application of kes-segment, none of whose processes runs.",
      valueName: "id"))
  var applicationId: String?

  @Flag(
    help: ArgumentHelp(
      "Take the application back to its beginning instead: remove the group's committed offsets (of"
        + " the topic of --from, or of all), the changelog, and with --state the state on this"
        + " machine."))
  var reset = false

  /// Throws what does not go together.
  func check(_ topics: TopicOptions) throws {
    if reset && applicationId == nil { throw ValidationError("--reset needs --application-id") }
    if applicationId == "" { throw ValidationError("--application-id needs a name") }
    let given = [
      ("--offset", topics.offset != nil), ("--exit", topics.exit),
      ("--group", topics.group != nil),
    ].first { $0.1 }
    if applicationId != nil, let given {
      throw ValidationError(
        "\(given.0) is for reading session events: it goes without the application")
    }
  }

  /// Nil where no application is named.
  var application: SegmentApplication? { applicationId.map { SegmentApplication(identifier: $0) } }
}
