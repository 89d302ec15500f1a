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
  /// Those that have been looked at, in their order, and come next.
  private var looked: [CurrentInput] = []
  private let atEnd: AtEnd
  private let signals: Signals
  private let calls: SystemCalls
  private let clock: Clock
  /// Nil where no places are kept.
  private let known: KnownInputs?

  /// An input that is open.
  private final class CurrentInput {
    /// Where the input has positions that are kept.
    let known: KnownInput?
    var file: InputFile
    let opening: Opening
    /// What was read of it to be looked at, and is to be read again; and whether that is all.
    var beginning = ByteBlock(capacity: 0)
    var hasEnded = false

    init(_ known: KnownInput?, file: consuming InputFile, _ opening: Opening) {
      self.known = known
      self.file = file
      self.opening = opening
    }

    /// What is told by the bytes that are there (see `look`).
    func tell<Found>(
      _ waitsForRest: Bool, _ tell: (_ head: Span<UInt8>, _ isAll: Bool) -> Found?
    ) throws(Failure) -> Found? {
      if case .resumed(let position) = opening {
        let head = try head(before: position)
        return tell(head.span, true)
      }
      let isAll = hasEnded && !(waitsForRest && known != nil)
      return beginning.withBytes { tell($0, isAll) }
    }

    /// What the input holds from the header of `position` on: up to the position itself, or as much as a
    /// header may have.
    func head(before position: InputPosition) throws(Failure) -> [UInt8] {
      let end = min(position.offset, position.headOffset + InputSequence.headLength)
      return try file.bytes(from: position.headOffset, to: end)
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
    current = looked.isEmpty ? try open() : looked.removeFirst()
    return current?.opening ?? .none
  }

  /// Nil where there is none left.
  private mutating func open() throws(Failure) -> CurrentInput? {
    guard nextPath < paths.count else { return nil }
    let path = paths[nextPath]
    nextPath += 1
    var file = try InputFile(path, calls: calls)
    let input = file.isRegular && path != "-" ? known?.take(nextPath - 1) : nil
    var opening = Opening.fresh
    if let position = input?.position, position.offset > 0 {
      try file.resume(from: position)
      opening = .resumed(position)
    }
    return CurrentInput(input, file: file, opening)
  }

  /// Appends up to `room` bytes to `block`, waiting until `deadline` (milliseconds of the
  /// monotonic clock; nil for ever). Before it waits it calls `willWait` once.
  public mutating func read(
    into block: inout ByteBlock, room: Int, deadline: Int64?,
    willWait: () throws(Failure) -> Void
  ) throws(Failure) -> Reading {
    guard let current else { return .endOfInput }
    if !current.beginning.isEmpty {
      block.append(current.beginning, 0, current.beginning.count)
      current.beginning = ByteBlock(capacity: 0)
      return .bytes
    }
    if current.hasEnded { return .endOfInput }
    if let reading = try wait(for: current, deadline, willWait) { return reading }
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

  /// Waits until there is something to read, or the input ends; what came instead, else nil.
  private func wait(
    for input: CurrentInput, _ deadline: Int64?, _ willWait: () throws(Failure) -> Void
  ) throws(Failure) -> Reading? {
    if input.file.isRegular { return nil }
    var wait = signals.wait(for: input.file.descriptor, milliseconds: 0)
    if wait == .deadline {
      try willWait()
      let left = deadline.map { $0 - clock.monotonic() }
      wait = signals.wait(for: input.file.descriptor, milliseconds: left)
    }
    switch wait {
    case .signal: return .signal
    case .deadline: return .deadline
    case .ready: return nil
    }
  }

  // MARK: Looking

  /// What a look at the inputs led to.
  public enum Look<Found> {
    case found(Found)
    /// No input tells anything, or the next cannot be had, which reading meets again.
    case nothing
    /// Nothing came until the deadline.
    case deadline
    /// A signal came.
    case signal
  }

  /// Looks at the beginnings of the inputs, in their order, until one tells something: before any is
  /// read, all of which stays to be read. Waits until `deadline` (milliseconds of the monotonic clock;
  /// nil for ever). Inputs must not be followed.
  ///
  /// - Parameters:
  ///   - waitsForRest: whether an input whose positions are kept may end inside a record.
  ///   - tell: what an input's first bytes tell, and whether they are all that will come; nil where they
  ///     are too few.
  public mutating func look<Found>(
    deadline: Int64?, waitsForRest: Bool,
    _ tell: (_ head: Span<UInt8>, _ isAll: Bool) -> Found?
  ) -> Look<Found> {
    do throws(Failure) {
      while let input = try next() {
        while !input.hasEnded {
          if let found = try input.tell(waitsForRest, tell) { return .found(found) }
          switch try wait(for: input, deadline, {}) {
          case .signal: return .signal
          case .deadline: return .deadline
          default: break
          }
          let count = try input.file.read(into: &input.beginning, room: InputSequence.lookLength)
          if count == 0 { input.hasEnded = true }
        }
        if let found = try input.tell(waitsForRest, tell) { return .found(found) }
      }
    } catch {
      // Whoever reads meets it again.
    }
    return .nothing
  }

  /// How much is read at once of an input that is looked at. Our choice: a batch's worth.
  private static let lookLength = 128 * 1024

  /// The input that is looked at: the last opened, or the next where that has ended.
  private mutating func next() throws(Failure) -> CurrentInput? {
    if let last = looked.last, !last.hasEnded { return last }
    let path = nextPath
    do throws(Failure) {
      guard let input = try open() else { return nil }
      looked.append(input)
      return input
    } catch {
      // It is opened again by who reads.
      nextPath = path
      throw error
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

  /// What the current input holds before `position` (see `CurrentInput.head`).
  public func head(before position: InputPosition) throws(Failure) -> [UInt8] {
    try current?.head(before: position) ?? []
  }
}

/// The first bytes of the regular file at `path`, up to `length`. Throws `.cannotOpen`,
/// `.isDirectory` or `.cannotRead`.
public func fileHead(_ path: String, length: Int64) throws(Failure) -> [UInt8] {
  try InputFile.head(of: path, length: length)
}
