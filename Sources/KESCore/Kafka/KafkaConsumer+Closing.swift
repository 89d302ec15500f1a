// How a consumer leaves its group.

internal import CRdkafka

extension KafkaConsumer {
  /// Leaves the group, so that others take over at once; what is unanswered is given up. Ends when
  /// that is done or the patience is over: then the group notices by the session's timeout.
  /// Returns whether it was done. Called by `deinit`, too.
  @discardableResult
  public func close(_ patience: KafkaPatience) -> Bool {
    if unsafe rd_kafka_consumer_closed(client.pointer) != 0 { return true }
    client.context.rebalances.isClosing = true
    giveUpUnanswered()
    // A queue of its own: the consumer's is forwarded to it.
    guard let farewells = try? KafkaQueueHandle(client) else { return false }
    let refusal = unsafe rd_kafka_consumer_close_queue(client.pointer, farewells.pointer)
    if unsafe KafkaErrorHandle(adopting: refusal, client.counts) != nil { return false }
    return serve(farewells, patience)
  }

  /// Has rebalances answered and drops messages until the consumer is closed; false where the
  /// patience is over before that.
  private func serve(
    _ farewells: borrowing KafkaQueueHandle, _ patience: KafkaPatience
  ) -> Bool {
    let deadline = KafkaDeadline(patience)
    // Not by the library's function for callbacks, which stops the process at a message.
    var batch = KafkaMessageBatch(capacity: 100)
    while unsafe rd_kafka_consumer_closed(client.pointer) == 0 {
      farewells.forgetArrivals()
      _ = batch.fill(from: farewells)
      if unsafe rd_kafka_consumer_closed(client.pointer) != 0 { break }
      if deadline.isOver { return false }
      if batch.isEmpty { _ = farewells.wait(milliseconds: deadline.remaining(atMost: 20)) }
    }
    return true
  }

  private func giveUpUnanswered() {
    var events = client.context.rebalances.pending
    if let unanswered { events.insert(unanswered, at: 0) }
    client.context.rebalances.pending = []
    unanswered = nil
    for event in events {
      let partitions = client.context.rebalances.read(of: event)
      _ = unsafe kafkaAnswer(event, partitions, startingAt: [], client.pointer, client.counts)
    }
  }
}
