// The inputs of a run, one behind the other, as one stream of blocks.

/// Where a waiting input stands.
public enum Reading: Equatable, Sendable {
  /// Bytes were appended.
  case bytes
  /// The current input has ended; `openNext` goes to the next.
  case endOfInput
  /// The current input has ended and begins again: the file that is followed was emptied, or
  /// another has its name now.
  case restart
  /// Nothing came until the deadline.
  case deadline
  /// A signal came.
  case signal
}

/// Reads inputs in the order in which they are named.
public struct InputSequence: ~Copyable {
  /// How a file's end is treated.
  public enum AtEnd: Sendable {
    case stop
    /// Wait for the last file to grow (`--follow`), looking every so many milliseconds, as
    /// `tail -F` does: one that is shorter than what was read of it begins again at its start, and
    /// where another file has its name, that one is followed. A missing file is waited for.
    case follow(everyMilliseconds: Int64)
  }

  /// How much of an input's beginning is read again when it is resumed.
  private static let headLength: Int64 = 1 << 20

  private let paths: [String]
  private var nextPath = 0
  private var current: CurrentInput?
  private let atEnd: AtEnd
  private let signals: Signals
  private let calls: SystemCalls
  private let clock: Clock
  /// Nil where no places are kept.
  private let known: KnownInputs?

  /// The current input, boxed: an optional noncopyable value is awkward to reach into.
  private final class CurrentInput {
    /// Where the input has positions that are kept.
    let known: KnownInput?
    var file: InputFile
    init(_ known: KnownInput?, file: consuming InputFile) {
      self.known = known
      self.file = file
    }
  }

  /// - Parameters:
  ///   - paths: files to read, `-` for the standard input; none means the standard input.
  ///   - known: what earlier runs have read; nil where nobody keeps that.
  public init(
    paths: [String], atEnd: AtEnd = .stop, known: KnownInputs? = nil, signals: Signals,
    calls: SystemCalls = .real, clock: Clock = .real
  ) {
    self.known = known
    self.paths = paths.isEmpty ? ["-"] : paths
    self.atEnd = atEnd
    self.signals = signals
    self.calls = calls
    self.clock = clock
  }

  /// The name of the current input in messages.
  public var name: String { current?.file.name ?? "input" }

  /// Whether the current input has positions that are kept, so that a later run may read on.
  var isKept: Bool { current?.known != nil }

  /// How many bytes the current input has had read, and how many it had when it was opened.
  public var progress: (read: Int64, size: Int64)? {
    guard let current, current.file.isRegular else { return nil }
    return (current.file.offset, current.file.size)
  }

  /// What opening the next input led to.
  public enum Opening: Sendable {
    /// There is none left.
    case none
    /// It is read from its start.
    case fresh
    /// It is read on from where an earlier run stood.
    case resumed(InputPosition)
  }

  /// Opens the next input, and goes to where an earlier run stood in it. Throws
  /// `Failure.cannotOpen`, `.isDirectory`, `.cannotRead` or `.inputChanged`.
  public mutating func openNext() throws(Failure) -> Opening {
    current = nil
    guard nextPath < paths.count else { return .none }
    let path = paths[nextPath]
    nextPath += 1
    var file = try InputFile(path, calls: calls)
    let input = file.isRegular && path != "-" ? known?.take(nextPath - 1) : nil
    var opening = Opening.fresh
    if let position = input?.position, position.offset > 0 {
      try file.resume(from: position)
      opening = .resumed(position)
    }
    current = CurrentInput(input, file: file)
    return opening
  }

  /// Appends up to `room` bytes to `block`, waiting until `deadline` (milliseconds of the
  /// monotonic clock; nil for ever). Before it waits it calls `willWait` once.
  public mutating func read(
    into block: inout ByteBlock, room: Int, deadline: Int64?,
    willWait: () throws(Failure) -> Void
  ) throws(Failure) -> Reading {
    guard let current else { return .endOfInput }
    if !current.file.isRegular {
      var wait = signals.wait(for: current.file.descriptor, milliseconds: 0)
      if wait == .deadline {
        try willWait()
        let left = deadline.map { $0 - clock.monotonic() }
        wait = signals.wait(for: current.file.descriptor, milliseconds: left)
      }
      if wait == .signal { return .signal }
      if wait == .deadline { return .deadline }
    }
    while true {
      if try current.file.read(into: &block, room: room) > 0 { return .bytes }
      guard case .follow(let interval) = atEnd, nextPath == paths.count, current.file.isRegular
      else { return .endOfInput }
      if let reading = try goOn(current, into: &block, room: room) { return reading }
      try willWait()
      let left = deadline.map { $0 - clock.monotonic() } ?? .max
      let wait = signals.wait(for: nil, milliseconds: min(interval, left))
      if wait == .signal { return .signal }
      if left <= interval { return .deadline }
    }
  }

  /// At the end of a file that is followed: what there is to read all the same, of the file that has
  /// its name now, or of itself from its start. Nil where nothing has changed.
  private func goOn(
    _ current: CurrentInput, into block: inout ByteBlock, room: Int
  ) throws(Failure) -> Reading? {
    if let successor = try current.file.successor() {
      // Between its end and the change of the name more may have been written.
      if try current.file.read(into: &block, room: room) > 0 { return .bytes }
      current.file = successor
      return .restart
    }
    guard try current.file.wasShortened() else { return nil }
    try current.file.rewind()
    return .restart
  }

  /// The current input with where it stands; nil where nobody keeps that. Throws
  /// `Failure.cannotRead`.
  ///
  /// - Parameter hasEnded: whether there was no more to read.
  func input(
    at place: DecodingPlace, hasEnded: Bool = false
  ) throws(Failure) -> KnownInput? {
    guard let current, var input = current.known else { return nil }
    let offset = current.file.offset - Int64(place.unread)
    var position = InputPosition(
      offset: offset, line: place.line, fingerprint: try current.file.fingerprint(to: offset))
    position.recordsOfBlock = place.recordsOfBlock
    position.headOffset = place.headOffset
    input.position = position
    // Nobody ends the last record of a file that was rotated.
    input.isAtEnd = hasEnded && (place.unread == 0 || input.wasMoved)
    return input
  }

  /// Inputs whose paths others have taken since the last call.
  func takeDisplaced() -> [KnownInput] { known?.takeDisplaced() ?? [] }

  /// What the current input holds from the header of `position` on: up to the place itself, or as
  /// much as a header may have.
  public func head(before position: InputPosition) throws(Failure) -> [UInt8] {
    guard let current else { return [] }
    let end = min(position.offset, position.headOffset + InputSequence.headLength)
    return try current.file.bytes(from: position.headOffset, to: end)
  }
}

/// The first bytes of the regular file at `path`, up to `length`. Throws `.cannotOpen`,
/// `.isDirectory` or `.cannotRead`.
public func fileHead(_ path: String, length: Int64) throws(Failure) -> [UInt8] {
  try InputFile.head(of: path, length: length)
}
