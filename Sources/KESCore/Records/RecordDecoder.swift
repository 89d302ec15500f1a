// What every format's decoder does, so that the pipeline need not know the format.

/// Turns the bytes of a batch into its records. All is mutating, as far as the protocol goes: what is
/// behind an existential of a noncopyable value cannot be borrowed from a class (Swift 6.3).
public protocol RecordDecoder: ~Copyable {
  /// Decodes complete records from `batch.bytes`, all of which is undecoded, and sets
  /// `batch.decodedCount`.
  ///
  /// A record that is wrong becomes a rejection, never an error. Stops early after
  /// `limits.records` records, and where `limits.stopsAtRejection` before the first record that is
  /// rejected: that one is told of, but stays undecoded.
  /// With `endOfInput`, what stands at the end is complete: no more bytes will come; unless
  /// `limits.leavesUnfinished`, and then a record that is not whole there stays undecoded.
  /// Throws `Failure` where a schema has to be had from elsewhere, and cannot.
  mutating func decode(
    _ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits
  ) throws(Failure)

  /// Lends the block that the input's next bytes are to be appended to, before `decode`. What is
  /// appended elsewhere, to `batch.bytes`, counts as well.
  mutating func withInput<Result, Failure: Error>(
    _ batch: inout Batch, _ fill: (inout ByteBlock) throws(Failure) -> Result
  ) throws(Failure) -> Result

  /// Begins another input: of the one before nothing is left over.
  mutating func beginInput(_ start: InputStart)

  /// Where decoding stands, with the records of `batch` used up.
  mutating func place(after batch: borrowing Batch) -> DecodingPlace

  /// Whether more records can be had without more bytes.
  var hasMore: Bool { mutating get }

  /// How many records, rejected ones too, have come so far: the position of the next.
  var position: Int64 { mutating get }

  /// Whether the bytes decoded last end inside a record (one too long to be kept whole).
  var isInsideRecord: Bool { mutating get }

  /// What is wrong with a rejected record of `batch`, in words. Not for the record path.
  mutating func message(for rejection: Rejection, in batch: borrowing Batch) -> String

  /// What the input of a rejected record of `batch` is where it is of another kind; else nil.
  mutating func foreignInput(
    at rejection: Rejection, in batch: borrowing Batch
  ) -> ForeignInput?

  /// Where in its input a rejected record stands, to be written behind the input's name: `:1204`.
  mutating func location(of rejection: Rejection) -> String

  /// Whether records are bytes of any kind, not text.
  var isBinary: Bool { mutating get }
}

extension RecordDecoder where Self: ~Copyable {
  public mutating func withInput<Result, Failure: Error>(
    _ batch: inout Batch, _ fill: (inout ByteBlock) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try fill(&batch.bytes)
  }

  public func foreignInput(at rejection: Rejection, in batch: borrowing Batch) -> ForeignInput? {
    nil
  }

  public var hasMore: Bool { false }
  public var isBinary: Bool { false }
  public func location(of rejection: Rejection) -> String { ":\(rejection.line)" }
}

/// Where reading of an input begins.
public enum InputStart: Sendable {
  case beginning
  /// Where an earlier run stood; `head` are the input's bytes from `headOffset` on, up to that
  /// place, or as many as a header may have.
  case resumed(InputPosition, head: [UInt8])
}

/// Where decoding stands in an input.
public struct DecodingPlace: Hashable, Sendable {
  /// How many of the bytes that the decoder was given are still to be read.
  public var unread: Int
  /// See `InputPosition`.
  public var line: Int64
  public var recordsOfBlock: Int64 = 0
  public var headOffset: Int64 = 0

  public init(unread: Int, line: Int64) {
    self.unread = unread
    self.line = line
  }
}

/// When a decoder is to stop before the batch's bytes do.
public struct DecodingLimits: Sendable {
  /// How many records, rejected ones too, may still come.
  public var records: Int64
  /// Whether nothing behind a rejection is decoded (`--on-error fail`).
  public var stopsAtRejection: Bool
  /// Which events are ahead of the wall clock.
  public var ahead = AheadLimit.none
  /// Whether what is no whole record at the end of an input stays undecoded, as its rest may come.
  public var leavesUnfinished: Bool

  public init(
    records: Int64 = .max, stopsAtRejection: Bool = false, leavesUnfinished: Bool = false
  ) {
    self.records = records
    self.stopsAtRejection = stopsAtRejection
    self.leavesUnfinished = leavesUnfinished
  }
}
