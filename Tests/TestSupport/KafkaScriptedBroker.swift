// A broker that answers what librdkafka's mock cluster does not: topics that are created and deleted,
// descriptions of groups, their offsets, offsets by time, and logs that a test has prepared.

import Foundation
import Synchronization

/// One broker, which knows what a test tells it. In old versions of the protocol, whose answers are
/// short. `+Records` says how logs are read, `+Members` how groups with one member go on.
public final class KafkaScriptedBroker: Sendable {
  /// What the broker knows.
  public struct Model: Sendable {
    /// How many partitions each topic has that has no logs.
    public var topics: [String: Int32] = [:]
    /// The partitions of each topic that has records to read.
    public var logs: [String: [KafkaLog]] = [:]
    /// Where each partition was read from last.
    public var fetched: [String: [Int32: Int64]] = [:]
    /// Called before a partition is read: a time to change what is there.
    public var onFetch:
      (
        @Sendable (_ model: inout Model, _ topic: String, _ partition: Int32, _ offset: Int64) ->
          Void
      )?
    /// The properties that topics were created with.
    public var properties: [String: [String: String]] = [:]
    /// The state of each group, and the names of its members.
    public var groups: [String: (state: String, members: [String])] = [:]
    /// The one member of each group that has joined.
    public var members: [String: String] = [:]
    /// How often groups were joined.
    var joinCount: Int32 = 0
    /// What each group has committed, by topic and partition.
    public var committed: [String: [String: [Int32: Int64]]] = [:]
    /// The records of each partition of a topic without logs are so many, one a second from 0.
    public var recordCount: Int64 = 0
    /// Of them so many are gone.
    public var goneCount: Int64 = 0
    /// What is said of each topic that is created or deleted, instead of doing it.
    public var topicError: Int16 = 0
    /// What is said of each group.
    public var groupError: Int16 = 0

    /// How many partitions a topic has; nil where there is none.
    func partitionCount(_ topic: String) -> Int32? {
      logs[topic].map { Int32($0.count) } ?? topics[topic]
    }
  }

  final class Core: Sendable {
    let model = Mutex(Model())
    let port = Mutex(UInt16(0))
    /// Told when the model has changed.
    let changes = NSCondition()
  }

  private let core = Core()
  private let listener: LoopbackListener

  public init() throws {
    listener = try LoopbackListener { [core] connection in
      KafkaScriptedBroker.serve(connection, core)
    }
    core.port.withLock { $0 = listener.port }
  }

  deinit { listener.stop() }

  /// `HOST:PORT`
  public var brokers: String { "127.0.0.1:\(listener.port)" }

  /// Changes what the broker knows, or looks at it.
  public func model<Result: Sendable>(_ body: (inout Model) -> Result) -> Result {
    defer { core.changes.broadcast() }
    return core.model.withLock { body(&$0) }
  }

  /// The kinds of requests, by number, and the versions of each that are spoken. Records are produced
  /// by none, but who does not know how is taken for a broker of long ago.
  private static let versions: [Int16: ClosedRange<Int16>] = [
    0: 3...3, 1: 4...4, 2: 2...2, 3: 2...2, 8: 2...2, 9: 1...2, 10: 0...0, 11: 0...0, 12: 0...0,
    13: 0...0, 14: 0...0, 15: 0...0, 18: 0...0, 19: 0...0, 20: 0...0, 47: 0...0,
  ]

  // MARK: Frames

  private static func serve(_ connection: LoopbackConnection, _ core: Core) {
    var pending = Data()
    while let more = connection.receive() {
      pending += more
      while let frame = takeFrame(&pending) {
        if !connection.send(answer(frame, core)) { return }
      }
    }
  }

  private static func takeFrame(_ pending: inout Data) -> Data? {
    if pending.count < 4 { return nil }
    var reader = KafkaFrameReader(pending)
    let count = Int(reader.integer(Int32.self))
    if pending.count < 4 + count { return nil }
    let frame = Data(pending.dropFirst(4).prefix(count))
    pending = Data(pending.dropFirst(4 + count))
    return frame
  }

  private static func answer(_ frame: Data, _ core: Core) -> Data {
    var reader = KafkaFrameReader(frame)
    let (kind, version) = (reader.integer(Int16.self), reader.integer(Int16.self))
    var writer = KafkaFrameWriter()
    writer.write(reader.integer(Int32.self))
    _ = reader.string()
    let port = core.port.withLock { $0 }
    if kind == 1 {
      fetch(&reader, &writer, core)
      return writer.frame
    }
    core.model.withLock { model in
      switch kind {
      case 2: offsets(&reader, &writer, model)
      case 3: metadata(&reader, &writer, model, port)
      case 8: commitOffsets(&reader, &writer, &model)
      case 9: committedOffsets(&reader, &writer, model, version)
      case 10: coordinator(&writer, port)
      case 11: join(&reader, &writer, &model)
      case 12: writer.write(Int16(0))
      case 13: leave(&reader, &writer, &model)
      case 14: synchronize(&reader, &writer)
      case 15: describeGroups(&reader, &writer, model)
      case 18: apiVersions(&writer, isKnown: version == 0)
      case 19: createTopics(&reader, &writer, &model)
      case 20: deleteTopics(&reader, &writer, &model)
      case 47: deleteOffsets(&reader, &writer, &model)
      default: break
      }
    }
    return writer.frame
  }

  // MARK: Answers

  private static func apiVersions(_ writer: inout KafkaFrameWriter, isKnown: Bool) {
    writer.write(Int16(isKnown ? 0 : 35))
    writer.write(array: versions.sorted { $0.key < $1.key }) { writer, entry in
      writer.write(entry.key)
      writer.write(entry.value.lowerBound)
      writer.write(entry.value.upperBound)
    }
  }

  private static func metadata(
    _ reader: inout KafkaFrameReader, _ writer: inout KafkaFrameWriter, _ model: Model,
    _ port: UInt16
  ) {
    let asked = reader.array { $0.string() ?? "" }
    writer.write(array: [1]) { writer, _ in
      writer.write(Int32(1))
      writer.write("127.0.0.1")
      writer.write(Int32(port))
      writer.write("")
    }
    writer.write("scripted")
    writer.write(Int32(1))
    let all = (Array(model.topics.keys) + Array(model.logs.keys)).sorted()
    writer.write(array: asked.isEmpty ? all : asked) { writer, topic in
      let count = model.partitionCount(topic)
      writer.write(Int16(count == nil ? 3 : 0))
      writer.write(topic)
      writer.write(Int8(0))
      writer.write(array: Array(0..<(count ?? 0))) { writer, partition in
        writer.write(Int16(0))
        writer.write(partition)
        writer.write(Int32(1))
        for _ in 0..<2 { writer.write(array: [Int32(1)]) { $0.write($1) } }
      }
    }
  }

  /// In topics without logs record N has the time 1000 N.
  private static func offsets(
    _ reader: inout KafkaFrameReader, _ writer: inout KafkaFrameWriter, _ model: Model
  ) {
    _ = reader.integer(Int32.self)
    let isCommitted = reader.integer(Int8.self) == 1
    let asked = reader.array { reader in
      (reader.string() ?? "", reader.array { ($0.integer(Int32.self), $0.integer(Int64.self)) })
    }
    writer.write(Int32(0))
    writer.write(array: asked) { writer, topic in
      writer.write(topic.0)
      writer.write(array: topic.1) { writer, entry in
        let (partition, time) = entry
        writer.write(partition)
        writer.write(Int16(partition < model.partitionCount(topic.0) ?? 0 ? 0 : 3))
        writer.write(Int64(-1))
        let log = model.logs[topic.0].flatMap {
          $0.indices.contains(Int(partition)) ? $0[Int(partition)] : nil
        }
        if let log {
          let end = isCommitted ? log.stableEnd : log.end
          writer.write(time == -2 ? log.start : time == -1 ? end : log.offset(atTime: time) ?? -1)
        } else {
          let (first, next) = (model.goneCount, model.recordCount)
          let found = time == -2 ? first : time == -1 ? next : (time + 999) / 1000
          writer.write(time >= 0 && found >= model.recordCount ? -1 : found)
        }
      }
    }
  }

  private static func coordinator(_ writer: inout KafkaFrameWriter, _ port: UInt16) {
    writer.write(Int16(0))
    writer.write(Int32(1))
    writer.write("127.0.0.1")
    writer.write(Int32(port))
  }

  private static func createTopics(
    _ reader: inout KafkaFrameReader, _ writer: inout KafkaFrameWriter, _ model: inout Model
  ) {
    let topics = reader.array { reader in
      let (name, count) = (reader.string() ?? "", reader.integer(Int32.self))
      _ = reader.integer(Int16.self)
      _ = reader.array { ($0.integer(Int32.self), $0.array { $0.integer(Int32.self) }) }
      return (name, count, reader.array { ($0.string() ?? "", $0.string() ?? "") })
    }
    var results: [(String, Int16)] = []
    for (name, count, properties) in topics {
      let isNew = model.topics[name] == nil
      results.append((name, model.topicError != 0 ? model.topicError : isNew ? 0 : 36))
      if model.topicError != 0 || !isNew { continue }
      model.topics[name] = count
      model.properties[name] = Dictionary(properties) { $1 }
    }
    writer.write(array: results) {
      $0.write($1.0); $0.write($1.1)
    }
  }

  private static func deleteTopics(
    _ reader: inout KafkaFrameReader, _ writer: inout KafkaFrameWriter, _ model: inout Model
  ) {
    var results: [(String, Int16)] = []
    for name in reader.array({ $0.string() ?? "" }) {
      let code: Int16 = model.topicError != 0 ? model.topicError : model.topics[name] == nil ? 3 : 0
      if code == 0 { model.topics[name] = nil }
      results.append((name, code))
    }
    writer.write(array: results) {
      $0.write($1.0); $0.write($1.1)
    }
  }

  private static func describeGroups(
    _ reader: inout KafkaFrameReader, _ writer: inout KafkaFrameWriter, _ model: Model
  ) {
    writer.write(array: reader.array { $0.string() ?? "" }) { writer, name in
      let group = model.groups[name]
      writer.write(model.groupError)
      writer.write(name)
      writer.write(group?.state ?? "Dead")
      writer.write("consumer")
      writer.write("cooperative-sticky")
      writer.write(array: group?.members ?? []) { writer, member in
        for text in [member, "kes", "/127.0.0.1"] { writer.write(text) }
        writer.write(bytes: Data())
        writer.write(bytes: assignment())
      }
    }
  }

  /// What a member has: partition 2 of the topic `events` (consumer protocol, version 0).
  private static func assignment() -> Data {
    var writer = KafkaFrameWriter()
    writer.write(Int16(0))
    writer.write(array: ["events"]) { writer, topic in
      writer.write(topic)
      writer.write(array: [Int32(2)]) { $0.write($1) }
    }
    writer.write(bytes: Data())
    return writer.bytes
  }

  private static func deleteOffsets(
    _ reader: inout KafkaFrameReader, _ writer: inout KafkaFrameWriter, _ model: inout Model
  ) {
    let group = reader.string() ?? ""
    let topics = reader.array { reader in
      (reader.string() ?? "", reader.array { $0.integer(Int32.self) })
    }
    for (topic, partitions) in topics where model.groupError == 0 && model.topicError == 0 {
      for partition in partitions { model.committed[group]?[topic]?[partition] = nil }
    }
    let topicError = model.topicError
    writer.write(model.groupError)
    writer.write(Int32(0))
    writer.write(array: topics) { writer, topic in
      writer.write(topic.0)
      writer.write(array: topic.1) { writer, partition in
        writer.write(partition)
        writer.write(topicError)
      }
    }
  }
}
