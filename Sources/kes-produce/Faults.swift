// What may befall events on their way.

/// Probabilities are 0 to 1.
struct Faults: Sendable {
  /// That an event never arrives.
  var loss = 0.0
  /// That an exact copy follows an event.
  var duplicate = 0.0
  /// That an event arrives later, with its copy.
  var delay = 0.0
  /// By how much at most, in milliseconds of event time.
  var greatestDelay: Int64 = 0
}
