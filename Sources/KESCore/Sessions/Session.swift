// One open (or remembered) session as the table keeps it.

/// A session in the table: 80 bytes, and its key in the arena.
public struct Session: BitwiseCopyable, Sendable {
  public enum State: UInt8, BitwiseCopyable, Sendable {
    /// Events of its key join it.
    case open = 0
    /// Completed, kept to recognise retries (R6).
    case remembered = 1
  }

  /// The first free place, or the place of the key's bytes.
  var keySlot: UInt32
  var keyLength: UInt32
  public var identifier: SessionIdentifier
  /// The least and the greatest time of its events.
  public var start: EventTime
  public var end: EventTime
  /// Stream time when its latest event was applied.
  public var latestStreamTime: EventTime
  /// The number of that event in the order of application: orders sessions of one stream time.
  public var latestSequence: Int64
  /// The number of its first event in that order: orders sessions as they opened.
  public var firstSequence: Int64
  /// How many events belong to it.
  public var events: Int64
  /// Neighbours in the list of its state, in the order of `latestSequence`.
  var previous: UInt32
  var next: UInt32
  /// The low half of its key's hash.
  var hash: UInt32
  public var state: State
  /// Whether it did not begin with a start event.
  public var isPartial: Bool
  /// How its first event writes its time (`Record.timeForm`).
  public var timeForm: UInt8 = 0
  /// What the store has of it.
  private var stored: UInt8 = 0

  init(
    keySlot: UInt32, keyLength: UInt32, identifier: SessionIdentifier, time: EventTime,
    sequence: Int64, hash: UInt32, neighbour: UInt32
  ) {
    self.keySlot = keySlot
    self.keyLength = keyLength
    self.identifier = identifier
    start = time
    end = time
    latestStreamTime = .beforeAll
    latestSequence = sequence
    firstSequence = sequence
    events = 0
    previous = neighbour
    next = neighbour
    self.hash = hash
    state = .open
    isPartial = false
  }

  /// Whether it differs from what the store holds.
  var isChanged: Bool {
    @inline(__always) get { stored & 1 != 0 }
    @inline(__always) set { stored = stored & ~1 | (newValue ? 1 : 0) }
  }

  /// Whether the store holds a session of this key.
  var isStored: Bool {
    @inline(__always) get { stored & 2 != 0 }
    @inline(__always) set { stored = stored & ~2 | (newValue ? 2 : 0) }
  }

  /// Counts an event in; returns what its caller needs next, read while it is at hand.
  @inline(__always)
  mutating func join(
    _ time: EventTime, streamTime: EventTime, sequence: Int64
  ) -> (identifier: SessionIdentifier, events: Int64) {
    start = min(start, time)
    end = max(end, time)
    events &+= 1
    latestStreamTime = streamTime
    latestSequence = sequence
    return (identifier, events)
  }
}

/// The digests of a session's last 8 records, the latest first (R7).
public struct RecentRecords: BitwiseCopyable, Sendable {
  public static let capacity = 8
  private var digests = InlineArray<8, UInt64>(repeating: 0)
  public private(set) var count: UInt8 = 0

  public init() {}

  /// Whether `digest` is one of them.
  @inline(__always)
  func contains(_ digest: UInt64) -> Bool {
    for index in 0..<Int(count) where digests[index] == digest { return true }
    return false
  }

  @inline(__always)
  public mutating func append(_ digest: UInt64) {
    var index = RecentRecords.capacity - 1
    while index > 0 {
      digests[index] = digests[index &- 1]
      index &-= 1
    }
    digests[0] = digest
    if count < UInt8(RecentRecords.capacity) { count += 1 }
  }

  /// The digest at `index`, 0 being the latest; `index` must be less than `count`.
  public subscript(index: Int) -> UInt64 {
    precondition(index < Int(count))
    return digests[index]
  }
}
