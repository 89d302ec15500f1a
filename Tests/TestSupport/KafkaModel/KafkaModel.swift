// A broker with transactions, as a model: what it knows, and what requests do to it.

import Foundation

/// Topics, groups and transactions of a cluster of one broker, after KIP-98 (transactions), KIP-360 (a
/// producer that goes on after an error), KIP-447 (offsets with the group's generation) and KIP-890
/// (only what was added to a transaction is taken). Nothing in it waits or looks at a clock: `now` is in
/// milliseconds of the monotonic one.
struct KafkaModel: Sendable {
  private(set) var topics: [String: [KafkaPartitionLog]] = [:]
  /// What each topic was made with.
  private(set) var properties: [String: [String: String]] = [:]
  private(set) var groups: [String: KafkaModelGroup] = [:]
  private var transactions: [String: KafkaModelTransactions] = [:]
  private var producerCount: Int64 = 0
  /// How long markers take behind the answer to EndTxn, in milliseconds.
  var markerTime: Int64 = 0

  // MARK: Topics

  /// Returns an error's code.
  mutating func createTopic(
    _ name: String, partitions: Int, properties given: [String: String] = [:]
  ) -> KafkaModelError? {
    if topics[name] != nil { return .topicAlreadyExists }
    properties[name] = given
    topics[name] = Array(repeating: KafkaPartitionLog(), count: partitions)
    return nil
  }

  /// What a topic has where it was made with nothing else (Kafka documentation, "Topic Configs").
  private static let defaults = [
    "cleanup.policy": "delete", "message.timestamp.type": "CreateTime",
    "retention.ms": "604800000",
  ]

  /// How a topic is configured; nil where there is none.
  func configuration(of topic: String) -> [String: String]? {
    topics[topic] == nil
      ? nil : KafkaModel.defaults.merging(properties[topic] ?? [:]) { $1 }
  }

  func log(_ partition: KafkaModelPartition) -> KafkaLog? {
    guard let logs = topics[partition.topic], logs.indices.contains(Int(partition.number)) else {
      return nil
    }
    return logs[Int(partition.number)].log
  }

  /// Keeps a batch. Returns its offset.
  mutating func append(
    _ bytes: Data, to partition: KafkaModelPartition
  ) -> Result<Int64, KafkaModelError> {
    if log(partition) == nil { return .failure(.unknownTopicOrPartition) }
    guard let batch = KafkaRecordBatch(bytes) else { return .failure(.corruptMessage) }
    if batch.isTransactional {
      guard let owner = transactions.values.first(where: { $0.producer == batch.producer }) else {
        return .failure(.invalidProducerIdentifierMapping)
      }
      if batch.epoch != owner.epoch { return .failure(.invalidProducerEpoch) }
      if !owner.isOpen || !owner.partitions.contains(partition) {
        return .failure(.invalidTransactionState)
      }
    }
    return topics[partition.topic]?[Int(partition.number)].append(batch)
      ?? .failure(.unknownTopicOrPartition)
  }

  // MARK: Time

  /// Does what is due: writes markers, aborts transactions that take too long, forgets members.
  mutating func advance(_ now: Int64) {
    for (name, transaction) in transactions {
      switch transaction.state {
      case .ending(let commits, let due) where due <= now: finish(name, commits, now)
      case .open(let since) where now - since > transaction.timeout:
        transactions[name]?.fence()
        finish(name, false, now)
      default: break
      }
    }
    for name in groups.keys {
      groups[name]?.expire(now)
      groups[name]?.finishJoining(now)
    }
  }

  private mutating func finish(_ name: String, _ commits: Bool, _ now: Int64) {
    guard let transaction = transactions[name] else { return }
    for partition in transaction.partitions {
      topics[partition.topic]?[Int(partition.number)].endTransaction(
        of: transaction.producer, epoch: transaction.epoch, commits: commits, time: now)
    }
    for group in transaction.groups {
      groups[group]?.end(producer: transaction.producer, commits: commits)
    }
    transactions[name]?.finish(commits: commits)
  }

  // MARK: Transactions

  /// A producer's name and epoch, of a transactional id or without.
  struct Producer {
    var identifier: Int64 = -1
    var epoch: Int16 = -1
  }

  /// - Parameter known: what the producer is called until now.
  mutating func initProducer(
    _ name: String?, timeout: Int64, known: Producer, now: Int64
  ) -> Result<Producer, KafkaModelError> {
    guard let name else {
      producerCount += 1
      return .success(Producer(identifier: producerCount, epoch: 0))
    }
    guard let transaction = transactions[name] else {
      producerCount += 1
      transactions[name] = KafkaModelTransactions(producer: producerCount, timeout: timeout)
      return .success(Producer(identifier: producerCount, epoch: 0))
    }
    if known.identifier >= 0 && transaction.check(known.identifier, known.epoch) != nil {
      return .failure(.producerFenced)
    }
    if transaction.isEnding { return .failure(.concurrentTransactions) }
    if transaction.isOpen {
      transactions[name]?.fence()
      finish(name, false, now)
    }
    transactions[name]?.bump()
    transactions[name]?.timeout = timeout
    return .success(
      Producer(identifier: transaction.producer, epoch: transactions[name]?.epoch ?? 0))
  }

  /// Whether a producer may add to its transaction.
  private func check(_ name: String, _ producer: Producer) -> KafkaModelError? {
    guard let transaction = transactions[name] else { return .invalidProducerIdentifierMapping }
    if let error = transaction.check(producer.identifier, producer.epoch) { return error }
    return transaction.isEnding ? .concurrentTransactions : nil
  }

  mutating func addPartitions(
    _ partitions: [KafkaModelPartition], to name: String, _ producer: Producer, now: Int64
  ) -> KafkaModelError? {
    if let error = check(name, producer) { return error }
    if partitions.contains(where: { log($0) == nil }) { return .unknownTopicOrPartition }
    transactions[name]?.add(partitions, now: now)
    return nil
  }

  mutating func addGroup(
    _ group: String, to name: String, _ producer: Producer, now: Int64
  ) -> KafkaModelError? {
    if let error = check(name, producer) { return error }
    transactions[name]?.add(group: group, now: now)
    return nil
  }

  /// Who commits offsets of a group, and as of when.
  struct Committer {
    let group: String
    let member: String
    let generation: Int32
  }

  /// Has a transaction commit offsets when it commits.
  mutating func hold(
    _ offsets: [KafkaModelPartition: Int64], in name: String, _ producer: Producer,
    _ committer: Committer
  ) -> KafkaModelError? {
    if let error = check(name, producer) { return error }
    if transactions[name]?.groups.contains(committer.group) != true {
      return .invalidTransactionState
    }
    if let error = checkCommit(committer) { return error }
    groups[committer.group, default: KafkaModelGroup()].hold(offsets, of: producer.identifier)
    return nil
  }

  mutating func endTransaction(
    _ name: String, _ producer: Producer, commits: Bool, now: Int64
  ) -> KafkaModelError? {
    guard let transaction = transactions[name] else { return .invalidProducerIdentifierMapping }
    if let error = transaction.check(producer.identifier, producer.epoch) { return error }
    let error = transactions[name]?.end(commits: commits, due: now + markerTime)
    advance(now)
    return error
  }

  // MARK: Groups

  func checkCommit(_ committer: Committer) -> KafkaModelError? {
    (groups[committer.group] ?? KafkaModelGroup()).checkCommit(
      committer.member, generation: committer.generation)
  }

  mutating func commit(
    _ offsets: [KafkaModelPartition: Int64], _ committer: Committer
  ) -> KafkaModelError? {
    if let error = checkCommit(committer) { return error }
    groups[committer.group, default: KafkaModelGroup()].commit(offsets)
    return nil
  }

  /// Lends a group, which is made where it is not there.
  mutating func with<Result>(
    group name: String, _ body: (inout KafkaModelGroup) -> Result
  ) -> Result {
    body(&groups[name, default: KafkaModelGroup()])
  }
}
