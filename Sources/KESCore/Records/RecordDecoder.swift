// What every format's decoder does, so that the pipeline need not know the format.

/// Turns the bytes of a batch into its records.
public protocol RecordDecoder: ~Copyable {
  /// Decodes complete records from `batch.bytes`, all of which is undecoded, and sets
  /// `batch.decodedCount`.
  ///
  /// A record that is wrong becomes a rejection, never an error. Stops early after
  /// `limits.records` records, and where `limits.stopsAtRejection` before the first record that is
  /// rejected: that one is told of, but stays undecoded.
  /// With `endOfInput`, what stands at the end is complete: no more bytes will come.
  mutating func decode(_ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits)

  /// Begins another input, at `line` (counted from 1): of the one before nothing is left over.
  mutating func beginInput(line: Int64)

  /// The line (or block) at which decoding stands, counted from 1.
  var line: Int64 { get }

  /// How many records, rejected ones too, have come so far: the position of the next.
  var position: Int64 { get }

  /// Whether the bytes decoded last end inside a record (one too long to be kept whole).
  var isInsideRecord: Bool { get }

  /// What is wrong with a rejected record of `batch`, in words. Not for the record path.
  func message(for rejection: Rejection, in batch: borrowing Batch) -> String
}

/// When a decoder is to stop before the batch's bytes do.
public struct DecodingLimits: Sendable {
  /// How many records, rejected ones too, may still come.
  public var records: Int64
  /// Whether nothing behind a rejection is decoded (`--on-error fail`).
  public var stopsAtRejection: Bool

  public init(records: Int64 = .max, stopsAtRejection: Bool = false) {
    self.records = records
    self.stopsAtRejection = stopsAtRejection
  }
}
