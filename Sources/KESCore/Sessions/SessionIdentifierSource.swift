// Where a new session's id comes from (R12).

/// Makes session ids: from what is known of the session's first event, or at random.
struct SessionIdentifierSource {
  private var generator: any RandomNumberGenerator
  private let isRandom: Bool

  init(isRandom: Bool, generator: any RandomNumberGenerator) {
    self.isRandom = isRandom
    self.generator = generator
  }

  /// The id of a session that begins with the event of key hash `keyHash`, `time` and `position`.
  ///
  /// Deterministic ids depend on nothing else, so the same input gives the same ids in every run.
  @inline(__always)
  mutating func next(keyHash: UInt64, time: EventTime, position: Int64) -> SessionIdentifier {
    if isRandom { return random() }
    let withTime = Hash.combine(keyHash, UInt64(bitPattern: time.milliseconds))
    return .deterministic(Hash.combine(withTime, UInt64(bitPattern: position)))
  }

  @inline(never)
  private mutating func random() -> SessionIdentifier { .random(using: &generator) }
}
