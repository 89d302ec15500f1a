// What a process of an application has taken up, in one line.

/// Partitions that a process has taken up since the last word of that, with their sessions.
struct TakenUp {
  private var partitions: [Int32] = []
  private var openSessions: Int64 = 0
  /// How long the longest took, in milliseconds.
  private var elapsed: Int64 = 0

  mutating func add(_ partition: Int32, openSessions: Int, elapsed: Int64) {
    partitions.append(partition)
    self.openSessions += Int64(openSessions)
    self.elapsed = max(self.elapsed, elapsed)
  }

  /// Nil where there are none.
  mutating func takeText() -> String? {
    if partitions.isEmpty { return nil }
    defer { self = TakenUp() }
    let sessions =
      openSessions == 0
      ? "" : ", with \(openSessions) open session\(openSessions == 1 ? "" : "s"), in \(elapsed) ms"
    return "\(TakenUp.text(partitions)) taken up\(sessions)"
  }

  /// `partition 3`, or `partitions 0, 3`.
  static func text(_ partitions: [Int32]) -> String {
    let numbers = partitions.sorted().map(String.init).joined(separator: ", ")
    return "partition\(partitions.count == 1 ? "" : "s") \(numbers)"
  }
}
