// A record that could not be decoded, where that is told or ends the run.

/// A record that could not be decoded.
public struct BadRecord: Sendable, CustomStringConvertible {
  /// `events.jsonl:1204`.
  public let position: String
  public let reason: String

  public var description: String { "\(position): \(reason)" }

  /// The end of a run by it (`--on-error fail`).
  var asFailure: Failure { Failure(.badData, .input, place: Place(position), reason) }
}

extension Failure {
  /// The same as a failure of the topic that is read.
  var ofTopicRead: Failure { side == .broker ? of(.input) : self }
}
