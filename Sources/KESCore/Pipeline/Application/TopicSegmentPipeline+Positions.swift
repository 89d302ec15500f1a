// Where tasks go on in a topic that is not what it was when they stopped.

extension TopicSegmentPipeline where Encoder: ~Copyable {
  /// Where to go on in partitions that were read up to `known`: there; or, where retention has removed
  /// what stood there, where the user says, which is noted. Throws `PipelineError`: of the kind
  /// `.inputChanged` where the user says nothing of that, and where a partition has no such place.
  func placesToGoOn(
    from known: [Int32: KafkaOffset]
  ) throws(PipelineError) -> [Int32: KafkaOffset] {
    if known.isEmpty { return known }
    let (reader, partitions) = (reader, known.keys.sorted())
    // A consumer's questions wait behind its fetches, half a second each.
    let client: KafkaClient = application?.admin ?? reader.consumer
    let marks = try streaming { () throws(StreamError) in
      try sending { () throws(KafkaError) in
        try client.watermarks(partitions.map(reader.named), reader.patience)
      }
    }
    var places = known
    for partition in partitions {
      guard let offset = known[partition], let marks = marks[reader.named(partition)] else {
        continue
      }
      if offset > marks.high { throw isMadeAnew(partition, offset, marks) }
      if offset < marks.low { places[partition] = try placeBehindGap(partition, offset, marks) }
    }
    return places
  }

  /// Where the user says to go on, `offset` being gone.
  private func placeBehindGap(
    _ partition: Int32, _ offset: KafkaOffset, _ marks: KafkaWatermarks
  ) throws(PipelineError) -> KafkaOffset {
    let reader = reader
    let last = marks.low.rawValue - 1
    let gone = "records \(offset) to \(last) are gone before they were read"
    let place = try streaming { () throws(StreamError) in
      try sending { () throws(KafkaError) in
        try reader.reading.offset.map { specification throws(KafkaError) in
          try reader.consumer.resolve(specification, in: [reader.named(partition)], reader.patience)
        }
      }
    }
    guard let place = place?.first?.offset, place >= marks.low else {
      throw changed(
        partition,
        "\(gone): see the topic's retention; say by --offset where to go on without them")
    }
    onNote("\(name(of: partition)): \(gone); going on at \(place), as --offset says")
    return place
  }

  private func isMadeAnew(
    _ partition: Int32, _ offset: KafkaOffset, _ marks: KafkaWatermarks
  ) -> PipelineError {
    let remedy =
      application == nil
      ? "use another --state, or remove this one"
      : "begin anew with kes-purge --reset, or another --application-id"
    return changed(
      partition,
      "ends at offset \(marks.high), but was read up to \(offset) in an earlier run; the topic was"
        + " made anew: \(remedy)")
  }

  private func changed(_ partition: Int32, _ explanation: String) -> PipelineError {
    .stream(.inputChanged(name: name(of: partition), explanation: explanation))
  }

  private func name(of partition: Int32) -> String {
    KafkaPlace(reader.named(partition)).description
  }
}
