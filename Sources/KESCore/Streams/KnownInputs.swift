// Which of a run's inputs earlier runs have read, known again by what they hold.

/// The inputs that a state knows, beside those that a run names.
///
/// A known input is the file that holds what was read of it, up to the place where reading ended. It is
/// looked for first where it lay last, then among all inputs of the run; so it may have been moved,
/// renamed, or named by another path. Two inputs of a run are never the same known one: a file that is
/// named twice, or whose copy is named beside it, is read twice.
///
/// Where a known input lay last, another file may lie now. That is a new input where the known one is
/// among this run's, or has been read to its end elsewhere in that directory, or had been rotated and
/// read to its end before it went; else something is missing.
public final class KnownInputs {
  /// How many inputs are remembered whose paths others have taken. Our choice: the hours of a month.
  private static let greatestDisplaced = 1000

  private var known: [KnownInput]
  /// Which of `known` the input with this place in the run is.
  private var claims: [Int: Int] = [:]
  /// The run's inputs: as they are named, and where they lie; that is empty for what has no positions.
  private let names: [String]
  private let paths: [String]
  private let lastCommit: EventTime?
  private var lastNumber: UInt64
  /// Those whose paths others have taken in this run, to be written to the store.
  private var displaced: [KnownInput] = []
  /// Those that were displaced so long ago that the store need not keep them.
  public let forgotten: [FileKey]
  private let onNote: (String) -> Void

  /// Finds the known ones among the run's inputs. Nothing has been read or written yet.
  ///
  /// - Parameters:
  ///   - known: what the store has.
  ///   - names: the run's inputs. What cannot be opened is nobody's: opening it in its turn says why.
  ///   - lastCommit: when the store was last written to.
  ///   - onNote: told what a user may want to know of where inputs were found.
  /// Throws `.cannotRead`, or `.inputChanged` where another file lies where one was read, and
  /// what is not read of that one is missing.
  public init(
    _ known: [KnownInput], among names: [String], lastCommit: EventTime? = nil,
    onNote: @escaping (String) -> Void = { _ in }
  ) throws(Failure) {
    let old = known.filter(\.path.isEmpty).sorted { $0.key.number < $1.key.number }
      .dropLast(KnownInputs.greatestDisplaced).map(\.key)
    forgotten = old
    // Of inputs with one path that was named first which was read further.
    self.known = known.filter { !old.contains($0.key) }
      .sorted { $0.position.offset > $1.position.offset }
    lastNumber = known.map(\.key.number).max() ?? 0
    self.names = names
    paths = names.map { KnownInputs.isPositioned($0) ? absolutePath($0) : "" }
    self.lastCommit = lastCommit
    self.onNote = onNote
    try find()
    for place in paths.indices where !paths[place].isEmpty { try displace(at: place) }
  }

  /// Those that were displaced since the last call.
  func takeDisplaced() -> [KnownInput] {
    defer { displaced = [] }
    return displaced
  }

  // MARK: Finding

  private func find() throws(Failure) {
    for isElsewhere in [false, true] {
      for place in paths.indices where !paths[place].isEmpty && claims[place] == nil {
        guard hasUnclaimed, let file = KnownInputs.open(paths[place]) else { continue }
        if let found = try match(file, at: paths[place], isElsewhere: isElsewhere) {
          claims[place] = found
        }
      }
    }
  }

  /// Whether an input has positions that a store can keep.
  static func isPositioned(_ name: String) -> Bool {
    name != "-" && FileIdentity.ofRegularFile(at: name) != nil
  }

  private static func open(_ path: String) -> InputFile? {
    do throws(Failure) { return try InputFile(path, calls: .real) } catch { return nil }
  }

  private var hasUnclaimed: Bool { claims.count < known.count }

  private func isClaimed(_ index: Int) -> Bool { claims.values.contains(index) }

  private func match(
    _ file: borrowing InputFile, at path: String, isElsewhere: Bool
  ) throws(Failure) -> Int? {
    for index in known.indices where !isClaimed(index) {
      let input = known[index]
      if isElsewhere || input.path == path, try file.holds(input.position) { return index }
    }
    return nil
  }

  // MARK: Taking

  /// What is known of the input at `place` among the run's: where to read on, or its beginning.
  func take(_ place: Int) -> KnownInput {
    if let index = claims[place] {
      var input = known[index]
      if input.path != paths[place] {
        if !input.path.isEmpty { onNote("\(names[place]): read on as what was \(input.path)") }
        (input.path, input.wasMoved) = (paths[place], true)
      }
      return input
    }
    lastNumber += 1
    return KnownInput(
      key: FileKey(number: lastNumber),
      path: paths[place].isEmpty ? absolutePath(names[place]) : paths[place],
      position: InputPosition(offset: 0, line: 1, fingerprint: 0))
  }

  /// Takes the path of the input at `place` away from known ones that are others.
  private func displace(at place: Int) throws(Failure) {
    for index in known.indices where known[index].path == paths[place] && !isClaimed(index) {
      if !mayBeGone(known[index], place) { try requireReadElsewhere(known[index], place) }
      known[index].path = ""
      displaced.append(known[index])
    }
  }

  /// Whether nothing is missing where a known input is gone whose path the one at `place` has: it was
  /// read to its end, and nobody writes to it any more, as it was rotated before, or was now.
  private func mayBeGone(_ input: KnownInput, _ place: Int) -> Bool {
    input.isAtEnd && (input.wasMoved || claims[place] != nil || isBehindRotated(place))
  }

  /// Whether the input was rotated, as the one before it and the one behind it were: an input named
  /// before it had the name that one behind it has now.
  private func isBehindRotated(_ place: Int) -> Bool {
    claims.contains { earlier, index in
      earlier < place && paths[(place + 1)...].contains(known[index].path)
    }
  }

  // MARK: What is missing

  /// Sees that nothing is unread of a known input that does not lie at its path any more, nor of what
  /// was rotated after it. Throws `.inputChanged`.
  private func requireReadElsewhere(_ input: KnownInput, _ place: Int) throws(Failure) {
    let name = names[place]
    let rotated = RotatedFiles(of: name, at: paths[place])
    let found = try find(input, in: rotated, but: paths[place])
    let since = found?.file.modified ?? lastCommit?.milliseconds ?? 0
    var missing: [RotatedFile] = []
    for file in rotated.files where file.modified > since && file.path != found?.file.path {
      if try isUnread(file) { missing.append(file) }
    }
    if let found {
      if found.unread > 0 { missing.insert(found.file, at: 0) }
      if missing.isEmpty {
        onNote("\(name): a new file; the one before is \(found.file.path) now, read to its end")
        return
      }
    } else if input.position.offset == 0 {
      if missing.isEmpty { return }
    } else if !missing.contains(where: \.isCompressed) {
      // What was rotated and not written to since may be older than the last commit.
      missing = rotated.files.last { $0.isCompressed }.map { [$0] } ?? []
    }
    // The oldest is read first: before what this run names of the same rotation.
    let start = names.indices.first { index in
      rotated.files.contains { file in
        absolutePath(file.path) == paths[index]
          && file.modified > missing.first?.modified ?? .max
      }
    }
    let command = command(with: missing, before: min(start ?? place, place))
    let explanation =
      if let found, found.unread > 0 {
        "is another file than the one that was read: that is \(found.file.path) now, and its last"
          + " \(found.unread) bytes are not read yet; \(command)"
      } else if found != nil || input.position.offset == 0 {
        "is another file than the one that was read, and what was written between them is not read yet;"
          + " \(command)"
      } else if missing.isEmpty {
        InputFile.change(
          to: KnownInputs.open(paths[place])?.size ?? 0, from: input.position.offset)
      } else {
        "is another file than the one of which \(input.position.offset) bytes were read; where that was"
          + " rotated and compressed, expand it and \(command)"
      }
    throw .inputChanged(name: name, explanation: explanation)
  }

  /// Where a known input lies now, and how much of it is not read. Of several that hold it one that
  /// rotation has named counts, or else one that holds more.
  private func find(
    _ input: KnownInput, in rotated: RotatedFiles, but path: String
  ) throws(Failure) -> (file: RotatedFile, unread: Int64)? {
    for files in [rotated.files, rotated.others] {
      var best: (file: RotatedFile, unread: Int64)?
      for file in files where absolutePath(file.path) != path && KnownInputs.isPositioned(file.path)
      {
        guard let opened = KnownInputs.open(file.path), try opened.holds(input.position) else {
          continue
        }
        let unread = opened.size - input.position.offset
        if unread > best?.unread ?? -1 { best = (file, unread) }
      }
      if let best { return best }
    }
    return nil
  }

  /// Whether a file is neither named in this run nor one that was read to its end.
  private func isUnread(_ file: RotatedFile) throws(Failure) -> Bool {
    if file.isCompressed { return true }
    guard !paths.contains(absolutePath(file.path)), let opened = KnownInputs.open(file.path),
      opened.size > 0
    else { return false }
    for input in known where input.position.offset == opened.size {
      if try opened.holds(input.position) { return false }
    }
    return true
  }

  /// What to run so that `missing` is read before the input at `place`.
  private func command(with missing: [RotatedFile], before place: Int) -> String {
    let expanding = missing.filter(\.isCompressed).map(\.expanding).joined(separator: "; ")
    let inputs =
      names[..<place] + missing.map(\.expandedPath) + names[place...]
    return "run this once with \(inputs.count == 2 ? "both" : "all"): "
      + (expanding.isEmpty ? "" : expanding + ", then ")
      + inputs.map(ShellWord.quoted).joined(separator: " ")
  }
}

/// A file beside an input.
struct RotatedFile {
  /// As a user would name it.
  let path: String
  /// When it was written to last, in milliseconds since the epoch.
  let modified: Int64
  /// What expands it, and its suffix; nil where it is not compressed.
  fileprivate let expander: ForeignInput.Expander?

  var isCompressed: Bool { expander != nil }

  /// Its path when it is expanded.
  var expandedPath: String { expander?.expanded(path) ?? path }

  /// The command that expands it, and leaves it there.
  var expanding: String { expander?.command(path) ?? "cat \(ShellWord.quoted(path))" }
}

/// The files beside an input, the oldest first.
///
/// Rotation names files as logrotate does: `e.jsonl.1`, `e.jsonl-20261130`, `e-20261130.jsonl`, and with a
/// suffix where they are compressed. Of one that is expanded as well, the compressed one is left out.
struct RotatedFiles {
  /// Those that rotation has named after the same file as the input.
  private(set) var files: [RotatedFile] = []
  private(set) var others: [RotatedFile] = []

  /// - Parameters:
  ///   - name: the input, as a user named it.
  ///   - path: where it lies.
  init(of name: String, at path: String) {
    var directory = RotatedFiles.directory(of: name)
    // Through a link the files beside are elsewhere.
    if absolutePath(directory + "x") != RotatedFiles.directory(of: path) + "x" {
      directory = RotatedFiles.directory(of: path)
    }
    let base = RotatedFiles.base(of: String(path.dropFirst(RotatedFiles.directory(of: path).count)))
    let names = Set(KESCore.names(inDirectory: directory.isEmpty ? "." : directory) ?? [])
    for name in names {
      let expander = ForeignInput.Expander.all.first { name.hasSuffix($0.suffix) }
      let expanded = expander?.expanded(name) ?? name
      if expander != nil && names.contains(expanded) { continue }
      guard let modified = modificationTime(ofFile: directory + name) else { continue }
      let file = RotatedFile(path: directory + name, modified: modified, expander: expander)
      if RotatedFiles.isRotation(expanded, of: base) {
        files.append(file)
      } else if expander == nil {
        others.append(file)
      }
    }
    files.sort { ($0.modified, $0.path) < ($1.modified, $1.path) }
    others.sort { ($0.modified, $0.path) < ($1.modified, $1.path) }
  }

  /// What stands before the last component: nothing, or with its slash.
  static func directory(of name: String) -> String {
    name.lastIndex(of: "/").map { String(name[...$0]) } ?? ""
  }

  /// The name that a file had before it was rotated: `e.jsonl` of `e.jsonl.1`.
  private static func base(of name: String) -> String {
    guard let mark = name.lastIndex(where: { $0 == "." || $0 == "-" }), mark != name.startIndex,
      isMark(name[mark...])
    else { return name }
    return String(name[..<mark])
  }

  private static func isRotation(_ name: String, of base: String) -> Bool {
    if name.hasPrefix(base) { return isMark(name.dropFirst(base.count)) }
    guard let dot = base.lastIndex(of: "."), name.hasPrefix(base[..<dot]),
      name.hasSuffix(base[dot...]), name.count > base.count
    else { return false }
    return isMark(name.dropFirst(base[..<dot].count).dropLast(base[dot...].count))
  }

  /// Whether rotation adds `text` to a name: a number or a date behind a dot or a dash.
  private static func isMark(_ text: Substring) -> Bool {
    guard let first = text.first, first == "." || first == "-" else { return false }
    let rest = text.dropFirst()
    return rest.contains(where: \.isNumber)
      && rest.allSatisfy { $0.isASCII && ($0.isNumber || "-._:T".contains($0)) }
  }
}
