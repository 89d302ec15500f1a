// Groups of a test's broker: of one member each, and what they have committed.

import Foundation

extension KafkaScriptedBroker {
  /// Whoever joins is the group's one member, and its leader, at once.
  static func join(
    _ reader: inout KafkaFrameReader, _ writer: inout KafkaFrameWriter, _ model: inout Model
  ) {
    let group = reader.string() ?? ""
    _ = reader.integer(Int32.self)
    let named = reader.string() ?? ""
    _ = reader.string()
    let protocols = reader.array { ($0.string() ?? "", $0.counted()) }
    model.joinCount += 1
    let member = named.isEmpty ? "member-\(model.joinCount)" : named
    model.members[group] = member
    let (name, metadata) = protocols.first ?? ("", Data())
    writer.write(Int16(0))
    writer.write(model.joinCount)
    for text in [name, member, member] { writer.write(text) }
    writer.write(array: [member]) { writer, member in
      writer.write(member)
      writer.write(bytes: metadata)
    }
  }

  /// The member gets what it has chosen as the leader.
  static func synchronize(_ reader: inout KafkaFrameReader, _ writer: inout KafkaFrameWriter) {
    _ = reader.string()
    _ = reader.integer(Int32.self)
    _ = reader.string()
    let assignments = reader.array { ($0.string() ?? "", $0.counted()) }
    writer.write(Int16(0))
    writer.write(bytes: assignments.first?.1 ?? Data())
  }

  static func leave(
    _ reader: inout KafkaFrameReader, _ writer: inout KafkaFrameWriter, _ model: inout Model
  ) {
    let (group, member) = (reader.string() ?? "", reader.string() ?? "")
    if model.members[group] == member { model.members[group] = nil }
    writer.write(Int16(0))
  }

  static func commitOffsets(
    _ reader: inout KafkaFrameReader, _ writer: inout KafkaFrameWriter, _ model: inout Model
  ) {
    let group = reader.string() ?? ""
    _ = reader.integer(Int32.self)
    _ = reader.string()
    _ = reader.integer(Int64.self)
    let topics = reader.array { reader in
      (
        reader.string() ?? "",
        reader.array { reader in
          let entry = (reader.integer(Int32.self), reader.integer(Int64.self))
          _ = reader.string()
          return entry
        }
      )
    }
    for (topic, entries) in topics where model.groupError == 0 {
      for (partition, offset) in entries {
        model.committed[group, default: [:]][topic, default: [:]][partition] = offset
      }
    }
    let error = model.groupError
    writer.write(array: topics) { writer, topic in
      writer.write(topic.0)
      writer.write(array: topic.1) { writer, entry in
        writer.write(entry.0)
        writer.write(error)
      }
    }
  }

  /// Of the partitions that are asked for, or of all.
  static func committedOffsets(
    _ reader: inout KafkaFrameReader, _ writer: inout KafkaFrameWriter, _ model: Model,
    _ version: Int16
  ) {
    let committed = model.committed[reader.string() ?? ""] ?? [:]
    var asked = reader.array { reader in
      (reader.string() ?? "", reader.array { $0.integer(Int32.self) })
    }
    if asked.isEmpty {
      asked = committed.sorted { $0.key < $1.key }.map { ($0.key, $0.value.keys.sorted()) }
    }
    writer.write(array: asked) { writer, topic in
      writer.write(topic.0)
      writer.write(array: topic.1) { writer, partition in
        writer.write(partition)
        writer.write(committed[topic.0]?[partition] ?? -1)
        writer.write("")
        writer.write(Int16(0))
      }
    }
    if version >= 2 { writer.write(model.groupError) }
  }
}
