// Where an output's bytes end up.

/// Takes what an `OutputStream` writes.
public protocol OutputDestination: AnyObject {
  /// Takes all of `bytes`. Throws `Failure`; then an unknown part was taken.
  func write(_ bytes: borrowing ByteBlock) throws(Failure)

  /// Waits until all that was taken is safe: on the disk, or delivered to its brokers.
  func sync() throws(Failure)

  /// Forgets what is known of records that are not written yet: they will not be.
  func discard()

  /// Called behind the last write of a run. Throws where something of it was not delivered.
  func finish() throws(Failure)

  /// A descriptor that tells when its reader is gone: of a pipe or a socket; nil for others.
  var readDescriptor: Int32? { get }
}

extension OutputDestination {
  public func discard() {}
  public var readDescriptor: Int32? { nil }
}
