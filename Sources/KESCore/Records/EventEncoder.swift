// What every format's encoder of events does, so that who makes events need not know the format.

/// Turns a batch of events into output bytes.
public protocol EventEncoder: ~Copyable {
  /// Appends the batch's events to `output`, in their order. The batch must have `details`; the
  /// records' own bytes are not looked at.
  mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock)
}
