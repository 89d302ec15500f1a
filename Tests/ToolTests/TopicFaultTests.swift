// Topics, brokers and messages that are not as they should be.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct TopicFaultTests {
  private let kafka: TopicsUnderTest

  init() throws { kafka = try TopicsUnderTest() }

  private func expectOneLine(_ finished: Finished) {
    #expect(finished.errors.split(separator: "\n").count == 1, "\(finished.errors)")
  }

  // MARK: Brokers

  @Test(arguments: [
    ("kes-read", ["--from", "events"]), ("kes-read", ["--to", "events"]),
    ("kes-produce", ["--to", "events"]), ("kes-segment", ["--to", "events"]),
    ("kes-purge", ["--from", "events"]), ("kes-purge", ["--dead-letter", "topic:dead"]),
  ])
  func aBrokerThatIsNotThereIsNamedInTime(tool: String, arguments: [String]) throws {
    // A port that was free a moment ago.
    let brokers = try KafkaScriptedBroker().brokers
    let finished = try Program.run(
      tool, ["-b", brokers, "--connect-timeout", "300ms"] + arguments)
    #expect(finished.status == 69 && finished.output.isEmpty)
    #expect(finished.errors.hasPrefix("\(tool): \(brokers): cannot connect: "))
    expectOneLine(finished)
  }

  @Test(arguments: ["--from", "--to"])
  func aBrokerThatRefusesTheConnectionIsToldAndWaitedFor(end: String) throws {
    let own = try TopicsUnderTest(isOwn: true)
    let mock = try #require(own.mock)
    let topic = try own.topic()
    try own.send([TopicMessage(String(EventLines.woke("a", 1).dropLast()))], to: topic)
    try mock.takeDown()
    let running = try own.start(
      "kes-read", [end, topic, "--connect-timeout", "1h"] + (end == "--from" ? ["-e"] : []))
    #expect(running.waits { running.errorsSoFar.contains(" s (--connect-timeout)\n") })
    try mock.bringUp()
    let finished = try running.finish()
    #expect(finished.status == 0)
    #expect(finished.lines.count == (end == "--from" ? 1 : 0))
    let told = finished.errors.split(separator: "\n").filter { $0.contains("cannot connect yet") }
    #expect(told.count == 1, "\(finished.errors)")
    #expect(told[0].hasPrefix("kes-read: \(own.brokers): cannot connect yet: "))
    #expect(told[0].hasSuffix("; trying for up to 3600 s (--connect-timeout)"))
  }

  @Test(arguments: [("kes-read", "--from"), ("kes-produce", "--to")])
  func whoIsNotLetInIsToldByWhichMechanism(tool: String, end: String) throws {
    let own = try TopicsUnderTest(isOwn: true)
    let finished = try Program.run(
      tool,
      [
        "-b", own.brokers, end, "events", "-X", "security.protocol=sasl_plaintext",
        "-X", "sasl.mechanism=PLAIN", "-X", "sasl.username=somebody",
        "-X", "sasl.password=very-secret",
      ])
    #expect(finished.status == 69)
    #expect(finished.errors.contains("cannot connect: by PLAIN: "))
    #expect(!finished.errors.contains("very-secret"))
    expectOneLine(finished)
  }

  @Test func aPortThatSpeaksNoTLSIsSaidToBeOne() throws {
    let finished = try Program.run(
      "kes-read",
      [
        "-b", kafka.brokers, "--from", "events", "--connect-timeout", "1s",
        "-X", "security.protocol=SSL",
      ])
    #expect(finished.status == 69)
    #expect(finished.errors.contains("that this port speaks TLS: security.protocol"))
    expectOneLine(finished)
  }

  @Test func aPropertyThatIsNoneIsAFaultOfTheConfiguration() throws {
    let finished = try kafka.run("kes-read", ["--from", "events", "-X", "no.such=1"])
    #expect(finished.status == 78)
    #expect(finished.errors.contains("no.such"))
  }

  // MARK: Topics

  @Test func topicsThatAreMissingAreSeenAtTheStart() throws {
    let broker = try KafkaScriptedBroker()
    let brokers = ["-b", broker.brokers]
    let read = try Program.run("kes-read", brokers + ["--from", "events"])
    #expect(read.status == 66 && read.errors.hasPrefix("kes-read: topic events: cannot read it: "))
    expectOneLine(read)
    for arguments in [["--to", "events"], ["--dead-letter", "topic:events"]] {
      let written = try Program.run("kes-segment", brokers + arguments)
      #expect(written.status == 73)
      #expect(written.errors.hasPrefix("kes-segment: topic events: cannot write to it: "))
      #expect(written.errors.contains("--create-topics"))
      expectOneLine(written)
    }
  }

  @Test func topicsAreCreatedWhereThatIsAskedFor() throws {
    let broker = try KafkaScriptedBroker()
    let finished = try Program.run(
      "kes-segment",
      [
        "-b", broker.brokers, "--to", "sessions", "--dead-letter", "topic:dead",
        "--create-topics", "--partitions", "5", "--replication", "1",
      ])
    #expect(finished.status == 0, "\(finished.errors)")
    #expect(broker.model { $0.topics } == ["sessions": 5, "dead": 5])
  }

  // MARK: Messages

  @Test func aMessageThatIsTooLargeIsBadData() throws {
    let topic = try kafka.topic()
    let large = EventLines.woke(String(repeating: "x", count: 5000), 1)
    let finished = try kafka.run(
      "kes-read", ["--to", topic, "-X", "message.max.bytes=1000"], input: .text(large))
    #expect(finished.status == 65)
    #expect(finished.errors.contains("topic \(topic)"))
    #expect(finished.errors.contains("message.max.bytes"))
    expectOneLine(finished)
  }

  @Test func badMessagesGoToATopicWithWhereTheyStood() throws {
    let (topic, dead) = (try kafka.topic(), try kafka.topic("dead"))
    let good = String(EventLines.woke("a", 1).dropLast())
    try kafka.send(
      [
        TopicMessage("bad", key: "k", headers: ["own=1"]), TopicMessage(good),
        TopicMessage("", key: nil),
      ], to: topic, partition: 0)
    let finished = try kafka.run(
      "kes-read", ["--from", topic, "-e", "--dead-letter", "topic:\(dead)", "--stats"])
    #expect(finished.status == 0 && finished.lines == ["[a] DeviceWokeUp()"])
    #expect(finished.errors.contains("\"rejected\":2,"))
    let letters = try kafka.messages(dead)
    #expect(letters.map(\.text) == ["bad", ""] && letters.map(\.keyText) == ["k", nil])
    #expect(
      letters.map(\.headers) == [
        [
          "own=1", "kes.reason=expected a JSON object, found bad", "kes.topic=\(topic)",
          "kes.partition=0", "kes.offset=0",
        ],
        [
          "kes.reason=an empty value; expected a JSON object", "kes.topic=\(topic)",
          "kes.partition=0", "kes.offset=2",
        ],
      ])
  }

  @Test func badMessagesAndNothingElseAreCountedToo() throws {
    let topic = try kafka.topic()
    try kafka.send(Array(repeating: TopicMessage("bad"), count: 1000), to: topic, partition: 0)
    for tool in ["kes-read", "kes-purge"] {
      let finished = try kafka.run(tool, ["--from", topic, "-e", "--on-error", "skip"])
      #expect(finished.status == 1 && finished.output.isEmpty, "\(finished.errors)")
      #expect(finished.errors.contains("1000 records could not be decoded"))
    }
  }

  @Test func badMessagesGoToAFileALineEachAndComeBackByteForByte() throws {
    let topic = try kafka.topic()
    var garbage = TopicMessage("")
    garbage.value = Data([0xFF, 0xFE, 0x00])
    // A line of text; then what is none, or reads as what stands for what is none.
    let messages = ["bä\td", "b\na\td", "b\r", "bad0", "bad"].map { TopicMessage($0) }
    try kafka.send(messages + [garbage], to: topic, partition: 0)
    let finished = try kafka.run("kes-read", ["--from", topic, "-e", "--dead-letter", "letters"])
    #expect(finished.status == 0)
    let lines = try kafka.directory.text("letters").split(separator: "\n")
    #expect(
      lines[0] == "topic \(topic), partition 0, offset 0\texpected a JSON object, found bä\tbä\td")
    let kept = lines.map { $0.split(separator: "\t", maxSplits: 2)[2] }
    #expect(kept == ["bä\td", "620a610964", "620d", "62616430", "bad", "fffe00"])
  }

  @Test func badLinesOfFilesGoToATopic() throws {
    let dead = try kafka.topic("dead")
    let input = "bad\n" + EventLines.woke("a", 1) + "worse\n"
    for tool in ["kes-read", "kes-segment", "kes-purge"] {
      let finished = try kafka.run(
        tool, ["--dead-letter", "topic:\(dead)"], input: .text(input))
      #expect(finished.status == 0 && finished.lines.count == 1, "\(finished.errors)")
    }
    let letters = try kafka.messages(dead)
    #expect(letters.map(\.text) == ["bad", "worse", "bad", "worse", "bad", "worse"])
    #expect(
      letters[1].headers == [
        "kes.reason=expected a JSON object, found worse", "kes.position=stdin:3",
      ])
  }

  // MARK: Usage

  static let usage: [(tool: String, arguments: String, message: String)] = [
    ("kes-read", "--from t", "topics need --brokers HOST:PORT, or bootstrap.servers by -X"),
    ("kes-segment", "--to t", "$KES_CONFIG"),
    ("kes-read", "--dead-letter topic:t", "topics need --brokers"),
    ("kes-read", "-b x", "--brokers is for topics: name one by --from or --to"),
    ("kes-read", "-X a=b", "-X is for topics"),
    ("kes-read", "-b x --from t file", "--from reads a topic: it goes without files to read"),
    ("kes-read", "-b x --to t --output f", "--to and --output exclude each other"),
    ("kes-read", "-e", "--exit needs --from: the topic to read"),
    ("kes-read", "-o 3", "--offset needs --from"),
    ("kes-purge", "-G g", "--group needs --from"),
    ("kes-read", "-b x --from t -o soon", "'soon' is invalid for '-o"),
    ("kes-read", "-b x --from t -X secret", "-X takes PROPERTY=VALUE"),
    ("kes-read", "-b x --from ''", "--from needs a name"),
    ("kes-read", "-b x --to t --format csv", "a topic takes json or avro"),
    ("kes-purge", "-b x --to t --format text", "a topic takes json or avro"),
    ("kes-read", "-b x --to t --sessions", "--to is for records"),
    ("kes-read", "-b x --to t --format avro", "Avro to a topic needs --registry"),
    ("kes-read", "-b x --from t --input-format avro", "Avro from a topic needs --registry"),
    ("kes-segment", "-b x --to t --codec deflate", "messages are compressed by -z"),
    ("kes-segment", "-z gzip", "--compression needs --to"),
    ("kes-segment", "-b x --to t -z best", "'best' is invalid for '-z"),
    ("kes-segment", "-b x --to t --partitions 3", "--partitions needs --create-topics"),
    (
      "kes-segment", "-b x --to t --create-topics --partitions 0",
      "--partitions must be at least 1"
    ),
    ("kes-purge", "-b x --to t --topic-config a=b", "--topic-config needs --create-topics"),
    (
      "kes-read", "-b x --to t --create-topics --topic-config a",
      "--topic-config takes NAME=VALUE, found a"
    ),
    (
      "kes-produce", "-b x --to t --create-topics --topic-config a=1 --topic-config a=2",
      "--topic-config names a twice"
    ),
    ("kes-read", "-b x --from t --connect-timeout 0s", "--connect-timeout must be greater than 0"),
    ("kes-read", "-b x --from t --follow", "--from follows its topic anyway"),
    ("kes-read", "-b x --from t --state s", "--state and --from exclude each other"),
    ("kes-purge", "-b x --from t --state s", "--from is for reading session events"),
    ("kes-produce", "-b x --from t", "--from is for --replay, which is not given"),
    ("kes-read", "-b x --from t --to t", "t is named twice, by --from and --to"),
    ("kes-segment", "-b x --from t --to t", "t is named twice, by --from and --to"),
    ("kes-segment", "-b x --from t --to t --application-id a", "t is named twice"),
    ("kes-purge", "-b x --from t --to t -e", "t is named twice"),
    ("kes-produce", "-b x --replay --from t --to t", "t is named twice"),
    ("kes-read", "-b x --from t --dead-letter topic:t", "by --from and --dead-letter"),
    ("kes-segment", "-b x --to t --dead-letter topic:t", "by --to and --dead-letter"),
    (
      "kes-segment", "-b x --from a-sessions-changelog --to t --application-id a",
      "--from names a-sessions-changelog, the application's changelog"
    ),
    (
      "kes-segment", "-b x --from t --to a-sessions-changelog --application-id a",
      "--to names a-sessions-changelog, the application's changelog"
    ),
    (
      "kes-purge", "-b x --to a-sessions-changelog --application-id a",
      "--to names a-sessions-changelog, the application's changelog"
    ),
  ]

  @Test(arguments: usage)
  func whatDoesNotGoTogetherIsRefused(tool: String, arguments: String, message: String) throws {
    let finished = try Program.shell(
      "\(tool) \(arguments)", environment: ["KES_CONFIG": ""], directory: kafka.directory)
    #expect(finished.status == 64 && finished.output.isEmpty)
    #expect(finished.errors.contains(message), "\(finished.errors)")
    expectOneLine(finished)
  }
}
