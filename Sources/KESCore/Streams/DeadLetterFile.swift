// Where records go that could not be decoded: a file.

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

/// A file of dead letters: one line each, three columns with tabs between them: the position
/// (`events.jsonl:1204`), the reason, and the record's bytes: of a text line as they were, so that
/// `cut -f 3-` gives the lines back; of a binary record two hexadecimal digits a byte (our choice:
/// any byte may be a line feed), so that `cut -f 3 | xxd -r -p` gives the bytes back. The same of a
/// message that is no line of text, or would read as such digits itself.
public final class DeadLetterFile: DeadLetters {
  private let output: OutputStream
  /// Whether the record written last goes on.
  private var isInsideRecord = false

  public init(output: OutputStream) { self.output = output }

  public func append(
    _ rejection: Rejection, of batch: borrowing Batch, isBinary: Bool, position: String,
    reason: String
  ) {
    if rejection.part == .whole || rejection.part == .first {
      begin(position, reason)
    }
    let (offset, length) = (Int(rejection.offset), Int(rejection.length))
    if isBinary {
      batch.bytes.withBytes(offset, length) { appendHexadecimal($0) }
    } else {
      output.buffer.append(batch.bytes, offset, length)
    }
    isInsideRecord = true
    if rejection.part == .whole || rejection.part == .last { endRecord() }
  }

  public func append(
    _ message: borrowing KafkaMessageView, of topic: String, isBinary: Bool, reason: String
  ) {
    let place = Place(
      topic: topic, partition: message.partition, offset: message.offset.rawValue)
    begin(place.description, reason)
    message.withValue { value in
      guard let value else { return }
      if isBinary || !DeadLetterFile.isLineOfText(value) {
        appendHexadecimal(value)
      } else {
        for index in 0..<value.count { output.buffer.append(value[index]) }
      }
    }
    isInsideRecord = true
    endRecord()
  }

  /// Whether a value can stand as it is: UTF-8 without control characters but tabs, and not to be
  /// mistaken for a binary one.
  private static func isLineOfText(_ value: Span<UInt8>) -> Bool {
    let digits = [UInt8](0x30...0x39) + [UInt8](0x61...0x66)
    var (bytes, readsAsDigits) = ([UInt8](), true)
    for index in 0..<value.count {
      let byte = value[index]
      if byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7F { return false }
      if !digits.contains(byte) { readsAsDigits = false }
      bytes.append(byte)
    }
    if readsAsDigits && value.count % 2 == 0 { return value.count == 0 }
    return String(validating: bytes, as: UTF8.self) != nil
  }

  /// The columns before the record's bytes.
  private func begin(_ position: String, _ reason: String) {
    endRecord()
    output.buffer.append(text: DeadLetterFile.withoutTabs(position))
    output.buffer.append(UInt8(ascii: "\t"))
    output.buffer.append(text: DeadLetterFile.withoutTabs(reason))
    output.buffer.append(UInt8(ascii: "\t"))
  }

  private func appendHexadecimal(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count {
      for digit in [bytes[index] >> 4, bytes[index] & 15] {
        let first: UInt8 = digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10
        output.buffer.append(first + digit)
      }
    }
  }

  private static func withoutTabs(_ text: String) -> String {
    String(text.map { $0 == "\t" || $0.isNewline ? " " : $0 })
  }

  private func endRecord() {
    if isInsideRecord { output.buffer.append(UInt8(ascii: "\n")) }
    isInsideRecord = false
  }

  public func flushIfFull() throws(Failure) { try output.flushIfFull() }

  public func flush() throws(Failure) { try output.flush() }

  public func sync() throws(Failure) { try output.sync() }

  public func finish() throws(Failure) {
    endRecord()
    try output.finish()
  }

  public var name: String { output.name }
  public func record() throws(Failure) -> KnownOutput? { try output.record() }
}
