// What every format's encoder of session events does.

/// Turns a segmented batch into output bytes.
public protocol SessionEventEncoder: ~Copyable {
  /// Whether closings are written at all: where not, nobody need gather them.
  var wantsClosings: Bool { get }

  /// Appends the batch's session events to `output`, closings at their places.
  mutating func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock)
}
