// Where records that could not be decoded go, with their reason and position.

/// Keeps records that could not be decoded: a file (`DeadLetterFile`) or a topic (`DeadLetterTopic`).
public protocol DeadLetters: AnyObject {
  /// Keeps a rejected record of `batch`, or a part of one.
  ///
  /// - Parameters:
  ///   - isBinary: whether its bytes are of any kind, not text.
  ///   - position: where it stands, such as `events.jsonl:1204`.
  func append(
    _ rejection: Rejection, of batch: borrowing Batch, isBinary: Bool, position: String,
    reason: String)

  /// Keeps a message of a topic.
  func append(
    _ message: borrowing KafkaMessageView, of topic: String, isBinary: Bool, reason: String)

  func flushIfFull() throws(Failure)
  func flush() throws(Failure)
  /// Writes all out and waits until it is safe there.
  func sync() throws(Failure)
  /// Ends the last record and writes all out.
  func finish() throws(Failure)

  var name: String { get }
  /// What a store is to know of the file; nil where it is none, or nobody keeps that.
  func record() throws(Failure) -> KnownOutput?
}
