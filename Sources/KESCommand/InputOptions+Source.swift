// What a run reads: the topic of --from, or files and pipes.

public import KESCore

extension InputOptions {
  /// The source of a run that keeps no state.
  ///
  /// - Parameters:
  ///   - ends: which ends are topics; nil where none is.
  ///   - greatestCount: how many records to read at most.
  ///   - output: what must be written before a topic's offsets are committed.
  ///   - atEnd: what to do where the last file ends.
  public func makeSource(
    _ ends: TopicEnds?, _ setup: RecordSetup, deadLetters: (any DeadLetters)? = nil,
    greatestCount: Int64 = .max, output: OutputStream, atEnd: InputSequence.AtEnd = .stop,
    signals: Signals, onRejection: ((BadRecord) -> Void)?, ahead: AheadWatch? = nil
  ) throws(Failure) -> any RecordSource {
    let topic = try ends?.makeSource(
      setup, self, deadLetters: deadLetters, greatestCount: greatestCount, output: output,
      onRejection: onRejection, ahead: ahead)
    if let topic { return topic }
    return Intake(
      input: InputSequence(paths: files, atEnd: atEnd, signals: signals),
      decoder: setup.formats.makeDecoder(input: inputFormat, greatestRecord: maxRecord.bytes),
      policy: policy, deadLetters: deadLetters, greatestCount: greatestCount, signals: signals,
      onRejection: onRejection, ahead: ahead)
  }
}
