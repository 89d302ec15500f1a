// Places that a partition does not have any more: retention came first, or the topic was made anew.

extension TopicReader {
  /// Where to go on in partitions that were read up to `known`: there; or, where retention has removed
  /// what stood there, where the user says, which is noted.
  ///
  /// - Parameter client: whom to ask; a consumer's questions wait behind its fetches.
  /// Throws `Failure`: `.inputChanged` where the user says nothing of that, and where a partition
  /// has no such place.
  func placesToGoOn(
    from known: [Int32: KafkaOffset], asking client: KafkaClient
  ) throws(Failure) -> [Int32: KafkaOffset] {
    if known.isEmpty { return known }
    let partitions = known.keys.sorted()
    let marks = try client.watermarks(partitions.map(named), patience)
    var places = known
    for partition in partitions {
      guard let offset = known[partition], let marks = marks[named(partition)] else { continue }
      // Committed records alone may end before it, while a transaction is open.
      if offset > marks.high, let end = try endOfAll(partition), offset > end {
        throw isMadeAnew(partition, offset, end, when: " in an earlier run")
      }
      if offset < marks.low { places[partition] = try placeBehindGap(partition, offset, marks) }
    }
    return places
  }

  /// Where the user says to go on, `offset` being gone.
  private func placeBehindGap(
    _ partition: Int32, _ offset: KafkaOffset, _ marks: KafkaWatermarks
  ) throws(Failure) -> KafkaOffset {
    let place = try reading.offset.map { specification throws(Failure) in
      try consumer.resolve(specification, in: [named(partition)], patience)
    }
    guard let place = place?.first?.offset, place >= marks.low else {
      throw areGone(partition, offset, marks)
    }
    let gap = TopicReader.gap(from: offset, marks)
    note("\(name(of: partition)): \(gap); going on at \(place), as --offset says")
    return place
  }

  /// What a refusal to read on means: a partition has no such place any more. nil where the partition is
  /// not ours any more.
  func explained(_ refusal: Failure) -> Failure? {
    guard let partition = refusal.place.partition, let number = refusal.place.offset, number >= 0
    else { return refusal }
    if !isOurs(partition) { return nil }
    let offset = KafkaOffset(number)
    do throws(Failure) {
      let marks = try consumer.watermarks([named(partition)], patience)
      guard let marks = marks[named(partition)] else { return refusal }
      if offset > marks.high { return isMadeAnew(partition, offset, marks.high) }
      return offset < marks.low ? areGone(partition, offset, marks) : refusal
    } catch {
      return refusal
    }
  }

  private static func gap(from offset: KafkaOffset, _ marks: KafkaWatermarks) -> String {
    "records \(offset) to \(marks.low.rawValue - 1) are gone before they were read"
  }

  private func areGone(
    _ partition: Int32, _ offset: KafkaOffset, _ marks: KafkaWatermarks
  ) -> Failure {
    .inputChanged(
      name: name(of: partition),
      explanation: TopicReader.gap(from: offset, marks)
        + ": see the topic's retention; say by --offset where to go on without them")
  }

  private func isMadeAnew(
    _ partition: Int32, _ offset: KafkaOffset, _ end: KafkaOffset, when: String = ""
  ) -> Failure {
    .inputChanged(
      name: name(of: partition),
      explanation: "ends at offset \(end), but was read up to \(offset)\(when);"
        + " the topic was made anew: \(remedy)")
  }

  /// Where a partition ends, with records of transactions that are open.
  private func endOfAll(_ partition: Int32) throws(Failure) -> KafkaOffset? {
    let client = try KafkaConsumer(configuration, isolation: "read_uncommitted")
    return try client.watermarks([named(partition)], patience)[named(partition)]?.high
  }

  private func name(of partition: Int32) -> String {
    Place(named(partition)).description
  }
}
