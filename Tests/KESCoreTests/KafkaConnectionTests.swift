// Brokers that are not there, or do not let us in.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct KafkaConnectionTests {
  private func failure(
    _ brokers: String, _ options: [String] = [], milliseconds: Int64 = 700,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) throws -> Failure {
    let configuration = try KafkaConfiguration(brokers: brokers, options: options)
    let producer = try KafkaProducer(configuration)
    let error = try #require(
      #expect(throws: Failure.self) {
        try producer.connect(
          KafkaPatience(milliseconds: milliseconds, isInterrupted: isInterrupted))
      })
    if error.kind != .interrupted { #expect(error.kind == .unavailable, "\(error)") }
    #expect(error.description.hasPrefix("\(brokers): cannot connect: "), "\(error)")
    return error
  }

  /// An address that nobody listens on.
  private func deadAddress() throws -> String {
    let listener = try LoopbackListener { _ in }
    listener.stop()
    return "127.0.0.1:\(listener.port)"
  }

  @Test func brokersThatAnswerAreConnected() throws {
    let kafka = try KafkaUnderTest()
    let patience = KafkaUnderTest.patience
    try KafkaProducer(kafka.configuration).connect(patience)
    try KafkaConsumer(kafka.configuration).connect(patience)
    try KafkaConsumer(kafka.configuration, group: kafka.unique("group")).connect(patience)
    try KafkaAdmin(kafka.configuration).connect(patience)
  }

  @Test func aRefusedConnectionIsSaidWithinTheTime() throws {
    let brokers = "\(try deadAddress()),\(try deadAddress())"
    let start = KafkaDeadline.now
    let error = try failure(brokers)
    #expect(KafkaDeadline.now - start < 10_000)
    #expect(error.reason.contains("Connection refused"), "\(error)")
    // No internals of the library.
    let isPlain = !error.reason.contains(/in state|bootstrap|ipv4#/)
    #expect(isPlain, "\(error)")
    #expect(error.code.name == "_TRANSPORT" && error.recovery == .retry)
    #expect(error.description.hasSuffix("see that brokers run there"))
  }

  @Test func aNameThatDoesNotResolveIsSaid() throws {
    let error = try failure("no-such-host.invalid:9092", milliseconds: 3000)
    #expect(error.reason.contains("no-such-host.invalid"), "\(error)")
    #expect(error.reason.contains("resolve"), "\(error)")
  }

  @Test func aServerThatSaysNothingIsSaid() throws {
    let listener = try LoopbackListener { $0.waitForEnd() }
    defer { listener.stop() }
    let error = try failure("127.0.0.1:\(listener.port)")
    #expect(error.reason == "no answer within 700 ms", "\(error)")
  }

  @Test func aServerThatIsNoBrokerIsSaid() throws {
    let listener = try LoopbackListener { connection in
      connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
      connection.waitForEnd()
    }
    defer { listener.stop() }
    let error = try failure("127.0.0.1:\(listener.port)", milliseconds: 1500)
    #expect(["_TRANSPORT", "_BAD_MSG"].contains(error.code.name), "\(error)")
  }

  @Test func waitingEndsWhenTold() throws {
    let error = try failure(
      try deadAddress(), milliseconds: 600_000, isInterrupted: { true })
    #expect(error.kind == .interrupted)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func brokersThatComeLateAreConnected() throws {
    let cluster = try KafkaTestCluster()
    try cluster.takeDown()
    let configuration = try KafkaConfiguration(
      brokers: cluster.brokers, options: ["reconnect.backoff.max.ms=100"])
    let producer = try KafkaProducer(configuration)
    let error = try #require(
      #expect(throws: Failure.self) {
        try producer.connect(KafkaPatience(milliseconds: 300))
      })
    #expect(error.recovery == .retry)
    try cluster.bringUp()
    try producer.connect(KafkaUnderTest.patience)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func slowBrokersAreConnected() throws {
    let cluster = try KafkaTestCluster()
    // Longer than one turn of waiting.
    try cluster.setLatency(milliseconds: 700)
    let producer = try KafkaProducer(KafkaConfiguration(brokers: cluster.brokers))
    try producer.connect(KafkaUnderTest.patience)
  }

  // MARK: Refusals

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aRefusedMechanismIsNamedAtOnce() throws {
    // The mock cluster knows no SASL, which is all the same to a client whose mechanism a broker
    // does not know.
    let cluster = try KafkaTestCluster()
    let start = KafkaDeadline.now
    let error = try failure(
      cluster.brokers,
      [
        "security.protocol=sasl_plaintext", "sasl.mechanism=PLAIN", "sasl.username=me",
        "sasl.password=hush",
      ], milliseconds: 60_000)
    #expect(KafkaDeadline.now - start < 30_000)
    #expect(error.reason.hasPrefix("by PLAIN: "), "\(error)")
    #expect(error.description.contains("see security.protocol, sasl.mechanism"), "\(error)")
    #expect(!error.description.contains("hush"))
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aBrokerWithoutTLSIsSaid() throws {
    let cluster = try KafkaTestCluster()
    let error = try failure(
      cluster.brokers, ["security.protocol=ssl"], milliseconds: 3000)
    #expect(error.description.contains("that this port speaks TLS"), "\(error)")
  }

  @Test(.enabled(if: OpenSSL.isThere, "needs the command openssl"))
  func aCertificateThatIsNotTrustedIsSaidAtOnce() throws {
    let scratch = try TemporaryDirectory()
    let directory = URL(fileURLWithPath: scratch.path)
    let authority = try CertificateAuthority("authority", in: directory)
    let server = try TLSFileServer(
      directory: directory, identity: authority.issue("server"))
    let other = try CertificateAuthority("other", in: directory)
    let start = KafkaDeadline.now
    let error = try failure(
      "127.0.0.1:\(server.port)",
      ["security.protocol=ssl", "ssl.ca.location=\(other.certificate)"], milliseconds: 60_000)
    #expect(KafkaDeadline.now - start < 30_000)
    #expect(error.code.name == "_SSL" && error.reason.hasPrefix("by TLS: "), "\(error)")
    #expect(error.reason.contains("verif"), "\(error)")
  }

  // MARK: Notices

  @Test func whatTheLibrarySaysIsKeptAndNotPrinted() throws {
    let configuration = try KafkaConfiguration(brokers: try deadAddress())
    let producer = try KafkaProducer(configuration)
    var notices: [KafkaNotice] = []
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    while notices.isEmpty && !deadline.isOver {
      _ = try? producer.connect(KafkaPatience(milliseconds: 100))
      notices += producer.takeNotices()
    }
    #expect(notices.contains { $0.facility == "FAIL" && $0.level == 3 }, "\(notices)")
    #expect(notices.allSatisfy { $0.description.hasPrefix("librdkafka: ") })
    #expect(notices.allSatisfy { !$0.text.contains("[thrd:") })
  }

  @Test func whatPassesByItselfIsNoWarning() {
    let log = KafkaNoticeLog { $0 }
    let start = "Failed to acquire idempotence PID from broker localhost:9092/1: Broker: "
    for end in ["Coordinator load in progress: retrying", "Cluster authorization failed"] {
      log.note(level: 4, facility: "GETPID", text: start + end)
    }
    #expect(log.take().map(\.level) == [6, 4])
  }

  @Test func noticesAreBoundedAndWithoutSecrets() {
    let log = KafkaNoticeLog { $0.replacingOccurrences(of: "hush", with: "[secret]") }
    for index in 0..<KafkaNoticeLog.greatestCount + 5 {
      log.note(level: 6, facility: "F", text: "[thrd:main]: hush\n\(index)")
    }
    let taken = log.take()
    #expect(taken.first?.text == "[secret] 0")
    #expect(taken.last?.text == "5 more messages were dropped")
    #expect(log.take().isEmpty)
    log.fail(KafkaErrorCode(rawValue: -195), "why: hush")
    log.fail(.allBrokersDown, "1/1 brokers are down")
    #expect(log.lastFailure?.reason == "why: [secret]")
  }
}
