// What every format's encoder of whole records does.

/// Writes the records of batches: those that a reader lets through, in their order.
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
  var isComplete: Bool { get }

  /// How many sessions it keeps in mind.
  var openSessions: Int { get }

  /// When `refresh` is to be called, in milliseconds of the monotonic clock; nil where not before
  /// more records have come.
  var refreshDeadline: Int64? { get }

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
