// The plain values of the room: offsets, partitions, ends, states.

import CRdkafka
import CRdkafkaTest
import TestSupport
import Testing

@testable import KESCore

@Suite struct KafkaOffsetSpecificationTests {
  @Test(
    arguments: [
      ("beginning", .beginning), ("end", .end), ("0", .number(0)), ("17", .number(17)),
      ("9223372036854775807", .number(.max)), ("-0", .beforeEnd(0)), ("-17", .beforeEnd(17)),
      ("s@0", .time(EventTime(milliseconds: 0))),
      ("s@1700000000000", .time(EventTime(milliseconds: 1_700_000_000_000))),
    ] as [(String, KafkaOffsetSpecification)])
  func kcatsFormsAreUnderstood(text: String, expected: KafkaOffsetSpecification) {
    #expect(KafkaOffsetSpecification(text) == expected)
    #expect(KafkaOffsetSpecification(expected.description) == expected)
  }

  @Test(arguments: [
    "", "-", "--1", "+1", " 1", "1 ", "1.5", "0x10", "s@", "s@-1", "s@x", "e@1", "Beginning",
    "9223372036854775808", "-9223372036854775808", "stored", "١",
  ])
  func anythingElseIsNot(text: String) {
    #expect(KafkaOffsetSpecification(text) == nil)
  }

  @Test(
    arguments: [
      (.beginning, 3), (.end, 10), (.number(5), 5), (.number(99), 10), (.number(1), 1),
      (.beforeEnd(4), 6),
      (.beforeEnd(0), 10), (.beforeEnd(7), 3), (.beforeEnd(.max), 3),
      (.time(EventTime(milliseconds: 1)), 8),
    ] as [(KafkaOffsetSpecification, Int64)])
  func placesAreWithinTheWatermarks(specification: KafkaOffsetSpecification, offset: Int64) {
    let marks = KafkaWatermarks(low: KafkaOffset(3), high: KafkaOffset(10))
    #expect(specification.offset(in: marks, atTime: KafkaOffset(8)) == KafkaOffset(offset))
  }

  @Test func aTimeBehindAllRecordsIsTheEnd() {
    let marks = KafkaWatermarks(low: KafkaOffset(3), high: KafkaOffset(10))
    let time = KafkaOffsetSpecification.time(EventTime(milliseconds: 9))
    #expect(time.offset(in: marks, atTime: .end) == KafkaOffset(10))
  }
}

@Suite struct KafkaPartitionerTests {
  /// From Kafka's UtilsTest.testMurmur2.
  @Test(
    arguments: [
      ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
      ("a-little-bit-longer-string", -1_486_304_829),
      ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
    ] as [(String, Int32)])
  func hashesAreThoseOfJavaClients(text: String, hash: Int32) {
    let bytes = Array(text.utf8)
    #expect(Int32(bitPattern: KafkaPartitioner.murmur2(bytes.span)) == hash)
  }

  @Test func partitionsAreThoseOfLibrdkafka() throws {
    try KafkaLibrary.load()
    try #require(unsafe kes_rdkafka_load_test() == nil)
    var generator = SplitMix64(seed: 1)
    for length in 0..<70 {
      for _ in 0..<20 {
        let key = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        let count = Int32(generator.next() % 1000) + 1
        let expected = unsafe key.withUnsafeBytes { bytes in
          unsafe rd_kafka_msg_partitioner_murmur2(
            nil, bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 8), bytes.count, count, nil,
            nil)
        }
        #expect(KafkaPartitioner.partition(ofKey: key.span, count: count) == expected)
      }
    }
  }

  @Test func oneByteBytesBeyondASCIIAreNotSigned() {
    // Java's bytes are signed, and masked before they are used.
    let key: [UInt8] = [0xff, 0x80, 0xfe]
    #expect(KafkaPartitioner.partition(ofKey: key.span, count: 1) == 0)
  }
}

@Suite struct KafkaTransactionStateTests {
  private typealias State = KafkaTransactionState
  private typealias Move = KafkaTransactionState.Move

  private func error(_ recovery: Failure.Recovery, _ kind: Failure.Kind = .unavailable)
    -> Failure
  {
    Failure(kind, operation: "x", place: Place(), reason: "y", recovery: recovery)
  }

  /// Every state with every move: what is permitted, and where it leads.
  @Test func theDrawingIsWhatTheCodeDoes() {
    let permitted: [State: [Move: State]] = [
      .unready: [.initialise: .ready],
      .ready: [.begin: .open],
      .open: [.produce: .open, .sendOffsets: .open, .commit: .ready, .abort: .ready],
      .mustAbort: [.abort: .ready],
      .committing: [.commit: .ready],
      .aborting: [.abort: .ready],
      .dead: [:],
    ]
    for state in State.allCases {
      for move in Move.allCases {
        let next = permitted[state]?[move]
        #expect(state.permits(move) == (next != nil), "\(state) \(move)")
        if let next { #expect(state.after(move) == next) }
      }
    }
  }

  @Test func failuresLeadWhereTheirRecoveryIs() {
    for state in State.allCases {
      for move in Move.allCases where state.permits(move) {
        #expect(state.after(move, failing: error(.abort)) == .mustAbort)
        #expect(state.after(move, failing: error(.none, .fatal)) == .dead)
        #expect(state.after(move, failing: error(.none, .fenced)) == .dead)
        let waiting: State =
          switch move {
          case .commit: .committing
          case .abort: .aborting
          default: state
          }
        #expect(state.after(move, failing: error(.retry)) == waiting)
      }
    }
    #expect(State.open.after(.produce, failing: error(.none, .badData)) == .open)
    #expect(State.open.after(.commit, failing: error(.none)) == .dead)
  }
}

@Suite struct KafkaErrorTests {
  private func kind(_ code: rd_kafka_resp_err_t) -> Failure.Kind {
    KafkaErrorCode(code).kind
  }

  @Test func codesHaveTheirKinds() {
    let kinds: [(rd_kafka_resp_err_t, Failure.Kind)] = [
      (RD_KAFKA_RESP_ERR__STATE, .bug), (RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, .badData),
      (RD_KAFKA_RESP_ERR_INVALID_RECORD, .badData),
      (RD_KAFKA_RESP_ERR_NOT_COORDINATOR, .retriable),
      (RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, .retriable), (RD_KAFKA_RESP_ERR__FATAL, .fatal),
      (RD_KAFKA_RESP_ERR_PRODUCER_FENCED, .fenced), (RD_KAFKA_RESP_ERR__FENCED, .fenced),
      (RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, .fenced),
      (RD_KAFKA_RESP_ERR__TRANSPORT, .unavailable),
      (RD_KAFKA_RESP_ERR__AUTHENTICATION, .unavailable),
      (RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, .unavailable),
      (RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, .unavailable),
      (RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, .configuration),
      (RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, .missing),
      (RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, .unavailable),
    ]
    for (code, expected) in kinds { #expect(kind(code) == expected, "\(KafkaErrorCode(code))") }
  }

  @Test func everyCodeOfTheLibraryMakesAMessageOfOneLine() {
    for code in Int32(-199)...110 {
      let error = Failure(
        code: KafkaErrorCode(rawValue: code), operation: "do it",
        place: Place(brokers: "b:1"))
      #expect(error.description.hasPrefix("b:1: cannot do it: "))
      #expect(!error.description.contains("\n"))
    }
  }

  @Test func aMessageSaysWhereWhatWhyAndWhatToDo() {
    let error = Failure(
      code: KafkaErrorCode(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), operation: "send a record",
      place: Place(topic: "events", partition: 3, offset: 17))
    #expect(
      error.description == "topic events, partition 3, offset 17: cannot send a record: "
        + "Broker: Message size too large (MSG_SIZE_TOO_LARGE); see message.max.bytes here, at "
        + "the broker and at the topic")
  }

  @Test func aTimeThatBrokersRefuseIsNoMatterOfSize() {
    let error = Failure(
      code: KafkaErrorCode(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP), operation: "deliver a record",
      place: Place(topic: "events", partition: 0))
    #expect(error.kind == .badData && !error.description.contains("message.max.bytes"))
    for name in [
      "message.timestamp.before.max.ms", "message.timestamp.after.max.ms",
      "message.timestamp.difference.max.ms", "--max-ahead",
    ] {
      #expect(error.description.contains(name), "\(error)")
    }
  }

  @Test(
    arguments: [
      (
        "b:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)",
        "b:1: Connect to 127.0.0.1:1 failed: Connection refused"
      ),
      (
        "ssl://b:1/bootstrap: Disconnected (after 12ms in state SSL_HANDSHAKE, 30 identical error(s) suppressed)",
        "ssl://b:1: Disconnected"
      ),
      ("b:1/7: Disconnected (after 12ms in state UP): see", "b:1/7: Disconnected: see"),
      ("Connect to ipv6#[::1]:9092 failed", "Connect to [::1]:9092 failed"),
      (
        "topic a#b in state c/bootstrap (after noon)", "topic a#b in state c/bootstrap (after noon)"
      ),
    ])
  func messagesOfTheLibraryAreForUsers(text: String, shown: String) {
    #expect(KafkaLibrary.plain(text) == shown)
  }

  /// Versions as `rd_kafka_version` says them, and how a message calls those that may hang.
  @Test(
    arguments: [
      (0x0200_02FF, nil), (0x0209_00FF, nil), (0x020A_00FF, "2.10.0"), (0x020F_00FF, "2.15.0"),
      (0x0210_00FF, "2.16.0"), (0x0210_01FF, nil),
    ] as [(Int32, String?)])
  func versionsThatHangAreKnown(version: Int32, name: String?) {
    let caution = KafkaLibrary.caution(version)
    #expect(
      caution?.hasPrefix("librdkafka \(name ?? "") may wait for ever") == name.map { _ in true })
  }

  @Test func objectsOfErrorsAreReadAndFreedOnce() throws {
    try KafkaLibrary.load()
    try #require(unsafe kes_rdkafka_load_test() == nil)
    let counts = KafkaHandleCounts()
    let place = Place()
    func failure(_ error: OpaquePointer?) -> Failure? {
      unsafe KafkaErrorHandle(adopting: error, counts)?.failure("x", place)
    }
    #expect(failure(nil) == nil)
    let plain = unsafe failure(kes_rdkafka_error(RD_KAFKA_RESP_ERR__STATE, "two\nlines"))
    #expect(
      plain?.reason == "two lines" && plain?.kind == .bug
        && plain?.recovery == Failure.Recovery.none)
    #expect(counts.unbalanced.isEmpty && counts.openedCount(.error) == 1)
  }
}

@Suite(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
struct KafkaTestClusterTests {
  @Test(arguments: [
    ("", "an empty command"), ("dance", "no such command: dance"),
    ("topic t", "expected topic NAME PARTITIONS REPLICATION"),
    ("errors 0", "expected errors API CODE…"), ("errors 0 x", "expected errors API CODE…"),
    ("rtt 1 fast", "expected rtt BROKER MILLISECONDS"), ("down 77", "Broker: Broker not available"),
  ])
  func aCommandThatIsWrongIsAnswered(command: String, answer: String) throws {
    let cluster = try KafkaTestCluster.shared.get()
    let failure = try #require(
      #expect(throws: KafkaTestCluster.Failure.self) { try cluster.send(command) })
    #expect(failure.answer == "error: \(answer)")
  }
}
