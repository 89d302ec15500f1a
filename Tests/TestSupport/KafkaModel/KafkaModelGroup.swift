// A consumer group, as its coordinator keeps it.

import Foundation

/// Members that share partitions by the classic protocol (Kafka protocol guide, "Group Membership API"),
/// and what they have committed, in transactions (KIP-98, KIP-447) and without.
///
///     empty ── a member joins ──▶ joining ── all have ──▶ syncing ── the leader's plan ──▶ stable
///       ▲                            ▲                       │                              │
///       └───── the last one goes ────┴───── one comes or goes, or joins again ──────────────┘
struct KafkaModelGroup: Sendable {
  enum State: String {
    case empty = "Empty"
    case joining = "PreparingRebalance"
    case syncing = "CompletingRebalance"
    case stable = "Stable"
  }

  struct Member {
    let client: String
    var timeout: Int64
    var protocols: [(name: String, metadata: Data)]
    var hasJoined = false
    /// What its latest wish to join led to; nil while it waits.
    var joined: Int32?
    var assignment = Data()
    /// In milliseconds of the monotonic clock.
    var lastSeen: Int64
  }

  private(set) var state = State.empty
  private(set) var generation: Int32 = 0
  private(set) var members: [String: Member] = [:]
  /// In the order in which they joined; the first leads.
  private var order: [String] = []
  private var joinDeadline: Int64 = .max
  private var namedCount = 0
  private(set) var committed: [KafkaModelPartition: Int64] = [:]
  /// Of transactions that are open, by producer.
  private var pending: [Int64: [KafkaModelPartition: Int64]] = [:]

  var leader: String { order.first ?? "" }
  var protocolName: String { members[leader]?.protocols.first?.name ?? "" }

  /// The metadata of a member for the protocol that was chosen: the leader's first choice, which all of
  /// kes's members share.
  func metadata(of member: String) -> Data {
    members[member]?.protocols.first { $0.name == protocolName }?.metadata ?? Data()
  }

  // MARK: Members

  /// Takes a member in, or in again. Returns its name; nil for one that is not known.
  mutating func join(
    _ name: String, client: String, timeout: Int64,
    _ protocols: [(name: String, metadata: Data)], now: Int64
  ) -> String? {
    if !name.isEmpty && members[name] == nil { return nil }
    var name = name
    if name.isEmpty {
      namedCount += 1
      name = "\(client)-\(namedCount)"
      order.append(name)
    }
    if state != .joining { beginJoining(now) }
    var member = Member(client: client, timeout: timeout, protocols: protocols, lastSeen: now)
    member.hasJoined = true
    members[name] = member
    return name
  }

  private mutating func beginJoining(_ now: Int64) {
    state = .joining
    for name in members.keys { members[name]?.hasJoined = false }
    joinDeadline = now + (members.values.map(\.timeout).max() ?? 0)
  }

  /// Ends joining when all members have, or those that have not are given up.
  mutating func finishJoining(_ now: Int64) {
    if state != .joining { return }
    if now >= joinDeadline {
      for (name, member) in members where !member.hasJoined { forget(name) }
    }
    if members.isEmpty || !members.values.allSatisfy(\.hasJoined) { return }
    generation += 1
    state = .syncing
    for name in members.keys {
      members[name]?.joined = generation
      members[name]?.assignment = Data()
      members[name]?.lastSeen = now
    }
  }

  /// Takes the leader's plan. Returns an error's code.
  mutating func sync(
    _ name: String, generation: Int32, _ plan: [(String, Data)], now: Int64
  ) -> KafkaModelError? {
    if let error = check(name, generation, now: now) { return error }
    if state == .syncing && name == leader {
      for (member, assignment) in plan { members[member]?.assignment = assignment }
      state = .stable
    }
    return nil
  }

  mutating func beat(_ name: String, generation: Int32, now: Int64) -> KafkaModelError? {
    check(name, generation, now: now)
  }

  /// Whether a member may act, which is seen by that.
  private mutating func check(_ name: String, _ generation: Int32, now: Int64) -> KafkaModelError? {
    if members[name] == nil { return .unknownMember }
    members[name]?.lastSeen = now
    if generation != self.generation { return .illegalGeneration }
    return state == .joining ? .rebalanceInProgress : nil
  }

  mutating func leave(_ name: String, now: Int64) -> KafkaModelError? {
    if members[name] == nil { return .unknownMember }
    forget(name)
    if state != .empty && state != .joining { beginJoining(now) }
    return nil
  }

  /// Forgets members that were not seen for as long as their sessions last.
  mutating func expire(_ now: Int64) {
    for (name, member) in members where now - member.lastSeen > member.timeout {
      // Who waits for others to join is there.
      if !(state == .joining && member.hasJoined) { _ = leave(name, now: now) }
    }
  }

  private mutating func forget(_ name: String) {
    members[name] = nil
    order.removeAll { $0 == name }
    if members.isEmpty { state = .empty }
  }

  // MARK: Offsets

  mutating func commit(_ offsets: [KafkaModelPartition: Int64]) {
    committed.merge(offsets) { $1 }
  }

  /// Whether a member may commit; those without a name are no members (KIP-447).
  func checkCommit(_ name: String, generation: Int32) -> KafkaModelError? {
    if name.isEmpty && generation < 0 { return nil }
    if members[name] == nil { return .unknownMember }
    return generation == self.generation ? nil : .illegalGeneration
  }

  mutating func hold(_ offsets: [KafkaModelPartition: Int64], of producer: Int64) {
    pending[producer, default: [:]].merge(offsets) { $1 }
  }

  mutating func end(producer: Int64, commits: Bool) {
    let ended = pending.removeValue(forKey: producer) ?? [:]
    if commits { commit(ended) }
  }

  /// Whether a transaction that is open has this offset to commit.
  func isPending(_ partition: KafkaModelPartition) -> Bool {
    pending.values.contains { $0[partition] != nil }
  }
}
