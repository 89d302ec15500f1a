// What kes sets where librdkafka's defaults do not fit.

/// A property that every client of kes begins with.
struct KafkaDefault: Sendable {
  /// Which clients it is for: librdkafka warns of a producer's property on a consumer.
  enum Scope: Sendable { case every, consumer, producer }

  let name: String
  let value: String
  let scope: Scope
  /// Whether the user may set it otherwise; where not, what depends on it is said in `reason`.
  let isFixed: Bool
  /// The first version of the library that knows it, as `rd_kafka_version` says it: 0x020200ff is 2.2.0.
  let since: Int32
  let reason: String

  private init(
    _ name: String, _ value: String, _ scope: Scope, isFixed: Bool = false, since: Int32 = 0,
    _ reason: String
  ) {
    self.name = name
    self.value = value
    self.scope = scope
    self.isFixed = isFixed
    self.since = since
    self.reason = reason
  }

  /// The table. What is not in it has librdkafka's default (its CONFIGURATION.md, 2.0.2).
  static let table: [KafkaDefault] = [
    KafkaDefault("client.id", "kes", .every, "names us in the brokers' logs and quotas"),
    KafkaDefault("log.connection.close", "false", .every, "brokers close idle connections"),
    KafkaDefault("socket.keepalive.enable", "true", .every, "notices brokers that went silently"),
    KafkaDefault("statistics.interval.ms", "0", .every, "kes counts for itself"),
    KafkaDefault("allow.auto.create.topics", "false", .every, "a misspelled topic is an error"),

    KafkaDefault(
      "enable.auto.commit", "false", .consumer, isFixed: true,
      "kes commits offsets together with what came of the records"),
    KafkaDefault(
      "enable.auto.offset.store", "false", .consumer, isFixed: true,
      "kes commits offsets together with what came of the records"),
    KafkaDefault(
      "enable.partition.eof", "true", .consumer, isFixed: true,
      "kes ends at the end of the partitions by it"),
    KafkaDefault(
      "partition.assignment.strategy", "cooperative-sticky", .consumer,
      "a rebalance moves only what must move (KIP-429)"),
    KafkaDefault(
      "session.timeout.ms", "10000", .consumer,
      "another takes over from a process that was killed after so long; librdkafka waits 45 s"),
    KafkaDefault(
      "topic.metadata.refresh.interval.ms", "30000", .consumer,
      "a topic that is deleted is noticed by its readers after so long; librdkafka looks every 5 min"
    ),
    KafkaDefault(
      "fetch.wait.max.ms", "100", .consumer,
      "a fetch that waits for records holds up what is asked behind it on its connection: where a"
        + " partition ends, when one is taken over; librdkafka's is 500"),
    KafkaDefault(
      "isolation.level", "read_committed", .consumer,
      "records of aborted transactions are none (KIP-98)"),
    KafkaDefault(
      "auto.offset.reset", "error", .consumer,
      "records that are gone before they were read must not be passed over in silence"),
    KafkaDefault(
      "queued.max.messages.kbytes", "32768", .consumer, "bounds memory; 64 MiB is librdkafka's"),
    KafkaDefault(
      "queued.min.messages", "10000000", .consumer,
      "librdkafka 2.0.2 pauses for up to a second whenever so many are queued, 100,000 by default,"
        + " which made reading four times slower; kilobytes are the bound that counts"),
    KafkaDefault(
      "fetch.queue.backoff.ms", "5", .consumer, since: 0x0202_00ff,
      "the queue has room again long before the second that librdkafka waits"
        + " (`KafkaClientHandle.fetchOn`)"),

    KafkaDefault(
      "partitioner", "murmur2_random", .producer, "as Java clients do, to be co-partitioned"),
    KafkaDefault(
      "enable.idempotence", "true", .producer, "retries neither repeat nor reorder (KIP-98)"),
    KafkaDefault(
      "queue.buffering.max.kbytes", "65536", .producer, "bounds memory; 1 GiB is librdkafka's"),
    KafkaDefault(
      "transaction.timeout.ms", "10000", .producer,
      "what a process that was killed left open holds readers up no longer; librdkafka's is 60 s"),
    KafkaDefault(
      "delivery.report.only.error", "false", .producer, isFixed: true,
      "kes counts what was delivered"),
  ]

  /// Properties that have an option of their own, which the tools must know of.
  static let options: [String: String] = [
    "group.id": "--group or --application-id",
    "group.instance.id": "--instance-id",
    "transactional.id": "--application-id",
  ]
}
