// The options of an application: processes that share a topic's partitions.

import ArgumentParser
import KESCommand
import KESCore

struct ApplicationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "From topic to topic, sharing the partitions with every other process of this id: it names"
        + " the consumer group, the changelog of sessions (ID-sessions-changelog, made if missing)"
        + " and the transactions.", valueName: "id"))
  var applicationId: String?

  @Option(
    help: ArgumentHelp(
      "What a crash leaves behind: nothing (exactly-once), or records that come twice"
        + " (at-least-once). (default: exactly-once)"))
  var guarantee: ProcessingGuarantee?

  @Option(
    help: ArgumentHelp(
      "By how many other processes the sessions of each partition are followed, to take them over"
        + " at once. (default: 1)", valueName: "n"))
  var standbyReplicas: Int?

  @Option(
    help: ArgumentHelp(
      "A name of this process that stays the same over restarts: its partitions wait for it"
        + " (session.timeout.ms) instead of moving.", valueName: "name"))
  var instanceId: String?

  /// Throws what does not go together.
  func check(_ topics: TopicOptions, _ rules: RuleOptions) throws {
    guard let applicationId else {
      let given = [
        ("--guarantee", guarantee != nil), ("--standby-replicas", standbyReplicas != nil),
        ("--instance-id", instanceId != nil),
      ].first { $0.1 }
      if let given { throw ValidationError("\(given.0) needs --application-id") }
      return
    }
    if applicationId.isEmpty { throw ValidationError("--application-id needs a name") }
    if topics.from == nil || topics.to == nil {
      throw ValidationError("--application-id goes from topic to topic: say --from and --to")
    }
    if topics.group != nil {
      throw ValidationError("--group and --application-id exclude each other: the id is the group")
    }
    if let standbyReplicas, standbyReplicas < 0 {
      throw ValidationError("--standby-replicas must not be negative")
    }
    if application?.guarantee == .exactlyOnce && rules.lateOutput != nil {
      throw ValidationError(
        "--late-output writes to a file, which no transaction covers: say --guarantee"
          + " at-least-once")
    }
  }

  /// Nil for a run for itself.
  var application: SegmentApplication? {
    guard let applicationId else { return nil }
    var application = SegmentApplication(identifier: applicationId)
    application.guarantee = guarantee ?? .exactlyOnce
    application.standbyReplicas = standbyReplicas ?? 1
    return application
  }
}
