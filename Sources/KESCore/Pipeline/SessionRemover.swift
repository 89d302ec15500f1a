// Where purged sessions are removed from.

/// Removes sessions whose closings are written and safe.
public protocol SessionRemover: AnyObject {
  /// Throws where sessions must stay: asked before closings are written, so that none tells of a session
  /// that lives on.
  func requireRemovable() throws(Failure)

  /// Makes removals last. What fails is closed again by the next run.
  ///
  /// - Parameters:
  ///   - changes: the removals.
  ///   - output: what the closings were written to.
  func remove(_ changes: inout StateChanges, after output: OutputStream) throws(Failure)

  /// Remembers what is to be known of the output, which has been finished.
  func finish(_ output: OutputStream) throws(Failure)
}

extension StateStore: SessionRemover {
  public func requireRemovable() {}

  /// Commits the removals together with the length of an output file.
  public func remove(
    _ changes: inout StateChanges, after output: OutputStream
  ) throws(Failure) {
    if let record = try output.record() {
      changes.set(record)
    }
    try commit(changes)
  }

  public func finish(_ output: OutputStream) throws(Failure) {
    var changes = StateChanges()
    try remove(&changes, after: output)
  }
}
