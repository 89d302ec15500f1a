// Requests of groups and transactions.

import Foundation

extension KafkaModelCore {
  func findCoordinator(_ call: inout KafkaModelCall) {
    call.writer.write(Int32(0))
    call.writer.write(call.code { nil })
    call.writer.write("")
    call.writer.write(Int32(1))
    call.writer.write("127.0.0.1")
    call.writer.write(Int32(port))
  }

  // MARK: Members

  func joinGroup(_ call: inout KafkaModelCall) {
    let group = call.reader.string() ?? ""
    let timeout = Int64(call.reader.integer(Int32.self))
    let asked = call.reader.string() ?? ""
    _ = call.reader.string()
    let protocols = call.reader.array { (name: $0.string() ?? "", metadata: $0.counted()) }
    var member = asked
    let (client, began) = (call.client, now)
    let code = call.code {
      let name = model.with(group: group) {
        $0.join(asked, client: client, timeout: timeout, protocols, now: began)
      }
      guard let name else { return .unknownMember }
      member = name
      model.advance(began)
      while let waiting = model.groups[group]?.members[name], waiting.joined == nil, !isStopped {
        wait()
      }
      return model.groups[group]?.members[name] == nil ? .unknownMember : nil
    }
    let state = model.groups[group] ?? KafkaModelGroup()
    call.writer.write(code)
    call.writer.write(state.members[member]?.joined ?? -1)
    call.writer.write(state.protocolName)
    call.writer.write(state.leader)
    call.writer.write(member)
    let isLeader = code == 0 && member == state.leader
    call.writer.write(array: isLeader ? state.members.keys.sorted() : []) { writer, name in
      writer.write(name)
      writer.write(bytes: state.metadata(of: name))
    }
  }

  func syncGroup(_ call: inout KafkaModelCall) {
    let group = call.reader.string() ?? ""
    let generation = call.reader.integer(Int32.self)
    let member = call.reader.string() ?? ""
    let plan = call.reader.array { ($0.string() ?? "", $0.counted()) }
    let code = call.code {
      let error = model.with(group: group) {
        $0.sync(member, generation: generation, plan, now: now)
      }
      if let error { return error }
      while let state = model.groups[group], state.state == .syncing,
        state.generation == generation, !isStopped
      {
        wait()
      }
      return model.with(group: group) { $0.beat(member, generation: generation, now: now) }
    }
    call.writer.write(code)
    let assignment = code == 0 ? model.groups[group]?.members[member]?.assignment : nil
    call.writer.write(bytes: assignment ?? Data())
  }

  func heartbeat(_ call: inout KafkaModelCall) {
    let group = call.reader.string() ?? ""
    let generation = call.reader.integer(Int32.self)
    let member = call.reader.string() ?? ""
    let code = call.code {
      model.with(group: group) { $0.beat(member, generation: generation, now: now) }
    }
    call.writer.write(code)
  }

  func leaveGroup(_ call: inout KafkaModelCall) {
    let (group, member) = (call.reader.string() ?? "", call.reader.string() ?? "")
    let code = call.code { model.with(group: group) { $0.leave(member, now: now) } }
    model.advance(now)
    call.writer.write(code)
  }

  func describeGroups(_ call: inout KafkaModelCall) {
    let copy = call
    let names = call.reader.array { $0.string() ?? "" }
    call.writer.write(array: names) { writer, name in
      let group = model.groups[name]
      writer.write(copy.code { nil })
      writer.write(name)
      writer.write(group?.state.rawValue ?? "Dead")
      writer.write("consumer")
      writer.write(group?.protocolName ?? "")
      let members = group?.members.sorted { $0.key < $1.key } ?? []
      writer.write(array: members) { writer, member in
        for text in [member.key, member.value.client, "/127.0.0.1"] { writer.write(text) }
        writer.write(bytes: group?.metadata(of: member.key) ?? Data())
        writer.write(bytes: member.value.assignment)
      }
    }
  }

  // MARK: Offsets

  func commitOffsets(_ call: inout KafkaModelCall) {
    let group = call.reader.string() ?? ""
    let generation = call.reader.integer(Int32.self)
    let member = call.reader.string() ?? ""
    _ = call.reader.integer(Int64.self)
    let asked = call.reader.array { reader in
      (
        reader.string() ?? "",
        reader.array { reader in
          defer { _ = reader.string() }
          return (reader.integer(Int32.self), reader.integer(Int64.self))
        }
      )
    }
    let code = call.code {
      model.commit(
        KafkaModelCore.offsets(asked),
        KafkaModel.Committer(group: group, member: member, generation: generation))
    }
    call.writer.write(array: asked) { writer, topic in
      writer.write(topic.0)
      writer.write(array: topic.1) {
        $0.write($1.0)
        $0.write(code)
      }
    }
  }

  private static func offsets(
    _ asked: [(String, [(Int32, Int64)])]
  ) -> [KafkaModelPartition: Int64] {
    let all = asked.flatMap { topic, partitions in
      partitions.map { (KafkaModelPartition(topic: topic, number: $0.0), $0.1) }
    }
    return Dictionary(all) { $1 }
  }

  func fetchOffsets(_ call: inout KafkaModelCall) {
    let group = model.groups[call.reader.compactString() ?? ""] ?? KafkaModelGroup()
    var asked = call.reader.compactArray { reader in
      defer { reader.skipTags() }
      return (reader.compactString() ?? "", reader.compactArray { $0.integer(Int32.self) })
    }
    let isStable = call.reader.integer(Int8.self) == 1
    if asked.isEmpty {
      let topics = Dictionary(grouping: group.committed.keys, by: \.topic)
      asked = topics.map { ($0.key, $0.value.map(\.number).sorted()) }.sorted { $0.0 < $1.0 }
    }
    let copy = call
    call.writer.write(Int32(0))
    call.writer.write(compactArray: asked) { writer, topic in
      writer.write(compact: topic.0)
      writer.write(compactArray: topic.1) { writer, number in
        let partition = KafkaModelPartition(topic: topic.0, number: number)
        writer.write(number)
        writer.write(group.committed[partition] ?? -1)
        writer.write(Int32(-1))
        writer.write(compact: "")
        writer.write(
          copy.code { isStable && group.isPending(partition) ? .unstableOffsetCommit : nil })
        writer.writeNoTags()
      }
      writer.writeNoTags()
    }
    call.writer.write(Int16(0))
    call.writer.writeNoTags()
  }

  // MARK: Transactions

  private func producer(_ reader: inout KafkaFrameReader) -> KafkaModel.Producer {
    KafkaModel.Producer(identifier: reader.integer(), epoch: reader.integer())
  }

  func initProducer(_ call: inout KafkaModelCall) {
    let name = call.reader.compactString()
    let timeout = Int64(call.reader.integer(Int32.self))
    let known = producer(&call.reader)
    var made = KafkaModel.Producer()
    let code = call.code {
      switch model.initProducer(name, timeout: timeout, known: known, now: now) {
      case .success(let found): made = found
      case .failure(let error): return error
      }
      return nil
    }
    call.writer.write(Int32(0))
    call.writer.write(code)
    call.writer.write(made.identifier)
    call.writer.write(made.epoch)
    call.writer.writeNoTags()
  }

  func addPartitions(_ call: inout KafkaModelCall) {
    let name = call.reader.string() ?? ""
    let producer = producer(&call.reader)
    let asked = call.reader.array { reader in
      (reader.string() ?? "", reader.array { $0.integer(Int32.self) })
    }
    let partitions = asked.flatMap { topic, numbers in
      numbers.map { KafkaModelPartition(topic: topic, number: $0) }
    }
    let code = call.code { model.addPartitions(partitions, to: name, producer, now: now) }
    call.writer.write(Int32(0))
    call.writer.write(array: asked) { writer, topic in
      writer.write(topic.0)
      writer.write(array: topic.1) {
        $0.write($1)
        $0.write(code)
      }
    }
  }

  func addOffsets(_ call: inout KafkaModelCall) {
    let name = call.reader.string() ?? ""
    let producer = producer(&call.reader)
    let group = call.reader.string() ?? ""
    let code = call.code { model.addGroup(group, to: name, producer, now: now) }
    call.writer.write(Int32(0))
    call.writer.write(code)
  }

  func commitTransactionOffsets(_ call: inout KafkaModelCall) {
    let (name, group) = (call.reader.compactString() ?? "", call.reader.compactString() ?? "")
    let producer = producer(&call.reader)
    let generation = call.reader.integer(Int32.self)
    let member = call.reader.compactString() ?? ""
    _ = call.reader.compactString()
    let asked = call.reader.compactArray { reader in
      defer { reader.skipTags() }
      return (
        reader.compactString() ?? "",
        reader.compactArray { reader in
          defer {
            _ = (reader.integer(Int32.self), reader.compactString())
            reader.skipTags()
          }
          return (reader.integer(Int32.self), reader.integer(Int64.self))
        }
      )
    }
    let code = call.code {
      model.hold(
        KafkaModelCore.offsets(asked), in: name, producer,
        KafkaModel.Committer(group: group, member: member, generation: generation))
    }
    call.writer.write(Int32(0))
    call.writer.write(compactArray: asked) { writer, topic in
      writer.write(compact: topic.0)
      writer.write(compactArray: topic.1) {
        $0.write($1.0)
        $0.write(code)
        $0.writeNoTags()
      }
      writer.writeNoTags()
    }
    call.writer.writeNoTags()
  }

  func endTransaction(_ call: inout KafkaModelCall) {
    let name = call.reader.string() ?? ""
    let producer = producer(&call.reader)
    let commits = call.reader.integer(Int8.self) == 1
    let code = call.code { model.endTransaction(name, producer, commits: commits, now: now) }
    call.writer.write(Int32(0))
    call.writer.write(code)
  }
}
