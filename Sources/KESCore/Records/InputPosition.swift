// Where a run stood in its inputs and outputs.

/// How far a named input has been read.
public struct InputPosition: Hashable, Sendable {
  /// Bytes read.
  public var offset: Int64
  /// The line, or the Avro block, that begins there, counted from 1.
  public var line: Int64
  /// How many records of that block are read.
  public var recordsOfBlock: Int64 = 0
  /// Where the header begins that the block belongs to.
  public var headOffset: Int64 = 0
  /// A hash that tells whether the bytes before `offset` are still the same.
  public var fingerprint: UInt64

  public init(offset: Int64, line: Int64, fingerprint: UInt64) {
    self.offset = offset
    self.line = line
    self.fingerprint = fingerprint
  }
}
