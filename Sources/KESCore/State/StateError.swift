// What can go wrong with a state directory.

internal import Glibc

/// A failure of the store of open sessions.
public enum StateError: Error, Sendable {
  /// Another process works on the directory.
  case inUse(directory: String, processIdentifier: Int32)
  case cannotOpen(directory: String, reason: String)
  /// There is no store where one must be.
  case missing(directory: String)
  /// A database call failed; `code` is LMDB's or the system's.
  case database(directory: String, operation: String, code: Int32, reason: String)
  /// What the store holds does not read as what we write.
  case corrupted(directory: String, what: String)
  /// The store was written by another version.
  case unknownVersion(directory: String, version: UInt32)
  /// The store is the state of something else.
  case another(directory: String, of: String, wanted: String)
  /// The store is a copy of an application's changelog, which alone is to be changed; the name is nil
  /// where the store does not say it.
  case ofApplication(directory: String, identifier: String?)
}

extension StateError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .inUse(let directory, let processIdentifier):
      "\(directory): the state is in use by process \(processIdentifier); wait for it to end, or use"
        + " another directory"
    case .cannotOpen(let directory, let reason): "\(directory): cannot open the state: \(reason)"
    case .missing(let directory): "\(directory): there is no state here"
    case .database(let directory, let operation, let code, let reason):
      "\(directory): the state cannot be used: \(operation): \(reason)"
        + (StateError.isOfDisk(code)
          ? "; see whether the disk is full or fails, and start again: the last commit is kept"
          : "")
    case .corrupted(let directory, let what):
      "\(directory): the state is damaged: \(what); restore it from a copy, or start with a new one"
    case .unknownVersion(let directory, let version):
      "\(directory): the state has the format \(version), this program knows"
        + " \(StateStore.formatVersion); use the version that wrote it"
    case .another(let directory, let other, let wanted):
      "\(directory): the state is that of \(other), and this run is of \(wanted); use another"
        + " directory, or remove this one to begin anew"
    case .ofApplication(let directory, let identifier):
      "\(directory): the state is that of an application, whose changelog keeps the sessions; say"
        + " --application-id \(identifier ?? "ID") instead of --state"
    }
  }

  /// Whether the disk is to blame, which may be full.
  static func isOfDisk(_ code: Int32) -> Bool { [ENOSPC, EDQUOT, EFBIG, EIO].contains(code) }

  /// What stopped the opening of a store: of one that is there, where the disk is to blame, it can be
  /// used no longer.
  static func opening(
    _ directory: String, _ operation: String, code: Int32, reason: String
  ) -> StateError {
    isOfDisk(code)
      ? .database(directory: directory, operation: operation, code: code, reason: reason)
      : .cannotOpen(directory: directory, reason: reason)
  }

  /// The same of a store that is only being made: no commit stands.
  var ofNewStore: StateError {
    guard case .database(let directory, _, let code, let reason) = self, StateError.isOfDisk(code)
    else { return self }
    return .cannotOpen(directory: directory, reason: reason)
  }
}
