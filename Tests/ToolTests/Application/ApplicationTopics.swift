// The topics of an application, and the processes of kes-segment that share them.

import Foundation
import TestSupport
import Testing

@testable import KESCore

/// An application on a mock cluster or a model broker of its own, or on the real one of
/// `KES_TEST_BROKERS`.
final class ApplicationTopics {
  /// nil where the cluster is another.
  let mock: KafkaTestCluster?
  let model: KafkaModelBroker?
  let brokers: String
  let partitions: Int
  let input: String
  let output: String
  let identifier: String
  /// Where states are kept.
  let directory: TemporaryDirectory
  private let configuration: KafkaConfiguration
  private let suffix = String(UUID().uuidString.prefix(13))
  private var made: [String] = []

  static let patience = KafkaPatience(milliseconds: 30_000)

  var changelog: String { "\(identifier)-sessions-changelog" }

  /// What makes tests quick: a group notices its members' words at once.
  static let hurry = [
    "heartbeat.interval.ms=200", "reconnect.backoff.ms=10", "reconnect.backoff.max.ms=100",
    "retry.backoff.ms=20", "linger.ms=1", "fetch.wait.max.ms=50", "fetch.error.backoff.ms=20",
    "topic.metadata.refresh.fast.interval.ms=20",
    // The mock lets a rebalance wait for it, less a second; real brokers take no less than 6000.
    "session.timeout.ms=\(KafkaTestCluster.isMock ? 2500 : 6000)",
  ]

  /// - Parameter before: what stands in the place of these topics until now: the application and its
  ///   input are called the same. Nil for names that nobody else has.
  /// - Parameter hasMarkers: whether the test needs transactions' markers, which the mock has not.
  init(
    partitions: Int = 8, brokerCount: Int = 1, makesChangelog: Bool = KafkaTestCluster.isMock,
    replacing before: ApplicationTopics? = nil, hasMarkers: Bool = false
  ) throws {
    let isReal = !KafkaTestCluster.isMock
    mock = isReal || hasMarkers ? nil : try KafkaTestCluster(brokerCount: brokerCount)
    model = isReal || !hasMarkers ? nil : try KafkaModelBroker()
    brokers = try mock?.brokers ?? model?.brokers ?? #require(KafkaTestCluster.realBrokers)
    configuration = try KafkaConfiguration(brokers: brokers, options: ApplicationTopics.hurry)
    self.partitions = partitions
    directory = try TemporaryDirectory()
    input = before?.input ?? "kes-test-events-\(suffix)"
    output = "kes-test-sessions-\(suffix)"
    identifier = before?.identifier ?? "kes-test-application-\(suffix)"
    if before != nil && isReal {
      try deleteTopic(input)
      while try describe(input) != nil { usleep(20_000) }
    }
    try makeTopic(input)
    try makeTopic(output)
    if makesChangelog { try makeTopic(changelog) }
  }

  deinit {
    guard mock == nil && model == nil, let admin = try? KafkaAdmin(configuration) else { return }
    for topic in made + [changelog] {
      _ = try? admin.deleteTopic(topic, ApplicationTopics.patience)
    }
  }

  /// Makes a topic, with as many partitions as the input unless said otherwise; it goes away with
  /// this.
  func makeTopic(_ name: String, partitions: Int? = nil) throws {
    let count = partitions ?? self.partitions
    if let mock { return try mock.createTopic(name, partitions: count) }
    if let model { return model.createTopic(name, partitions: count) }
    // Sessions have the times of events, which may be years ago: brokers would remove them at once.
    let topic = KafkaNewTopic(
      name: name, partitionCount: Int32(count), properties: ["retention.ms": "-1"])
    #expect(try KafkaAdmin(configuration).createTopic(topic, ApplicationTopics.patience))
    made.append(name)
  }

  /// Deletes a topic of a real cluster.
  func deleteTopic(_ name: String) throws {
    _ = try KafkaAdmin(configuration).deleteTopic(name, ApplicationTopics.patience)
  }

  /// Has a topic removed with the others that a tool made.
  func adopt(_ name: String) { made.append(name) }

  // MARK: Records

  /// Sends each line of events to the partition of its device.
  func send(_ lines: [String], partition: Int32? = nil) throws {
    let producer = try KafkaProducer(configuration)
    let topic = try producer.topic(input)
    for line in lines {
      let key = Array(ApplicationTopics.device(of: line).utf8)
      let value = Array(line.utf8)
      try producer.produce(
        key: key.span, value: value.span, to: topic, partition: partition,
        patience: ApplicationTopics.patience)
    }
    try producer.flush(ApplicationTopics.patience)
  }

  /// Sends what may be no event, with headers, to the first partition.
  func send(_ value: String, headers: [(name: String, value: String)]) throws {
    try send([(Data(value.utf8), headers)])
  }

  /// Sends values with headers to one partition.
  func send(
    _ records: [(value: Data, headers: [(name: String, value: String)])], partition: Int32 = 0
  ) throws {
    let producer = try KafkaProducer(configuration)
    let topic = try producer.topic(input)
    for (value, headers) in records {
      var made = producer.makeHeaders()
      for header in headers { made.add(header.name, header.value) }
      try producer.produce(
        key: nil, value: Array(value).span, to: topic, partition: partition, headers: made,
        patience: ApplicationTopics.patience)
    }
    try producer.flush(ApplicationTopics.patience)
  }

  /// A producer of transactions that is ready.
  func transactionalProducer() throws -> KafkaProducer {
    let producer = try KafkaProducer(
      configuration, transactionalIdentifier: unique("transactions"))
    try producer.initTransactions(ApplicationTopics.patience)
    return producer
  }

  /// Waits until the output has records of a transaction that is open, or none; false where that does
  /// not come.
  func waitForTransaction(toBeOpen isOpen: Bool) throws -> Bool {
    let all = (0..<partitions).map { KafkaPartition(topic: output, number: Int32($0)) }
    let (committed, whole) = (
      try KafkaConsumer(configuration),
      try KafkaConsumer(
        try KafkaConfiguration(
          brokers: brokers, options: ApplicationTopics.hurry + ["isolation.level=read_uncommitted"])
      )
    )
    let deadline = KafkaDeadline(ApplicationTopics.patience)
    while !deadline.isOver {
      let ends = try committed.watermarks(all, ApplicationTopics.patience)
      if try (ends != whole.watermarks(all, ApplicationTopics.patience)) == isOpen { return true }
      usleep(20_000)
    }
    return false
  }

  func describe(_ topic: String) throws -> KafkaTopicDescription? {
    try KafkaAdmin(configuration).topic(topic, ApplicationTopics.patience)
  }

  /// A name for a topic that nobody else has.
  func unique(_ name: String) -> String { "kes-test-\(name)-\(suffix)" }

  private static func device(of line: String) -> Substring {
    guard let start = line.range(of: #""device":""#)?.upperBound else { return "" }
    return line[start...].prefix { $0 != "\"" }
  }

  /// What can be read of a topic now, partition by partition.
  func read(_ topic: String, partitions: Int? = nil) throws -> [[SeenMessage]] {
    let count = partitions ?? self.partitions
    let consumer = try KafkaConsumer(configuration)
    try consumer.assign(
      (0..<count).map {
        KafkaPosition(KafkaPartition(topic: topic, number: Int32($0)), .beginning)
      })
    var found = [[SeenMessage]](repeating: [], count: count)
    var ended: Set<Int32> = []
    var batch = KafkaMessageBatch(capacity: 1000)
    let deadline = KafkaDeadline(ApplicationTopics.patience)
    while ended.count < count && !deadline.isOver {
      guard try consumer.poll(into: &batch, milliseconds: 1000) == .batch else { continue }
      batch.forEach { found[Int($0.partition)].append(SeenMessage($0)) }
      ended.formUnion(batch.ends.map(\.partition.number))
    }
    #expect(ended.count == count, "only partitions \(ended) were read to their ends")
    return found
  }

  /// The lines of the output, partition by partition, sessions renamed.
  func sessions() throws -> [[String]] {
    try read(output).map { messages in
      renamedLines(messages.map { $0.text ?? "" })
    }
  }

  /// What a run over files makes of the same events, partition by partition, sessions renamed.
  func expectedSessions(_ options: [String] = []) throws -> [[String]] {
    try read(input).map { messages in
      let text = messages.map { ($0.text ?? "") + "\n" }.joined()
      let ended = try Program.run(
        "kes-segment", ["--emit", "all"] + options, input: .text(text))
      #expect(ended.status == 0, "\(ended.errors)")
      return renamedLines(ended.lines)
    }
  }

  /// The events of the input that the output does not have.
  func missingEvents() throws -> [String] {
    let found = Set(
      try read(output).joined().compactMap { message in
        message.text?.components(separatedBy: #","session":"#).first
      })
    return try read(input).joined().compactMap(\.text).filter {
      !found.contains($0.dropLast() + "")
    }
  }

  private func renamedLines(_ lines: [String]) -> [String] {
    if lines.isEmpty { return [] }
    return renamingSessions(lines.joined(separator: "\n")).components(separatedBy: "\n")
  }

  /// How many of the records in the input the changelog does not tell of. Not by the group's offsets:
  /// the mock forgets those of transactions.
  func uncommittedCount() throws -> Int64 { try uncommittedCount(before: ends()) }

  /// Where the input ends, partition by partition.
  private func ends() throws -> [Int64] {
    try read(input).map { $0.last.map { $0.offset + 1 } ?? 0 }
  }

  private func uncommittedCount(before ends: [Int64]) throws -> Int64 {
    let done = try read(changelog).map { $0.compactMap(\.position).last ?? 0 }
    return zip(ends, done).reduce(0) { $0 + max($1.0 - $1.1, 0) }
  }

  /// What the group has committed, and where the input ends, partition by partition. Not on the mock.
  func places() throws -> (committed: [Int64], ends: [Int64]) {
    let consumer = try KafkaConsumer(configuration, group: identifier)
    let all = (0..<partitions).map { KafkaPartition(topic: input, number: Int32($0)) }
    let committed = try consumer.committed(all, ApplicationTopics.patience)
    let ends = try consumer.watermarks(all, ApplicationTopics.patience)
    return (
      all.map { committed[$0]?.rawValue ?? 0 }, all.map { ends[$0]?.high.rawValue ?? -1 }
    )
  }

  // MARK: Processes

  /// The command line of a process of the application.
  func arguments(_ options: [String], state: String? = nil) -> [String] {
    var arguments = [
      "-b", brokers, "--from", input, "--to", output, "--application-id", identifier,
      "--stats=0.1",
    ]
    for (option, value) in [("--emit", "all"), ("--commit-interval", "50ms")]
    where !options.contains(option) {
      arguments += [option, value]
    }
    arguments += ApplicationTopics.hurry.flatMap { ["-X", $0] }
    if let state { arguments += ["--state", directory.path(state)] }
    return arguments + options
  }

  /// Starts a process that follows the input.
  func start(_ options: [String] = [], state: String? = nil) throws -> SegmentProcess {
    SegmentProcess(
      try RunningProgram(
        "kes-segment", arguments(options, state: state), directory: directory))
  }

  /// Runs a process that ends by itself, when no other runs.
  func run(_ options: [String], state: String? = nil) throws -> Finished {
    try start(ApplicationTopics.alone + options, state: state).finish()
  }

  /// Runs a process to the end of the input, when no other runs.
  func finish(_ options: [String] = [], state: String? = nil) throws -> Finished {
    try run(["-e"] + options, state: state)
  }

  /// The options of a process that may be the first again.
  static let alone = KafkaTestCluster.joiningAlone.flatMap { ["-X", $0] }

  /// Waits until all that the input has is committed and the processes have gone on from there; false
  /// where that does not come.
  func waitUntilRead(by processes: [SegmentProcess]) throws -> Bool {
    let (ends, deadline) = (try ends(), Date(timeIntervalSinceNow: 60))
    while try uncommittedCount(before: ends) > 0 {
      let isAlive = processes.allSatisfy(\.program.process.isRunning)
      if !isAlive || Date() > deadline { return false }
      usleep(20_000)
    }
    // A line of figures comes between commits.
    return processes.allSatisfy { $0.waitsForFigures(2) { _ in true } }
  }
}
