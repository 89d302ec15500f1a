// What every format's encoder does, so that the rooms above need not know a format.

/// Which session events are written (`--emit`).
public enum Emission: String, CaseIterable, Sendable {
  /// The events, without `SessionClosed`.
  case events
  /// The `SessionClosed` alone.
  case closed
  /// Both, in the order in which they happen.
  case all
}

/// Turns a batch of events into output bytes.
public protocol EventEncoder: ~Copyable {
  /// Appends the batch's events to `output`, in their order. The batch must have `details`; the
  /// records' own bytes are not looked at.
  mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock)
}

/// Turns a segmented batch into output bytes.
public protocol SessionEventEncoder: ~Copyable {
  /// Whether closings are written at all: where not, nobody need gather them.
  var wantsClosings: Bool { get }

  /// Appends the batch's session events to `output`, closings at their places.
  mutating func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock)
}

/// Writes the records of batches: those that a reader lets through, in their order. What is asked is
/// mutating for the reason that `RecordDecoder` gives.
public protocol RecordEncoder: ~Copyable {
  /// Appends what stands before the first record: a header, where the format has one.
  mutating func begin(_ output: inout ByteBlock)

  /// Appends what gives a terminal back while the process is suspended.
  mutating func suspend(_ output: inout ByteBlock)

  /// Appends what goes on behind that.
  mutating func resume(_ output: inout ByteBlock)

  /// Appends the batch's records, whose details must be there.
  mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock)

  /// Appends what stands behind the last record. Called once, also where a signal ends the run.
  mutating func end(_ output: inout ByteBlock)

  /// Whether no further record would change the output.
  var isComplete: Bool { mutating get }

  /// How many sessions it keeps in mind.
  var openSessions: Int { mutating get }

  /// When `refresh` is to be called, in milliseconds of the monotonic clock; nil where not before
  /// more records have come.
  var refreshDeadline: Int64? { mutating get }

  /// Appends what brings a live view up to date.
  mutating func refresh(to output: inout ByteBlock)
}

extension RecordEncoder where Self: ~Copyable {
  public mutating func begin(_ output: inout ByteBlock) {}
  public mutating func suspend(_ output: inout ByteBlock) {}
  public mutating func resume(_ output: inout ByteBlock) {}
  public mutating func end(_ output: inout ByteBlock) {}
  public var isComplete: Bool { false }
  public var openSessions: Int { 0 }
  public var refreshDeadline: Int64? { nil }
  public mutating func refresh(to output: inout ByteBlock) {}
}

/// Writes records one by one.
public protocol RecordAppender: RecordEncoder, ~Copyable {
  /// To be called before the first `append` of a batch.
  mutating func beginBatch()

  /// Appends a record, whether or not its details are there.
  mutating func append(_ index: Int, of batch: borrowing Batch, to output: inout ByteBlock)
}

/// Turns the content of an output's buffer into another form when it is written to a file or a pipe.
///
/// Called from the run's own thread, once a write.
public protocol OutputFraming: AnyObject {
  /// Appends to `output` what is to be written for `content`, which is all that was appended to the
  /// buffer and not yet used up. Returns how many bytes of it are used up: all, unless `moment` is
  /// `.full`. Throws where what was appended cannot be written, and then has used up nothing.
  func frame(
    _ content: borrowing ByteBlock, at moment: FlushMoment, to output: inout ByteBlock
  ) throws(Failure) -> Int

  /// Forgets what is known of content that is not written yet: it will not be.
  func discard()

  /// Whether what has been written must be kept by who writes on; else it may begin anew.
  var hasContent: Bool { get }
}

extension OutputFraming {
  public func discard() {}
  public var hasContent: Bool { true }
}

/// Why an output is written.
public enum FlushMoment: Sendable {
  /// There is enough of it: what is not a unit of its own yet may stay.
  case full
  /// Somebody may be waiting for it.
  case now
  /// No more will come; then there may be nothing to be written but an end.
  case last
}
