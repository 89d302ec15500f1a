// How what encoders append becomes what is written.

/// Turns the content of an output's buffer into another form when it is written.
///
/// Called from the run's own thread, once a write.
public protocol OutputFraming: AnyObject {
  /// Appends to `output` what is to be written for `content`, which is all that was appended to the
  /// buffer and not yet used up. Returns how many bytes of it are used up: all, unless `moment` is
  /// `.full`. Throws where the schema of the records cannot be told.
  func frame(
    _ content: borrowing ByteBlock, at moment: FlushMoment, to output: inout ByteBlock
  ) throws(Failure) -> Int

  /// Forgets what is known of content that is not written yet: it will not be.
  func discard()

  /// Why content that was appended cannot be written; nil where it can.
  var failure: Failure? { get }

  /// Whether what has been written must be kept by who writes on; else it may begin anew.
  var hasContent: Bool { get }
}

extension OutputFraming {
  public func discard() {}
  public var hasContent: Bool { true }
  public var failure: Failure? { nil }
}

/// Why an output is written.
public enum FlushMoment: Sendable {
  /// There is enough of it: what is not a unit of its own yet may stay.
  case full
  /// Somebody may be waiting for it.
  case now
  /// No more will come; then there may be nothing to be written but an end.
  case last
}
