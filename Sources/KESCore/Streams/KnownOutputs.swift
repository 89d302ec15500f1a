// Which of a run's outputs earlier runs wrote, and that nobody has changed them since.

internal import Glibc

/// The outputs that a state knows, beside those that a run names.
///
/// An output is written on only where it holds what earlier runs wrote to it, wherever it lies now. What
/// a run that did not end left behind its last commit is cut away; all else that a state did not write
/// is somebody's, and refused.
public final class KnownOutputs {
  private var known: [KnownOutput]
  private var lastNumber: UInt64
  /// Those that this run writes to. A store is to have them before anything is written.
  public private(set) var taken: [KnownOutput] = []

  /// - Parameter known: what the store has.
  public init(_ known: [KnownOutput]) {
    self.known = known
    lastNumber = known.map(\.key.number).max() ?? 0
  }

  /// What is known of the file at `path`, which need not be there: how much of it is kept. Throws
  /// `Failure.outputChanged`, `.cannotOpen` or `.cannotRead`.
  public func take(_ path: String) throws(Failure) -> KnownOutput {
    let place = absolutePath(path)
    let isFile = FileIdentity.ofRegularFile(at: path) != nil
    var output: KnownOutput
    if let index = known.firstIndex(where: { $0.path == place }) {
      output = known.remove(at: index)
      if let fault = try KnownOutputs.fault(of: path, isFile: isFile, output) {
        let remedy = KnownOutputs.find(output, beside: path).map {
          "what was written is \($0) now: \(isFile ? "" : "move that back, or ")name that as the output"
        }
        throw .outputChanged(name: path, explanation: "\(fault.what); \(remedy ?? fault.remedy)")
      }
    } else {
      output = isFile ? try takeMoved(path) : makeNew()
    }
    (output.path, output.finalLength) = (place, nil)
    // What counts from now on may be less than what was recognised.
    output.fingerprint =
      isFile && output.length > 0
      ? try DescriptorHandle.openForReading(path).fingerprint(to: output.length, of: path) : nil
    let isMissing = unsafe access(path, F_OK) != 0
    if isFile || isMissing { taken.append(output) }
    return output
  }

  private func makeNew() -> KnownOutput {
    lastNumber += 1
    return KnownOutput(key: FileKey(number: lastNumber), path: "", length: 0)
  }

  /// Takes a file that is not known by its path: an empty one, or a known one that was moved.
  private func takeMoved(_ path: String) throws(Failure) -> KnownOutput {
    let size = try DescriptorHandle.openForReading(path).status(path).size
    if size == 0 { return makeNew() }
    for index in known.indices where known[index].recognisedLength > 0 {
      if try KnownOutputs.fault(of: path, isFile: true, known[index]) == nil {
        return known.remove(at: index)
      }
    }
    throw .outputChanged(
      name: path,
      explanation:
        "holds \(size) bytes that were not written with this --state; name another output,"
        + " or move this one elsewhere")
  }

  /// What is wrong with an output, and what to do.
  private typealias Fault = (what: String, remedy: String)

  /// Where beside `path` what was written to `output` is now; nil where it is not found, or nothing is
  /// known of it by which it could be. No remedy overwrites a file.
  private static func find(_ output: KnownOutput, beside path: String) -> String? {
    if output.fingerprint == nil || output.recognisedLength == 0 { return nil }
    let directory = RotatedFiles.directory(of: path)
    for name in (names(inDirectory: directory.isEmpty ? "." : directory) ?? []).sorted() {
      let other = directory + name
      guard other != path, FileIdentity.ofRegularFile(at: other) != nil else { continue }
      do throws(Failure) {
        if try fault(of: other, isFile: true, output) == nil { return other }
      } catch {
        continue
      }
    }
    return nil
  }

  /// Why a file is not what was written to `output`; nil where it is.
  private static func fault(
    of path: String, isFile: Bool, _ output: KnownOutput
  ) throws(Failure) -> Fault? {
    let written = output.recognisedLength
    if !isFile {
      return written == 0
        ? nil
        : ("is not there, but \(written) bytes were written to it in an earlier run", restoring)
    }
    let handle = try DescriptorHandle.openForReading(path)
    let size = try handle.status(path).size
    if size < written { return (shortage(size, of: written), restoring) }
    if let fingerprint = output.fingerprint,
      try handle.fingerprint(to: written, of: path) != fingerprint
    {
      return (
        "is not what an earlier run wrote: its first \(written) bytes were changed", restoring
      )
    }
    if let final = output.finalLength, size > final {
      return (
        "has \(size - final) bytes behind the \(final) that an earlier run wrote",
        "move them elsewhere, or name another output"
      )
    }
    return nil
  }

  /// What is said of a file that has fewer bytes than were written to it.
  static func shortened(to size: Int64, from written: Int64) -> String {
    "\(shortage(size, of: written)); \(restoring)"
  }

  private static func shortage(_ size: Int64, of written: Int64) -> String {
    "has \(size) bytes, but \(written) were written in an earlier run"
  }

  private static let restoring = "restore it, or name another output"
}

/// Looks at what a run is going to write to before any of it is opened, so that nothing is emptied or
/// made where two are one file, under whatever names. What is no regular file does not count: a
/// terminal or `/dev/null` may be named twice.
///
/// - Parameters:
///   - outputs: paths of outputs, which need not exist.
///   - writesStandard: whether the standard output is among them.
///   - inputs: paths of inputs and of what else must not be written over; `-` is the standard input.
/// Throws `.outputIsInput`.
public func requireApart(
  outputs: [String], writesStandard: Bool, from inputs: [String]
) throws(Failure) {
  var taken = Set(
    inputs.compactMap { $0 == "-" ? NamedFile(descriptor: STDIN_FILENO) : NamedFile($0) })
  if writesStandard, let place = NamedFile(descriptor: STDOUT_FILENO), !taken.insert(place).inserted
  {
    throw .outputIsInput(name: "stdout")
  }
  for output in outputs {
    if let place = NamedFile(output), !taken.insert(place).inserted {
      throw .outputIsInput(name: output)
    }
  }
}

/// Where a file stands, or will stand.
private enum NamedFile: Hashable {
  case file(FileIdentity)
  /// Nothing yet: an absolute path.
  case missing(String)

  /// Nil for what is no regular file.
  init?(_ path: String) {
    if let identity = FileIdentity.ofRegularFile(at: path) {
      self = .file(identity)
    } else if unsafe access(path, F_OK) != 0 {
      self = .missing(absolutePath(path))
    } else {
      return nil
    }
  }

  /// Nil for what is no regular file.
  init?(descriptor: Int32) {
    guard let identity = FileIdentity.ofRegularFile(openAs: descriptor) else { return nil }
    self = .file(identity)
  }
}
