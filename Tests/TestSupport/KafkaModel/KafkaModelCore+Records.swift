// Requests for topics and records.

import Foundation

extension KafkaModelCore {
  /// What one topic's partitions are asked for.
  typealias Asked<Value> = [(topic: String, partitions: [(number: Int32, value: Value)])]

  func carryOut(_ call: inout KafkaModelCall) {
    switch call.kind {
    case 0: produce(&call)
    case 1: fetch(&call)
    case 2: listOffsets(&call)
    case 3: metadata(&call)
    case 8: commitOffsets(&call)
    case 9: fetchOffsets(&call)
    case 10: findCoordinator(&call)
    case 11: joinGroup(&call)
    case 12: heartbeat(&call)
    case 13: leaveGroup(&call)
    case 14: syncGroup(&call)
    case 15: describeGroups(&call)
    case 19: createTopics(&call)
    case 22: initProducer(&call)
    case 24: addPartitions(&call)
    case 25: addOffsets(&call)
    case 26: endTransaction(&call)
    case 28: commitTransactionOffsets(&call)
    case 32: describeConfigs(&call)
    default: break
    }
  }

  private static func asked<Value>(
    _ reader: inout KafkaFrameReader, _ value: (inout KafkaFrameReader) -> Value
  ) -> Asked<Value> {
    reader.array { reader in
      (reader.string() ?? "", reader.array { ($0.integer(Int32.self), value(&$0)) })
    }
  }

  // MARK: Topics

  private func metadata(_ call: inout KafkaModelCall) {
    let names = call.reader.array { $0.string() ?? "" }
    writeBroker(&call)
    call.writer.write("model")
    call.writer.write(Int32(1))
    let topics = model.topics
    call.writer.write(array: names.isEmpty ? topics.keys.sorted() : names) { writer, name in
      writer.write(topics[name] == nil ? KafkaModelError.unknownTopicOrPartition.rawValue : 0)
      writer.write(name)
      writer.write(Int8(0))
      writer.write(array: Array(0..<Int32(topics[name]?.count ?? 0))) { writer, partition in
        writer.write(Int16(0))
        writer.write(partition)
        writer.write(Int32(1))
        for _ in 0..<2 { writer.write(array: [Int32(1)]) { $0.write($1) } }
      }
    }
  }

  private func writeBroker(_ call: inout KafkaModelCall) {
    let port = port
    call.writer.write(array: [Int32(1)]) { writer, number in
      writer.write(number)
      writer.write("127.0.0.1")
      writer.write(Int32(port))
      writer.write("")
    }
  }

  private func createTopics(_ call: inout KafkaModelCall) {
    let topics = call.reader.array { reader in
      let (name, count) = (reader.string() ?? "", reader.integer(Int32.self))
      _ = reader.integer(Int16.self)
      _ = reader.array { ($0.integer(Int32.self), $0.array { $0.integer(Int32.self) }) }
      let properties = reader.array { ($0.string() ?? "", $0.string() ?? "") }
      return (name, count, Dictionary(properties) { $1 })
    }
    let results = topics.map { name, count, properties in
      (
        name,
        call.code { model.createTopic(name, partitions: Int(count), properties: properties) }
      )
    }
    call.writer.write(Int32(0))
    call.writer.write(array: results) {
      $0.write($1.0)
      $0.write($1.1)
      $0.write("")
    }
  }

  private func describeConfigs(_ call: inout KafkaModelCall) {
    let names = call.reader.array { reader in
      _ = reader.integer(Int8.self)
      let name = reader.string() ?? ""
      _ = reader.array { $0.string() }
      return name
    }
    let (found, copy) = (names.map { (name: $0, configuration: model.configuration(of: $0)) }, call)
    call.writer.write(Int32(0))
    call.writer.write(array: found) { writer, topic in
      let code = copy.code { topic.configuration == nil ? .unknownTopicOrPartition : nil }
      writer.write(code)
      writer.write("")
      writer.write(Int8(2))
      writer.write(topic.name)
      let entries = code == 0 ? topic.configuration ?? [:] : [:]
      writer.write(array: entries.sorted { $0.key < $1.key }) { writer, entry in
        writer.write(entry.key)
        writer.write(entry.value)
        // Neither read-only, nor a default, nor secret.
        for _ in 0..<3 { writer.write(Int8(0)) }
      }
    }
  }

  // MARK: Records

  private func produce(_ call: inout KafkaModelCall) {
    _ = (call.reader.string(), call.reader.integer(Int16.self), call.reader.integer(Int32.self))
    let asked = KafkaModelCore.asked(&call.reader) { $0.counted() }
    let copy = call
    call.writer.write(array: asked) { writer, topic in
      writer.write(topic.topic)
      writer.write(array: topic.partitions) { writer, entry in
        let partition = KafkaModelPartition(topic: topic.topic, number: entry.number)
        var offset: Int64 = -1
        let code = copy.code {
          switch model.append(entry.value, to: partition) {
          case .success(let found): offset = found
          case .failure(let error): return error
          }
          return nil
        }
        writer.write(entry.number)
        writer.write(code)
        writer.write(offset)
        writer.write(Int64(-1))
      }
    }
    call.writer.write(Int32(0))
  }

  private func listOffsets(_ call: inout KafkaModelCall) {
    _ = call.reader.integer(Int32.self)
    let isCommitted = call.reader.integer(Int8.self) == 1
    let asked = KafkaModelCore.asked(&call.reader) { $0.integer(Int64.self) }
    let copy = call
    call.writer.write(Int32(0))
    call.writer.write(array: asked) { writer, topic in
      writer.write(topic.topic)
      writer.write(array: topic.partitions) { writer, entry in
        let log = model.log(KafkaModelPartition(topic: topic.topic, number: entry.number))
        let found: Int64? =
          switch entry.value {
          case -2: log?.start
          case -1: isCommitted ? log?.stableEnd : log?.end
          default: log?.offset(atTime: entry.value)
          }
        writer.write(entry.number)
        writer.write(copy.code { log == nil ? .unknownTopicOrPartition : nil })
        writer.write(Int64(-1))
        writer.write(found ?? -1)
      }
    }
  }

  private struct FetchedPartition {
    let number: Int32
    let offset: Int64
    let error: KafkaModelError?
    let log: KafkaLog
    let batches: Data
  }

  private func fetch(_ call: inout KafkaModelCall) {
    _ = call.reader.integer(Int32.self)
    let deadline = now + Int64(call.reader.integer(Int32.self))
    _ = (call.reader.integer(Int32.self), call.reader.integer(Int32.self))
    let isCommitted = call.reader.integer(Int8.self) == 1
    let asked = KafkaModelCore.asked(&call.reader) {
      (offset: $0.integer(Int64.self), limit: Int($0.integer(Int32.self)))
    }
    var found = look(asked, isCommitted)
    while !found.joined().contains(where: { !$0.batches.isEmpty || $0.error != nil }),
      now < deadline, !isStopped
    {
      wait()
      found = look(asked, isCommitted)
    }
    let copy = call
    call.writer.write(Int32(0))
    call.writer.write(array: Array(zip(asked, found))) { writer, topic in
      writer.write(topic.0.topic)
      writer.write(array: topic.1) { writer, partition in
        writer.write(partition.number)
        writer.write(copy.code { partition.error })
        writer.write(partition.log.end)
        writer.write(partition.log.stableEnd)
        let abortions = isCommitted ? partition.log.abortions(from: partition.offset) : []
        writer.write(array: abortions) {
          $0.write($1.producer)
          $0.write($1.offsets.lowerBound)
        }
        writer.write(bytes: partition.batches)
      }
    }
  }

  private func look(
    _ asked: Asked<(offset: Int64, limit: Int)>, _ isCommitted: Bool
  ) -> [[FetchedPartition]] {
    asked.map { topic in
      topic.partitions.map { entry in
        let partition = KafkaModelPartition(topic: topic.topic, number: entry.number)
        let known = model.log(partition)
        let (log, offset) = (known ?? KafkaLog(), entry.value.offset)
        let error: KafkaModelError? =
          known == nil
          ? .unknownTopicOrPartition
          : (log.start...log.end).contains(offset) ? nil : .offsetOutOfRange
        return FetchedPartition(
          number: entry.number, offset: offset, error: error, log: log,
          batches: log.read(from: offset, isCommitted: isCommitted, size: entry.value.limit))
      }
    }
  }
}
