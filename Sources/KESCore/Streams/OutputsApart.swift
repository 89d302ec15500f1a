// No output is an input, and no two outputs are one file.

internal import Glibc

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
