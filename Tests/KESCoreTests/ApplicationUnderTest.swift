// An application of kes-segment in the tests' own process, run to the end of its input.

import TestSupport
import Testing

@testable import KESCore

/// Topics of an application, and runs of it.
final class ApplicationUnderTest {
  let kafka: KafkaUnderTest
  let input: String
  let output: String
  let application: SegmentApplication
  let partitions: Int
  private(set) var notes: [String] = []

  init(
    partitions: Int = 2, guarantee: ProcessingGuarantee = .exactlyOnce,
    brokerCount: Int? = nil
  ) throws {
    kafka = try KafkaUnderTest(brokerCount: brokerCount)
    self.partitions = partitions
    input = try kafka.topic("events", partitions: partitions)
    output = try kafka.topic("sessions", partitions: partitions)
    var application = SegmentApplication(identifier: kafka.unique("application"))
    application.guarantee = guarantee
    self.application = application
    try kafka.topic(exactly: application.changelog, partitions: partitions)
  }

  /// Sends events, each to the partition that it names.
  func send(_ events: [(partition: Int32, line: String)]) throws {
    let producer = try KafkaProducer(kafka.configuration)
    let topic = try producer.topic(input)
    for event in events {
      try producer.send(TestRecord(event.line), to: topic, partition: event.partition)
    }
    try producer.flush(KafkaUnderTest.patience)
  }

  /// Reads to the ends of the input. Returns the last figures.
  @discardableResult
  func run(
    store: StateStore, _ change: (inout SegmentationRules) -> Void = { _ in }
  ) throws -> Statistics {
    var rules = SegmentationRules()
    change(&rules)
    let signals = Signals()
    var reading = TopicReading(topic: input)
    reading.group = application.identifier
    reading.exitsAtEnd = true
    let (configuration, identifier) = (kafka.configuration, application.identifier)
    let isExactlyOnce = application.guarantee == .exactlyOnce
    let sender = try TopicSender(isTransactional: isExactlyOnce, signals: signals) {
      () throws(Failure) in
      let producer = try KafkaProducer(
        configuration, transactionalIdentifier: isExactlyOnce ? identifier : nil)
      if isExactlyOnce { try producer.initTransactions(KafkaUnderTest.patience) }
      return producer
    }
    let reader = try TopicReader(configuration, reading, signals: signals)
    try reader.connect()
    let running = try RunningApplication(
      application, configuration, sender: sender, store: store, reader: reader)
    let formats = RecordFormats(output: .json)
    let sessions = FormatOutput(topic: output, sender: sender, formats: formats)
    let reporter = LastStatistics()
    var options = TopicSegmentOptions()
    options.segment.commitInterval = 20
    options.keepsHeaders = true
    let pipeline = TopicSegmentPipeline(
      reader: reader, formats: formats, rules: rules,
      encoder: sessions.makeSessionEncoder(emission: .all, marksDuplicates: false),
      outputs: SegmentOutputs(sessions: sessions.stream, late: nil), deadLetters: nil, store: store,
      application: running, options: options, signals: signals, reporter: reporter,
      onNote: { [self] in notes.append($0) })
    #expect(try pipeline.run() == .done)
    return try #require(reporter.last)
  }

  /// What the output has, partition by partition.
  func sessions() throws -> [TestRecord] {
    let consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign(
      (0..<partitions).map {
        KafkaPosition(KafkaPartition(topic: output, number: Int32($0)), .beginning)
      })
    var batch = KafkaMessageBatch(capacity: 1000)
    return try consumer.collect(&batch) { _, ends in
      Set(ends.map(\.partition)).count == partitions
    }
  }
}

/// Keeps the last figures of a run.
final class LastStatistics: StatisticsReporter {
  private(set) var last: Statistics?
  var deadline: Int64? { nil }

  func report(now: Int64, isAsked: Bool, isLast: Bool, _ statistics: () -> Statistics) {
    if isLast { last = statistics() }
  }
}
