// A topic as the beginning of everything: its messages, as the partitions come and go.

/// What of a topic to read, and how.
public struct TopicReading: Sendable {
  public var topic: String
  /// Whose committed offsets reading goes on from, and with whose other members the partitions are
  /// shared; nil reads all partitions for itself.
  public var group: String?
  /// Makes us a static member of the group (KIP-345).
  public var instance: String?
  /// Where to begin: before what the group has committed; nil for that, or the beginning.
  public var offset: KafkaOffsetSpecification?
  /// Whether reading ends where the partitions ended when it began.
  public var exitsAtEnd = false
  /// How long to wait for a broker at the start, in milliseconds.
  public var connectTimeout: Int64 = 10_000

  public init(topic: String) { self.topic = topic }
}

/// Reads the partitions of a topic, all of them or those that a group gives us.
///
/// Partitions come by `.assigned`, to be answered by `accept`, and go by `.revoked` or `.lost`, to be
/// answered by `giveUp`; without a group all are assigned once.
public final class TopicReader {
  /// What a turn brought.
  public enum Turn: Equatable, Sendable {
    /// Messages, in the batch.
    case messages
    case assigned([Int32])
    case revoked([Int32])
    case lost([Int32])
    /// No messages until the deadline, or until a signal asks for a report, or `places` have moved.
    case idle
    /// All partitions that are ours were read to their ends (`TopicReading.exitsAtEnd`).
    case end
    /// A signal asks to stop.
    case stopped(Int32)
  }

  public let reading: TopicReading
  let configuration: KafkaConfiguration
  private let signals: Signals
  private let clock: Clock
  private let onNote: (String) -> Void
  /// What to do where the topic was made anew, after "the topic was made anew:".
  var remedy: String
  private var assignmentWait = AssignmentWait()
  public private(set) var consumer: KafkaConsumer
  private var isOpen = false
  /// Partitions that are to be announced, where there is no group.
  private var unannounced: [Int32]?
  /// Where reading stands in the partitions that are ours.
  private var positions: [Int32: KafkaOffset] = [:]
  /// Where it ends, where it does.
  private var ends: [Int32: KafkaOffset] = [:]
  /// Where to go on when a rebalance is answered.
  private var sought: [Int32: KafkaOffset] = [:]
  private var hasAssignment = false
  /// Partitions whose beginning the user's offset has decided already.
  private var begun: Set<Int32> = []
  public private(set) var partitionCount: Int32 = 0
  /// When to look for the topic and its partitions again, where there is no group that does.
  private var nextLook: Int64 = .max
  private var hasMissedTopic = false

  /// Connects to nothing yet. Throws `Failure`.
  ///
  /// - Parameter onNote: told where the group keeps us waiting.
  public init(
    _ configuration: KafkaConfiguration, _ reading: TopicReading, signals: Signals,
    clock: Clock = .real, onNote: @escaping (String) -> Void = { _ in }
  ) throws(Failure) {
    self.onNote = onNote
    remedy =
      reading.group == nil
      ? "start again" : "use another --group, or say by --offset where to begin"
    self.configuration = configuration
    self.reading = reading
    self.signals = signals
    self.clock = clock
    consumer = try TopicReader.makeConsumer(configuration, reading)
  }

  private static func makeConsumer(
    _ configuration: KafkaConfiguration, _ reading: TopicReading
  ) throws(Failure) -> KafkaConsumer {
    try KafkaConsumer(configuration, group: reading.group, instance: reading.instance)
  }

  var patience: KafkaPatience {
    let signals = signals
    return KafkaPatience(milliseconds: TopicReader.answerTime) { signals.stop != nil }
  }

  /// How long an answer of brokers that are there may take. Our choice: as long as a coordinator may
  /// move.
  private static let answerTime: Int64 = 60_000
  /// The same where the run is to end. Our choice: a second signal does not wait at all.
  private static let lastCommitTime: Int64 = 5000
  /// How long leaving a group may take: one whose coordinator is busy, or whose topic is gone, notices
  /// by the session's timeout. Our choice.
  private static let farewellTime: Int64 = 2000

  // MARK: Beginning

  /// Connects, and sees that the topic is there. Throws `Failure`: of the kind
  /// `.unavailable` where no broker answers in time, `.missing`.
  public func connect() throws(Failure) {
    if partitionCount > 0 { return }
    let signals = signals
    try consumer.connect(
      KafkaPatience(milliseconds: reading.connectTimeout) { signals.stop != nil },
      onWait: onNote)
    guard let count = try consumer.topic(reading.topic, patience)?.partitionCount else {
      throw TopicReader.isMissing(reading.topic)
    }
    partitionCount = count
  }

  /// What a topic that is to be read fails with where it is not there.
  static func isMissing(_ name: String) -> Failure {
    Failure(
      .missing, operation: "read it", place: Place(topic: name),
      reason: "there is no such topic", advice: "create it, or see how it is spelled")
  }

  private func open() throws(Failure) {
    try connect()
    isOpen = true
    let all = Array(0..<partitionCount)
    if reading.exitsAtEnd {
      for (partition, marks) in try consumer.watermarks(all.map(named), patience) {
        ends[partition.number] = marks.high
      }
    }
    if reading.group == nil {
      unannounced = all
      if !reading.exitsAtEnd { waitToLook() }
    } else {
      try subscribe()
    }
  }

  /// Looks whether the topic is still there, and has more partitions. Throws `Failure` where
  /// it is gone, which must show twice: brokers that start up may not know it yet.
  private func lookForPartitions() throws(Failure) {
    if clock.monotonic() < nextLook { return }
    waitToLook()
    let count: Int32?
    do throws(Failure) {
      let signals = signals
      let patience = KafkaPatience(milliseconds: 1000) { signals.stop != nil }
      count = try consumer.topic(reading.topic, patience)?.partitionCount
    } catch {
      // Brokers that are away: librdkafka says so, and comes back to them.
      return
    }
    guard let count else {
      if hasMissedTopic { throw TopicReader.isMissing(reading.topic) }
      hasMissedTopic = true
      nextLook = clock.monotonic() + 1000
      return
    }
    hasMissedTopic = false
    if count <= partitionCount { return }
    unannounced = Array(partitionCount..<count)
    partitionCount = count
  }

  private func waitToLook() {
    nextLook = configuration.refreshInterval.map { clock.monotonic() + $0 } ?? .max
  }

  private func subscribe() throws(Failure) {
    try consumer.subscribe([reading.topic])
    assignmentWait.begin(now: clock.monotonic())
  }

  func named(_ partition: Int32) -> KafkaPartition {
    KafkaPartition(topic: reading.topic, number: partition)
  }

  /// Joins the group anew, as somebody else: all partitions are given up.
  func rejoin() throws(Failure) {
    consumer.close(KafkaPatience(milliseconds: TopicReader.farewellTime))
    (positions, begun, sought) = ([:], Set(0..<partitionCount), [:])
    consumer = try TopicReader.makeConsumer(configuration, reading)
    try subscribe()
  }

  // MARK: Reading

  /// Replaces the content of `messages` with what has come.
  ///
  /// - Parameters:
  ///   - deadline: when to come back without any, in milliseconds of the monotonic clock.
  ///   - willWait: called before waiting: the time to flush.
  /// Throws `Failure`.
  public func next(
    into messages: inout KafkaMessageBatch, deadline: Int64?,
    willWait: () throws(Failure) -> Void
  ) throws(Failure) -> Turn {
    var hasWaited = false
    while true {
      if let signal = signals.stop { return .stopped(signal) }
      if !isOpen {
        do { try open() } catch {
          // Who is to stop does not wait for brokers.
          if let signal = signals.stop { return .stopped(signal) }
          throw error
        }
      }
      try lookForPartitions()
      if let unannounced {
        self.unannounced = nil
        return .assigned(unannounced)
      }
      if isAtEnd { return .end }
      if let turn = try poll(&messages) { return turn }
      noteWaiting()
      if !hasWaited { try willWait() }
      hasWaited = true
      if let turn = wait(deadline) { return turn }
    }
  }

  private func poll(
    _ messages: inout KafkaMessageBatch, milliseconds: Int64 = 0
  ) throws(Failure) -> Turn? {
    let found: KafkaConsumer.Poll
    do throws(Failure) {
      found = try consumer.poll(into: &messages, milliseconds: milliseconds)
    } catch {
      guard error.code == .gone else { throw error }
      guard let failure = explained(error) else { return nil }
      throw failure
    }
    switch found {
    case .idle: return nil
    case .rebalance(.assigned(let partitions)):
      hasAssignment = true
      if partitions.isEmpty && positions.isEmpty {
        assignmentWait.idle(now: clock.monotonic())
      } else {
        assignmentWait.end()
      }
      return .assigned(partitions.map(\.number))
    case .rebalance(.revoked(let partitions)): return .revoked(partitions.map(\.number))
    case .rebalance(.lost(let partitions)): return .lost(partitions.map(\.number))
    case .batch:
      let before = positions
      note(messages)
      return messages.count > 0 ? .messages : positions == before ? nil : .idle
    }
  }

  func note(_ text: String) { onNote(text) }

  func isOurs(_ partition: Int32) -> Bool { positions[partition] != nil }

  private func noteWaiting() {
    guard let group = reading.group,
      let found = assignmentWait.takeNote(now: clock.monotonic())
    else { return }
    switch found {
    case .waiting(let waited):
      onNote(
        "waiting for the group \(group) to give partitions, for \(waited / 1000) s now: it may be"
          + " waiting for a member that does not answer, until that one's session.timeout.ms is over"
      )
    case .idle:
      let others =
        partitionCount == 1
        ? "1 partition, and another member of the group \(group) reads it"
        : "\(partitionCount) partitions, and other members of the group \(group) read them all"
      onNote(
        "topic \(reading.topic) has \(others): this process stands by, and takes over when one ends"
      )
    }
  }

  /// Waits for what comes; nil where there may be something.
  private func wait(_ deadline: Int64?) -> Turn? {
    let now = clock.monotonic()
    let left = deadline.map { $0 - now }
    // The library wants to be polled once a second at least.
    switch signals.wait(for: consumer.descriptor, milliseconds: min(left ?? 1000, 1000)) {
    case .ready: return nil
    case .deadline: return (left ?? .max) <= 1000 ? .idle : nil
    case .signal: return signals.stop == nil ? .idle : nil
    }
  }

  private func note(_ messages: borrowing KafkaMessageBatch) {
    for end in messages.ends { advance(end.partition.number, to: end.offset) }
    if ends.isEmpty { return }
    // Messages of a partition come in runs: looking it up once a run is enough.
    var (partition, next): (Int32, Int64) = (-1, 0)
    messages.forEach { message in
      if message.partition != partition { advance(partition, to: KafkaOffset(next)) }
      (partition, next) = (message.partition, message.offset.rawValue + 1)
    }
    advance(partition, to: KafkaOffset(next))
  }

  private func advance(_ partition: Int32, to offset: KafkaOffset) {
    guard let position = positions[partition] else { return }
    positions[partition] = max(position, offset)
  }

  private var isAtEnd: Bool {
    if !reading.exitsAtEnd || !hasAssignment { return false }
    return positions.allSatisfy { partition, position in
      position >= ends[partition] ?? KafkaOffset(0)
    }
  }

  /// The first offset that is not to be read any more; nil where reading does not end.
  func end(of partition: Int32) -> KafkaOffset? { ends[partition] }

  /// Where each partition is read on when all messages that it has given are dealt with: also behind
  /// what no record is left of, such as markers of transactions, records that were aborted, and those
  /// that compaction removed (KAFKA-6607).
  var places: [Int32: KafkaOffset] {
    positions.reduce(into: [:]) { places, entry in
      places[entry.key] = min(entry.value, ends[entry.key] ?? entry.value)
    }
  }

  // MARK: Partitions

  /// Answers `.assigned`: begins to read, where `known` says or else the user or the group. Returns
  /// where. Throws `Failure`.
  ///
  /// - Parameter waits: whether reading begins by `begin` instead.
  @discardableResult
  func accept(
    _ partitions: [Int32], startingAt known: [Int32: KafkaOffset] = [:], waits: Bool = false
  ) throws(Failure) -> [Int32: KafkaOffset] {
    var starts = known
    starts.merge(try beginnings(of: partitions.filter { known[$0] == nil })) { given, _ in given }
    let accepted = partitions.compactMap { number in
      starts[number].map { KafkaPosition(named(number), $0) }
    }
    if reading.group == nil {
      if hasAssignment {
        try consumer.addAssignment(accepted)
      } else {
        try consumer.assign(accepted)
      }
    } else if waits {
      try consumer.deferAssignment()
    } else {
      try consumer.acceptAssignment(accepted)
    }
    for partition in partitions { positions[partition] = starts[partition] }
    begun.formUnion(partitions)
    hasAssignment = true
    try goElsewhere()
    return starts
  }

  /// Where to begin in partitions of which nothing else is known. Throws `Failure`, as
  /// `placesToGoOn` where the group stands in them.
  private func beginnings(of partitions: [Int32]) throws(Failure) -> [Int32: KafkaOffset] {
    var found: [Int32: KafkaOffset] = [:]
    if reading.group != nil {
      let asked = reading.offset == nil ? partitions : partitions.filter(begun.contains)
      let known = try committed(asked)
      found = try placesToGoOn(from: known, asking: consumer)
    }
    let rest = partitions.filter { found[$0] == nil }
    found.merge(try beginningsByOffset(of: rest)) { $1 }
    return found
  }

  /// Where the user says to begin.
  private func beginningsByOffset(
    of rest: [Int32]
  ) throws(Failure) -> [Int32: KafkaOffset] {
    if rest.isEmpty { return [:] }
    // Partitions that are added while we read have nothing that we did not wait for.
    let isAdded = reading.group == nil && hasAssignment
    let specification = isAdded ? .beginning : reading.offset ?? .beginning
    if case .number(let number) = specification { try requireRecords(number, in: rest) }
    var found: [Int32: KafkaOffset] = [:]
    for position in try consumer.resolve(specification, in: rest.map(named), patience) {
      found[position.partition.number] = position.offset
    }
    return found
  }

  /// Sees that reading can begin at an offset that was asked for: refuses one whose record is gone,
  /// and tells of one that is still to come. Throws `Failure`.
  private func requireRecords(_ number: Int64, in partitions: [Int32]) throws(Failure) {
    let marks = try consumer.watermarks(partitions.map(named), patience)
    for partition in partitions.sorted() {
      guard let (low, high) = marks[named(partition)].map({ ($0.low.rawValue, $0.high.rawValue) })
      else { continue }
      let place = Place(topic: reading.topic, partition: partition)
      if number > high {
        onNote("\(place): ends at \(high): reading begins there, not at \(number)")
      } else if number < low {
        throw Failure(
          .badData, operation: "begin at offset \(number)", place: place,
          reason: "its offsets are \(low) to \(high)",
          advice: "begin elsewhere by --offset, or see the topic's retention")
      }
    }
  }

  /// What the group has committed; waits until transactions that are under way have ended. Throws
  /// `Failure`.
  func committed(_ partitions: [Int32]) throws(Failure) -> [Int32: KafkaOffset] {
    if partitions.isEmpty { return [:] }
    var found: [Int32: KafkaOffset] = [:]
    for (partition, offset) in try consumer.committed(partitions.map(named), patience) {
      found[partition.number] = offset
    }
    return found
  }

  /// Answers `.revoked` or `.lost`. Throws `Failure`.
  func giveUp(_ partitions: [Int32]) throws(Failure) {
    try consumer.giveUp()
    for partition in partitions { (positions[partition], sought[partition]) = (nil, nil) }
    if positions.isEmpty { assignmentWait.begin(now: clock.monotonic()) }
    try goElsewhere()
  }

  /// Goes on elsewhere; where a rebalance is to be answered, after that. Throws `Failure`.
  func seek(to offsets: [Int32: KafkaOffset]) throws(Failure) {
    for (partition, offset) in offsets {
      (positions[partition], sought[partition]) = (offset, offset)
    }
    try goElsewhere()
  }

  private func goElsewhere() throws(Failure) {
    if sought.isEmpty || consumer.unanswered != nil { return }
    let positions = sought.map { KafkaPosition(named($0), $1) }
    sought = [:]
    try consumer.seek(to: positions)
  }

  /// Begins to read a partition that was accepted to wait. Throws `Failure`.
  func begin(_ partition: Int32, at offset: KafkaOffset) throws(Failure) {
    try consumer.begin([KafkaPosition(named(partition), offset)])
    positions[partition] = offset
  }

  /// Commits offsets for the group, and waits until that is done. Throws `Failure`, of the kind
  /// `.retriable` where the group shares its partitions anew meanwhile.
  func commit(_ offsets: [Int32: KafkaOffset]) throws(Failure) {
    if offsets.isEmpty || reading.group == nil { return }
    // Not interrupted: what was written is to be remembered, also where a signal ends the run.
    let time = signals.stop == nil ? TopicReader.answerTime : TopicReader.lastCommitTime
    try consumer.commit(
      offsets.map { KafkaPosition(named($0), $1) }, KafkaPatience(milliseconds: time))
  }

  /// Keeps up with the group at the end of a run, where nothing more is to be read: messages that
  /// arrive are to be dropped, and partitions that are assigned need no records (`acceptUnread`).
  /// Returns nil where nothing comes for a moment. Throws `Failure`.
  func keepUp(_ messages: inout KafkaMessageBatch) throws(Failure) -> Turn? {
    try poll(&messages, milliseconds: TopicReader.keepUpTime)
  }

  /// Answers `.assigned` where nothing more is to be read. Throws `Failure`.
  func acceptUnread(_ partitions: [Int32]) throws(Failure) {
    try accept(partitions, startingAt: Dictionary(partitions.map { ($0, KafkaOffset.end) }) { $1 })
  }

  /// In milliseconds. Our choice: as often as commits are tried again.
  private static let keepUpTime: Int64 = 50

  /// Leaves the group.
  public func close() {
    consumer.close(KafkaPatience(milliseconds: TopicReader.farewellTime))
  }

  /// How many records are still to be read, as far as the last answers of the brokers say.
  func lag(behind offsets: [Int32: KafkaOffset]) -> Int64 {
    var lag: Int64 = 0
    for (partition, offset) in offsets {
      guard let end = consumer.lastKnownEnd(of: named(partition)) else { continue }
      lag += max(end.rawValue - offset.rawValue, 0)
    }
    return lag
  }
}
