// What a broker says when it does not do what it was asked for.

/// Error codes (Kafka protocol guide, "Error Codes").
enum KafkaModelError: Int16, Error {
  case offsetOutOfRange = 1
  case unknownTopicOrPartition = 3
  case illegalGeneration = 22
  case unknownMember = 25
  case rebalanceInProgress = 27
  case unsupportedVersion = 35
  case topicAlreadyExists = 36
  case outOfOrderSequence = 45
  case invalidProducerEpoch = 47
  case invalidTransactionState = 48
  case invalidProducerIdentifierMapping = 49
  case concurrentTransactions = 51
  case corruptMessage = 2
  case unstableOffsetCommit = 88
  case producerFenced = 90
}
