// A schema's name that is the same in every process.

/// A hash of a schema's text: by this, stores and changelogs name the schemas of records.
///
/// Our choice: the fingerprints of Avro (1.11 spec, "Schema Fingerprints") leave out logical types, by
/// which we read times; and the ids of a registry are not to be had for what a run reads records as.
public struct SchemaFingerprint: BitwiseCopyable, Hashable, Sendable {
  /// 0 for records of no schema.
  public let rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public init(of text: String) {
    var hash: UInt64 = 0
    withUTF8Bytes(of: text) { hash = Hash.of($0) }
    rawValue = max(hash, 1)
  }

  /// Of records that are written otherwise.
  public static let none = SchemaFingerprint(rawValue: 0)
}
