// A session as the store keeps it.

/// The layout of the table `sessions`.
///
/// Key: the task (4 bytes, big-endian), then the identity of the session's key; where that is longer
/// than LMDB allows, its first bytes and a hash of 128 bits. Value, all little-endian: flags (1 byte:
/// bit 0 remembered, bit 1 partial, bit 2 the full key follows, bit 3 the form of times does), count of recent digests (1), identifier
/// (8), start, end, stream time and sequence of the latest event, sequence of the first, number of
/// events (8 each), the digests (8 each), and where flagged the form of times (1) and the full key.
enum StoredSession {
  /// LMDB's greatest key is 511 bytes.
  private static let greatestPlainKey = 480
  private static let keptPrefix = 448
  /// How long a key is at most, behind the task.
  static let greatestKey = greatestPlainKey

  private struct Flags: OptionSet {
    let rawValue: UInt8
    static let remembered = Flags(rawValue: 1)
    static let partial = Flags(rawValue: 2)
    static let fullKey = Flags(rawValue: 4)
    static let timeForm = Flags(rawValue: 8)
  }

  static func appendTask(_ task: Int32, to key: inout ByteBlock) {
    key.append(keyField: UInt32(bitPattern: task))
  }

  static func appendKey(task: Int32, _ key: Span<UInt8>, to output: inout ByteBlock) {
    appendTask(task, to: &output)
    let key = key.extracting(SessionKey.identity(key))
    if key.count <= greatestPlainKey {
      output.append(key)
      return
    }
    output.append(key.extracting(0..<keptPrefix))
    output.append(field: Hash.of(key))
    output.append(field: Hash.of(key, seed: 1))
  }

  static func appendValue(
    _ session: SessionSnapshot, key: Span<UInt8>, to output: inout ByteBlock
  ) {
    var flags: Flags = []
    if session.state == .remembered { flags.insert(.remembered) }
    if session.isPartial { flags.insert(.partial) }
    if key.count > greatestPlainKey || SessionKey.isDetailed(key) { flags.insert(.fullKey) }
    if session.timeForm != 0 { flags.insert(.timeForm) }
    output.append(flags.rawValue)
    output.append(session.recent.count)
    output.append(field: session.identifier.rawValue)
    output.append(field: session.start.milliseconds)
    output.append(field: session.end.milliseconds)
    output.append(field: session.latestStreamTime.milliseconds)
    output.append(field: session.latestSequence)
    output.append(field: session.firstSequence)
    output.append(field: session.events)
    for index in 0..<Int(session.recent.count) { output.append(field: session.recent[index]) }
    if flags.contains(.timeForm) { output.append(session.timeForm) }
    if flags.contains(.fullKey) { output.append(key) }
  }

  /// Hands the session and its key to `body`; returns whether the entry could be read.
  static func read(
    _ storedKey: Span<UInt8>, _ value: Span<UInt8>,
    _ body: (_ key: Span<UInt8>, _ session: SessionSnapshot) -> Void
  ) -> Bool {
    var reader = FieldReader()
    let flags = Flags(rawValue: reader.next(value))
    let digests = reader.next(value, as: UInt8.self)
    var session = SessionSnapshot(
      identifier: SessionIdentifier(rawValue: reader.next(value)),
      start: EventTime(milliseconds: reader.next(value)),
      end: EventTime(milliseconds: reader.next(value)),
      latestStreamTime: EventTime(milliseconds: reader.next(value)),
      latestSequence: reader.next(value), firstSequence: reader.next(value),
      events: reader.next(value),
      state: flags.contains(.remembered) ? .remembered : .open,
      isPartial: flags.contains(.partial), recent: RecentRecords())
    guard digests <= RecentRecords.capacity else { return false }
    // The latest comes first, and `append` puts in front.
    var digestsReader = FieldReader(from: reader.end)
    var latestFirst = InlineArray<8, UInt64>(repeating: 0)
    for index in 0..<Int(digests) { latestFirst[index] = digestsReader.next(value) }
    for index in (0..<Int(digests)).reversed() { session.recent.append(latestFirst[index]) }
    if flags.contains(.timeForm) { session.timeForm = digestsReader.next(value) }
    guard reader.isComplete && digestsReader.isComplete else { return false }
    if flags.contains(.fullKey) {
      body(value.extracting(digestsReader.end..<value.count), session)
    } else {
      guard storedKey.count >= 4 else { return false }
      body(storedKey.extracting(4..<storedKey.count), session)
    }
    return true
  }
}
