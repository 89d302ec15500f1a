// How events are sent.

/// What simulating and replaying have in common.
struct SendingOptions: Sendable {
  /// Whether each event is sent when it is due, and at once.
  var isPaced = true
  /// Write after every batch.
  var isUnbuffered = false
}
