// What can go wrong with a state directory.

internal import Glibc

extension Failure {
  private static func state(
    _ kind: Kind, _ directory: String, _ reason: String, remedy: String? = nil,
    cause: Cause = .unknown
  ) -> Failure {
    Failure(kind, .state, place: Place(directory), reason, remedy: remedy, cause: cause)
  }

  /// Another process works on the directory.
  static func inUse(directory: String, processIdentifier: Int32) -> Failure {
    state(
      .inUse, directory, "the state is in use by process \(processIdentifier)",
      remedy: "wait for it to end, or use another directory")
  }

  static func cannotOpen(directory: String, reason: String) -> Failure {
    state(.cannotCreate, directory, "cannot open the state: \(reason)")
  }

  /// There is no store where one must be.
  static func missing(directory: String) -> Failure {
    state(.missing, directory, "there is no state here")
  }

  /// A database call failed; `code` is LMDB's or the system's.
  static func database(
    directory: String, operation: String, code: Int32, reason: String
  ) -> Failure {
    state(
      .inputOutput, directory, "the state cannot be used: \(operation): \(reason)",
      remedy: isOfDisk(code)
        ? "see whether the disk is full or fails, and start again: the last commit is kept" : nil,
      cause: .database(code))
  }

  /// What the store holds does not read as what we write.
  static func corrupted(directory: String, what: String) -> Failure {
    state(
      .badData, directory, "the state is damaged: \(what)",
      remedy: "restore it from a copy, or start with a new one")
  }

  /// The store was written by another version.
  static func unknownVersion(directory: String, version: UInt32) -> Failure {
    state(
      .badData, directory,
      "the state has the format \(version), this program knows \(StateStore.formatVersion)",
      remedy: "use the version that wrote it")
  }

  /// The store is the state of something else.
  static func another(directory: String, of other: String, wanted: String) -> Failure {
    state(
      .badData, directory, "the state is that of \(other), and this run is of \(wanted)",
      remedy: "use another directory, or remove this one to begin anew")
  }

  /// The store has sessions of records that are understood by other selectors; nil stands for devices.
  static func ofOtherShape(directory: String, of other: String?, wanted: String?) -> Failure {
    let name = { (shape: String?) in shape ?? "devices (--profile device)" }
    return state(
      .badData, directory,
      "the state is that of \(name(other)), and this run is of \(name(wanted))",
      remedy: "use another directory, or remove this one to begin anew")
  }

  /// The store is a copy of an application's changelog, which alone is to be changed; the name is nil
  /// where the store does not say it.
  static func ofApplication(directory: String, identifier: String?) -> Failure {
    state(
      .badData, directory,
      "the state is that of an application, whose changelog keeps the sessions",
      remedy: "say --application-id \(identifier ?? "ID") instead of --state")
  }

  /// Whether the disk is to blame, which may be full.
  static func isOfDisk(_ code: Int32) -> Bool { [ENOSPC, EDQUOT, EFBIG, EIO].contains(code) }

  /// What stopped the opening of a store: of one that is there, where the disk is to blame, it can be
  /// used no longer.
  static func opening(
    _ directory: String, _ operation: String, code: Int32, reason: String
  ) -> Failure {
    isOfDisk(code)
      ? database(directory: directory, operation: operation, code: code, reason: reason)
      : cannotOpen(directory: directory, reason: reason)
  }

  /// The same of a store that is only being made: there is no last commit.
  var ofNewStore: Failure {
    guard case .database(let code) = cause, Failure.isOfDisk(code) else { return self }
    return .cannotOpen(directory: place.name ?? "", reason: systemReason(code))
  }
}
