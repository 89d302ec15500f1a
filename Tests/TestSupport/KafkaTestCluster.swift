// A Kafka cluster for tests, with faults on demand.

import Foundation
import Synchronization

/// Runs `kes-test-cluster`, a process that hosts librdkafka's mock cluster on the loopback interface.
///
/// What the mock cannot do: it keeps a few megabytes a partition, creates every topic that is asked
/// for (with 4 partitions), knows no CreateTopics, groups' descriptions or offsets by time, and has no
/// transactions' markers, so that records of aborted transactions are read.
///
/// Who joins a group that has no members is answered after 3 s, also where others were members before.
/// Meanwhile the mock counts the session's timeout, once a second, and forgets who has waited longer
/// than that, without an answer: librdkafka waits on, for `max.poll.interval.ms`. So a
/// `session.timeout.ms` below 4000 may be one that never gets partitions, and below 3000 does not but by
/// chance; see `joiningAlone`.
public final class KafkaTestCluster: Sendable {
  /// A broker of the real Kafka that tests are to run against instead, from `KES_TEST_BROKERS`.
  public static let realBrokers = ProcessInfo.processInfo.environment["KES_TEST_BROKERS"]

  /// Whether tests run against mock clusters, which alone can make faults.
  public static var isMock: Bool { realBrokers == nil }

  /// A cluster for all tests that make no faults.
  public static let shared = Result { try KafkaTestCluster() }

  /// What a process needs that may find its group without members.
  public static let joiningAlone = isMock ? ["session.timeout.ms=4500"] : []

  /// Why a test of faults is skipped.
  public static let needsFaults = "needs faults, which only the mock cluster makes"

  /// A command that was not carried out, or a cluster that did not start.
  public struct Failure: Error {
    public let command: String
    public let answer: String
  }

  /// `HOST:PORT,…`
  public let brokers: String
  private let process: Running

  /// Starts a cluster of its own.
  public init(brokerCount: Int = 1) throws {
    process = try Running(brokerCount)
    brokers = try process.firstLine()
  }

  deinit { process.end() }

  /// Creates a topic.
  public func createTopic(_ name: String, partitions: Int, replication: Int = 1) throws {
    try send("topic \(name) \(partitions) \(replication)")
  }

  /// The kinds of requests that faults are for (Kafka protocol guide, "Api Keys").
  public enum API: Int, Sendable {
    case produce = 0
    case fetch = 1
    case listOffsets = 2
    case metadata = 3
    case offsetCommit = 8
    case offsetFetch = 9
    case findCoordinator = 10
    case joinGroup = 11
    case heartbeat = 12
    case syncGroup = 14
    case saslHandshake = 17
    case apiVersions = 18
    case createTopics = 19
    case initProducerIdentifier = 22
    case addPartitionsToTransaction = 24
    case addOffsetsToTransaction = 25
    case endTransaction = 26
    case transactionOffsetCommit = 28
    case describeConfigs = 32
  }

  /// The next requests of this kind fail with these codes, one each; -195 ends the connection.
  public func fail(_ api: API, with codes: [Int]) throws {
    try send("errors \(api.rawValue) " + codes.map(String.init).joined(separator: " "))
  }

  /// Forgets faults that have not come to pass.
  public func clearFaults(_ api: API) throws { try send("clear \(api.rawValue)") }

  /// The next answer of a broker to a request of this kind comes late.
  public func delay(_ api: API, milliseconds: Int, broker: Int = 1) throws {
    try send("delay \(broker) \(api.rawValue) \(milliseconds)")
  }

  /// What is said of a topic when it is asked for; 0 is no error.
  public func setError(_ code: Int, ofTopic name: String) throws {
    try send("topic-error \(name) \(code)")
  }

  /// Ends a broker's connections and takes no more; -1 is every broker.
  public func takeDown(broker: Int = -1) throws { try send("down \(broker)") }
  public func bringUp(broker: Int = -1) throws { try send("up \(broker)") }

  /// How long every answer takes.
  public func setLatency(milliseconds: Int, broker: Int = -1) throws {
    try send("rtt \(broker) \(milliseconds)")
  }

  /// Moves what a group or a transactional id belongs to.
  public func setCoordinator(ofGroup name: String, broker: Int) throws {
    try send("coordinator group \(name) \(broker)")
  }

  public func setCoordinator(ofTransactions name: String, broker: Int) throws {
    try send("coordinator transaction \(name) \(broker)")
  }

  public func setLeader(_ broker: Int, ofTopic topic: String, partition: Int) throws {
    try send("leader \(topic) \(partition) \(broker)")
  }

  /// From whom a partition is to be read instead of its leader.
  public func setFollower(_ broker: Int, ofTopic topic: String, partition: Int) throws {
    try send("follower \(topic) \(partition) \(broker)")
  }

  /// Sends a command and waits for its answer.
  public func send(_ command: String) throws {
    let answer = try process.answer(to: command)
    if answer != "ok" { throw Failure(command: command, answer: answer) }
  }

  /// The process and its pipes; one command at a time.
  private final class Running: Sendable {
    private struct State {
      var input: Pipe
      var output: Pipe
      var pending = Data()
    }

    private let state: Mutex<State>
    private let process: Process

    init(_ brokerCount: Int) throws {
      let (process, input, output) = (Process(), Pipe(), Pipe())
      // The end of its input shows only where nobody holds the other end: it itself neither.
      _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
      _ = fcntl(output.fileHandleForReading.fileDescriptor, F_SETFD, FD_CLOEXEC)
      process.executableURL = Running.executable
      process.arguments = [String(brokerCount)]
      process.standardInput = input
      process.standardOutput = output
      // Whoever waits for the end of the tests' own output is not to wait for the cluster.
      process.standardError = FileHandle.nullDevice
      try Spawning.start(process)
      self.process = process
      state = Mutex(State(input: input, output: output))
    }

    /// Where the build put it: beside the test bundle.
    private static var executable: URL {
      let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
      return (bundle ?? URL(fileURLWithPath: CommandLine.arguments[0]))
        .deletingLastPathComponent().appendingPathComponent("kes-test-cluster")
    }

    func firstLine() throws -> String {
      try state.withLock { try Running.readLine(&$0, "its start") }
    }

    func answer(to command: String) throws -> String {
      try state.withLock { state in
        try state.input.fileHandleForWriting.write(contentsOf: Data((command + "\n").utf8))
        return try Running.readLine(&state, command)
      }
    }

    private static func readLine(_ state: inout State, _ command: String) throws -> String {
      while true {
        if let end = state.pending.firstIndex(of: UInt8(ascii: "\n")) {
          let line = String(decoding: state.pending[..<end], as: UTF8.self)
          state.pending = Data(state.pending[state.pending.index(after: end)...])
          return line
        }
        let more = state.output.fileHandleForReading.availableData
        if more.isEmpty { throw Failure(command: command, answer: "the cluster has ended") }
        state.pending += more
      }
    }

    func end() {
      // Another test's process may hold the end of the pipe: the command ends it all the same.
      _ = try? answer(to: "quit")
      process.waitUntilExit()
    }
  }
}
