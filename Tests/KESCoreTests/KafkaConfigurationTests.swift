// Properties: where they come from, which wins, and what is said of wrong ones.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct KafkaConfigurationTests {
  private let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  private func file(_ text: String, _ name: String = "kafka.conf") throws -> String {
    let path = scratch.path + "/" + name
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func failure(
    _ kind: Failure.Kind = .configuration, _ make: () throws -> KafkaConfiguration
  ) throws -> Failure {
    let error = try #require(#expect(throws: Failure.self) { try make() })
    #expect(error.kind == kind)
    #expect(!error.description.contains("\n"))
    return error
  }

  // MARK: Where properties come from

  @Test func optionsWinOverFilesOverTheEnvironment() throws {
    let named = try file("client.id=environment\nclient.rack=environment\n", "a")
    let first = try file("client.id=first\nclient.rack=first\nlinger.ms=1\n", "b")
    let second = try file("client.id=second\n", "c")
    let environment = ["KES_CONFIG": named]
    func shown(_ files: [String], _ options: [String]) throws -> String {
      try KafkaConfiguration(
        brokers: "b:1", options: options, files: files, environment: environment
      ).description
    }
    #expect(try shown([], []) == "b:1 client.id=environment client.rack=environment")
    // Later ones come behind, and are set over the earlier.
    #expect(
      try shown([first, second], ["client.id=option"]).hasSuffix(
        "client.id=first client.rack=first linger.ms=1 client.id=second client.id=option"))
    let configuration = try KafkaConfiguration(
      brokers: "b:1", options: ["client.id=option"], files: [first], environment: environment)
    #expect(try configuration.makeHandle(.consumer).value(of: "client.id") == "option")
    #expect(try configuration.makeHandle(.consumer).value(of: "client.rack") == "first")
    #expect(try configuration.makeHandle(.consumer).value(of: "linger.ms") == "1")
  }

  @Test(
    arguments: [
      (nil, ["bootstrap.servers=x:1"], "x:1"), ("b:2", ["bootstrap.servers=x:1"], "b:2"),
      (nil, ["metadata.broker.list=x:1", "bootstrap.servers=y:1"], "y:1"), ("b:2", [], "b:2"),
    ] as [(String?, [String], String)])
  func brokersComeFromTheirOptionOrAProperty(
    brokers: String?, options: [String], found: String
  ) throws {
    let configuration = try KafkaConfiguration(brokers: brokers, options: options)
    #expect(configuration.brokers == found)
    #expect(try configuration.makeHandle(.producer).value(of: "bootstrap.servers") == found)
  }

  @Test func withoutBrokersThereIsNoConfiguration() throws {
    for environment in [[:], ["KES_CONFIG": ""]] {
      let error = try failure { try KafkaConfiguration(environment: environment) }
      #expect(error.description.contains("no brokers are named; name them by --brokers"))
    }
  }

  @Test func theFormatOfFilesIsKcats() throws {
    let path = try file(
      """
      # a comment
        # another

      client.id = spaced out
        sasl.username=user\\=name\\:1 \t\r
      sasl.password=a=b=c
      topic.acks=all
      topic.metadata.refresh.interval.ms=1000
      client.rack=
      ssl.endpoint.identification.algorithm=
      """)
    let configuration = try KafkaConfiguration(brokers: "b:1", files: [path])
    let handle = try configuration.makeHandle(.producer)
    #expect(handle.value(of: "client.id") == "spaced out")
    #expect(handle.value(of: "sasl.username") == "user=name:1")
    #expect(handle.value(of: "sasl.password") == "a=b=c")
    #expect(handle.value(of: "acks") == "-1")
    #expect(handle.value(of: "topic.metadata.refresh.interval.ms") == "1000")
    #expect(handle.value(of: "ssl.endpoint.identification.algorithm") == "none")
  }

  @Test func javasCredentialsAreUnderstood() throws {
    let path = try file(
      """
      security.protocol=SASL_SSL
      sasl.mechanism=PLAIN
      sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
      username="me" password="hush=hush";
      """)
    let configuration = try KafkaConfiguration(brokers: "b:1", files: [path])
    let handle = try configuration.makeHandle(.producer)
    #expect(handle.value(of: "sasl.username") == "me")
    #expect(handle.value(of: "sasl.password") == "hush=hush")
    #expect(configuration.mechanism == "PLAIN")
    #expect(!configuration.description.contains("hush"))
  }

  // MARK: What is wrong

  @Test(arguments: [
    ("client.id", ": cannot use line 1: expected NAME=VALUE"),
    ("\n=x\n", ": cannot use line 2: expected NAME=VALUE"),
    ("#\n\nno.such=1", ":3: property no.such: cannot use it: No such configuration property"),
    ("acks=many", ":1: property acks: cannot use it: Invalid value"),
    ("linger.ms=-1", ":1: property linger.ms: cannot use it: Configuration property \"queue.bu"),
    ("sasl.jaas.config=x", ":1: property sasl.jaas.config: cannot use it: expected a login"),
    ("sasl.mechanisms=NONE\ndebug=nonsense", ":2: property debug: cannot use it: Invalid"),
  ])
  func aFilesFaultsAreSaidWithTheirLine(text: String, message: String) throws {
    let path = try file(text)
    let error = try failure { try KafkaConfiguration(brokers: "b:1", files: [path]) }
    #expect(error.description.hasPrefix(path + message), "\(error)")
  }

  @Test(arguments: [
    ("client.id", "-X: cannot use a property: expected NAME=VALUE"),
    ("=x", "-X: cannot use a property: expected NAME=VALUE"),
    ("no.such=1", "property no.such: cannot use it: No such configuration property"),
    ("isolation.level=dirty", "property isolation.level: cannot use it: Invalid value"),
    ("enable.auto.commit=true", "kes needs it to be false: kes commits offsets together"),
    ("enable.partition.eof=false", "kes needs it to be true"),
    ("delivery.report.only.error=true", "kes needs it to be false"),
    ("group.id=g", "kes sets it by itself: use --group"),
    ("transactional.id=t", "kes sets it by itself: use --application-id"),
  ])
  func anOptionsFaultsAreSaid(option: String, message: String) throws {
    let error = try failure { try KafkaConfiguration(brokers: "b:1", options: [option]) }
    #expect(error.description.contains(message), "\(error)")
  }

  @Test func whatKesNeedsMayBeSaidAgain() throws {
    let options = ["enable.auto.commit=false", "delivery.report.only.error=false"]
    _ = try KafkaConfiguration(brokers: "b:1", options: options)
  }

  @Test func aMissingFileAndADirectoryAreSaid() throws {
    let missing = scratch.path + "/none"
    let error = try failure(.missing) {
      try KafkaConfiguration(brokers: "b:1", files: [missing])
    }
    #expect(error.description.hasPrefix("\(missing): cannot open it: No such file or directory"))
    let other = try failure {
      try KafkaConfiguration(brokers: "b:1", environment: ["KES_CONFIG": scratch.path])
    }
    #expect(other.description.hasPrefix("\(scratch.path): cannot read it: Is a directory"))
  }

  // MARK: Secrets

  @Test(arguments: [
    ("sasl.password", true), ("ssl.key.password", true), ("ssl.keystore.password", true),
    ("sasl.oauthbearer.client.secret", true), ("ssl.key.pem", true),
    ("sasl.oauthbearer.config", true), ("sasl.username", false), ("ssl.ca.location", false),
    ("ssl.certificate.pem", false), ("client.id", false),
  ])
  func secretsAreKnownByTheirNames(name: String, isSecret: Bool) {
    #expect(KafkaProperty.isSecret(name) == isSecret)
  }

  @Test func secretsAreNeverShown() throws {
    let secret = "s3cr3t/=x"
    // The library's own complaint would quote it.
    let error = try failure {
      try KafkaConfiguration(
        brokers: "b:1", options: ["sasl.password=\(secret)", "client.rack=r", "acks=\(secret)"])
    }
    #expect(!error.description.contains(secret))
    let configuration = try KafkaConfiguration(
      brokers: "b:1", options: ["sasl.password=\(secret)"])
    #expect(configuration.description == "b:1 sasl.password=[secret]")
    #expect(configuration.redacted("broker says \(secret)!") == "broker says [secret]!")
    let path = try file("sasl.password \(secret)")
    let unreadable = try failure { try KafkaConfiguration(brokers: "b:1", files: [path]) }
    #expect(!unreadable.description.contains(secret))
  }

  @Test(arguments: [
    ("b", "bootstrap.servers: no b", "bootstrap.servers: no b"),
    ("boot", "bootstrap, boot: x", "bootstrap, [secret]: x"),
    ("password", "see sasl.password: \"password\"", "see sasl.password: \"[secret]\""),
    ("s3cr3t", "s3cr3t: http://me:s3cr3t@h.", "[secret]: http://me:[secret]@h."),
    ("s3cr3t", "the s3cr3ts, s3cr3t.", "the s3cr3ts, [secret]."),
    ("x/=y!", "ax/=y!b", "ax/=y!b"), ("/=y!", "ax/=y!b", "ax[secret]b"),
  ])
  func whatIsLeftOutOfAMessageTellsNoSecret(secret: String, text: String, shown: String) throws {
    let configuration = try KafkaConfiguration(
      brokers: "b:1", options: ["sasl.password=\(secret)"])
    #expect(configuration.redacted(text) == shown)
  }

  // MARK: Defaults

  @Test func theDefaultsAreWhatTheTableSays() throws {
    let configuration = try KafkaConfiguration(brokers: "b:1")
    for property in KafkaDefault.table {
      let role: KafkaClientRole = property.scope == .consumer ? .consumer : .producer
      let found = try configuration.makeHandle(role).value(of: property.name)
      let isKnown = property.isFor(role, KafkaLibrary.version)
      #expect(found == (isKnown ? property.value : nil), "\(property.name)")
      #expect(!property.reason.isEmpty)
    }
  }

  @Test func whatTheLibraryHasSinceAVersionIsSetFromThenOn() throws {
    let property = try #require(KafkaDefault.table.first { $0.name == "fetch.queue.backoff.ms" })
    #expect(!property.isFor(.consumer, 0x0200_02ff))
    #expect(property.isFor(.consumer, 0x0202_00ff))
    #expect(property.isFor(.consumer, 0x0208_00ff))
    #expect(!property.isFor(.producer, 0x0208_00ff))
  }

  @Test func aUserMaySetDefaultsOtherwise() throws {
    let options = ["isolation.level=read_uncommitted", "partitioner=random", "client.id=me"]
    let configuration = try KafkaConfiguration(brokers: "b:1", options: options)
    let consumer = try configuration.makeHandle(.consumer)
    #expect(consumer.value(of: "isolation.level") == "read_uncommitted")
    #expect(try configuration.makeHandle(.producer).value(of: "partitioner") == "random")
  }

  @Test(
    arguments: [
      ([], nil), (["security.protocol=ssl"], "TLS"),
      (["security.protocol=SASL_PLAINTEXT"], "GSSAPI"),
      (["security.protocol=sasl_ssl", "sasl.mechanism=SCRAM-SHA-512"], "SCRAM-SHA-512"),
      (["sasl.mechanism=PLAIN"], nil),
    ] as [([String], String?)])
  func theMechanismIsKnown(options: [String], mechanism: String?) throws {
    #expect(try KafkaConfiguration(brokers: "b:1", options: options).mechanism == mechanism)
  }

  // MARK: Handles

  @Test func whatOnlyAClientNoticesIsAFaultOfTheConfiguration() throws {
    for options in [
      ["security.protocol=ssl", "ssl.ca.location=/no/such/file"],
      ["enable.idempotence=true", "acks=1"],
      ["security.protocol=sasl_plaintext", "sasl.mechanism=NONSENSE"],
    ] {
      let configuration = try KafkaConfiguration(brokers: "b:1", options: options)
      let error = try #require(
        #expect(throws: Failure.self) { try KafkaProducer(configuration) })
      #expect(error.kind == .configuration, "\(error)")
      #expect(error.description.hasPrefix("b:1: cannot use the properties: "), "\(error)")
      #expect(configuration.counts.unbalanced.isEmpty)
      #expect(configuration.counts.openedCount(.client) == 0)
      #expect(configuration.counts.openedCount(.configuration) == 2)
    }
  }

  @Test func aPropertyOfTheOtherKindOfClientIsNoNews() throws {
    let configuration = try KafkaConfiguration(
      brokers: "127.0.0.1:1", options: ["linger.ms=7", "fetch.min.bytes=2"])
    let producer = try KafkaProducer(configuration)
    let consumer = try KafkaConsumer(configuration)
    let warnings = (producer.takeNotices() + consumer.takeNotices()).filter {
      $0.facility == "CONFWARN"
    }
    #expect(warnings.isEmpty, "\(warnings)")
  }
}
