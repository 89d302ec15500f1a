// JSON-lines that are about to be written, as text for people: what kes-read would make of them.

/// Turns blocks of session events in JSON-lines into text lines.
///
/// For people who look at the output of a tool that writes records (`--format text`). It reads the
/// lines again, so it takes about the time of kes-read; the tools' own path stays as it is.
public final class TextRewriter: OutputFraming {
  private var batch = Batch(blockSize: 1024)
  private var decoder: JSONLinesDecoder
  private let encoder: EventTextEncoder

  /// - Parameter sessions: how the fields of sessions are called.
  public init(style: TextStyle, sessions: SessionFields = .usual) {
    encoder = EventTextEncoder(style: style)
    decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: .max, sessions: sessions)
  }

  /// A line for every line of `content`, which must all be whole.
  public func frame(
    _ content: borrowing ByteBlock, at moment: FlushMoment, to output: inout ByteBlock
  ) -> Int {
    batch.removeAll()
    batch.bytes.append(content, 0, content.count)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    encoder.encode(batch, to: &output)
    return content.count
  }
}
