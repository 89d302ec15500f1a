// How the logs of a test's broker are read.

import Foundation
import Synchronization

extension KafkaScriptedBroker {
  /// A partition that is to be read, and from where.
  private struct Wanted {
    let partition: Int32
    let offset: Int64
    let size: Int
  }

  /// Answers when there is something to tell, or the reader's patience is over.
  static func fetch(
    _ reader: inout KafkaFrameReader, _ writer: inout KafkaFrameWriter, _ core: Core
  ) {
    _ = reader.integer(Int32.self)
    let wait = reader.integer(Int32.self)
    for _ in 0..<2 { _ = reader.integer(Int32.self) }
    let isCommitted = reader.integer(Int8.self) == 1
    let asked = reader.array { reader in
      (
        reader.string() ?? "",
        reader.array {
          Wanted(
            partition: $0.integer(), offset: $0.integer(), size: Int($0.integer(Int32.self)))
        }
      )
    }
    let before = writer
    let deadline = Date(timeIntervalSinceNow: Double(wait) / 1000)
    while true {
      writer = before
      let hasNews = core.model.withLock { write(asked, isCommitted, &writer, &$0) }
      if hasNews || Date() >= deadline { return }
      core.changes.lock()
      _ = core.changes.wait(until: deadline)
      core.changes.unlock()
    }
  }

  /// Writes the answer; false where it says nothing new.
  private static func write(
    _ asked: [(String, [Wanted])], _ isCommitted: Bool, _ writer: inout KafkaFrameWriter,
    _ model: inout Model
  ) -> Bool {
    var hasNews = false
    writer.write(Int32(0))
    writer.write(Int32(asked.count))
    for (topic, partitions) in asked {
      writer.write(topic)
      writer.write(Int32(partitions.count))
      for wanted in partitions {
        model.onFetch?(&model, topic, wanted.partition, wanted.offset)
        model.fetched[topic, default: [:]][wanted.partition] = wanted.offset
        let logs = model.logs[topic] ?? []
        let number = Int(wanted.partition)
        if write(
          logs.indices.contains(number) ? logs[number] : nil, wanted, isCommitted, &writer)
        {
          hasNews = true
        }
      }
    }
    return hasNews
  }

  private static func write(
    _ log: KafkaLog?, _ wanted: Wanted, _ isCommitted: Bool, _ writer: inout KafkaFrameWriter
  ) -> Bool {
    let log = log ?? KafkaLog()
    let isThere = (log.start...log.end).contains(wanted.offset)
    writer.write(wanted.partition)
    writer.write(Int16(isThere ? 0 : 1))
    writer.write(log.end)
    writer.write(log.stableEnd)
    let abortions = isThere && isCommitted ? log.abortions(from: wanted.offset) : []
    writer.write(array: abortions) { writer, abortion in
      writer.write(abortion.producer)
      writer.write(abortion.offsets.lowerBound)
    }
    let bytes =
      isThere
      ? log.read(from: wanted.offset, isCommitted: isCommitted, size: wanted.size) : Data()
    writer.write(bytes: bytes)
    return !isThere || !bytes.isEmpty
  }
}
