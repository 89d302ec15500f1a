// The two kinds of clients.

/// What a client is for.
enum KafkaClientRole: Sendable {
  case consumer, producer
}
