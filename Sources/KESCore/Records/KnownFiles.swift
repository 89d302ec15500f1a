// What a state knows of the files that its runs have read and written.

/// Names a file in a store, for good, whatever it is called on the disk and wherever it lies.
public struct FileKey: Hashable, Sendable {
  let first: UInt64
  let second: UInt64

  /// The key of the file that came to be known as the `number`th, from 1.
  init(number: UInt64) { (first, second) = (0, number) }

  /// As a store has it. Builds that knew files by their paths made keys of two hashes.
  init(first: UInt64, second: UInt64) { (self.first, self.second) = (first, second) }

  /// 0 for a file that builds before numbers came to know.
  package var number: UInt64 { first == 0 ? second : 0 }
}

/// An input, and how far it has been read.
public struct KnownInput: Hashable, Sendable {
  public var key: FileKey
  /// The absolute path under which it was found last: a hint, as what a file holds tells whether it is
  /// this one. Empty where another file has taken that path, and nobody has named this one since.
  public var path: String
  public var position: InputPosition
  /// Whether it has had another path before, as what was rotated has: nobody writes to it any more.
  public var wasMoved = false
  /// Whether `position` was its end.
  public var isAtEnd = false

  public init(key: FileKey, path: String, position: InputPosition) {
    (self.key, self.path, self.position) = (key, path, position)
  }
}

/// An output, and how much of it counts.
public struct KnownOutput: Hashable, Sendable {
  public var key: FileKey
  /// The absolute path under which it was written last: a hint.
  public var path: String
  /// How many bytes a later run keeps, and writes on behind them.
  public var length: Int64
  /// How many bytes it had when the run that wrote it had ended: what it has besides came from
  /// elsewhere. nil while a run writes to it.
  public var finalLength: Int64?
  /// What is recognised of its first `recognisedLength` bytes; nil where they could not be read, and in
  /// stores of earlier builds.
  public var fingerprint: UInt64?

  /// How many bytes `fingerprint` is of.
  var recognisedLength: Int64 { finalLength ?? length }

  public init(
    key: FileKey, path: String, length: Int64, finalLength: Int64? = nil,
    fingerprint: UInt64? = nil
  ) {
    (self.key, self.path) = (key, path)
    (self.length, self.finalLength, self.fingerprint) = (length, finalLength, fingerprint)
  }
}

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
