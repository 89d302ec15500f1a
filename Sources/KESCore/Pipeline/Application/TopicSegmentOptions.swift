// How a segmenting run on a topic goes about its work.

/// What the command line says of a run on a topic, beside the rules.
public struct TopicSegmentOptions: Sendable {
  public var segment = SegmentOptions()
  public var policy = BadRecordPolicy.fail
  /// How many records to read at most (`-c`).
  public var greatestCount: Int64 = .max
  public var greatestRecord = 16 << 20
  /// Whether values are Avro data in the Confluent wire format.
  public var isAvro = false
  /// Whether the output is a topic, to which headers are passed on.
  public var keepsHeaders = false

  public init() {}
}
