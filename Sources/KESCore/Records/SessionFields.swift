// What session events have besides their events, and how it is called.

/// The fields that a session adds to events: `session`, or as `--session-field` calls it, and
/// `duplicate` where repetitions are marked (R7). An event must not have such a field already.
public struct SessionFields: Hashable, Sendable {
  public static let usual = SessionFields()

  /// What holds the session's id.
  public let session: String
  /// Whether what an event has of these is taken out, and a `SessionClosed` passed over
  /// (`--replace-session`).
  public let replacesOld: Bool
  /// Whether `duplicate` is written.
  public let marksDuplicates: Bool

  public init(
    session: String = "session", replacesOld: Bool = false, marksDuplicates: Bool = false
  ) {
    self.session = session
    self.replacesOld = replacesOld
    self.marksDuplicates = marksDuplicates
  }

  /// Names that the session cannot have: those of the events' own fields.
  public static let takenNames = ["device", "timestamp", "event", "duplicate"]

  /// Whether Avro has names of this form (1.11 specification, "Names"): where not, session events can
  /// be JSON alone.
  public var isAvroName: Bool {
    let isLetter = { (byte: UInt8) in
      (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
    }
    guard let first = session.utf8.first, isLetter(first) else { return false }
    return session.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
  }

  var isUsual: Bool { session == "session" }

  /// What is added to an event, in its order.
  var names: [String] { marksDuplicates ? ["duplicate", session] : [session] }

  /// The bytes of the session's name where it is not the usual one.
  var unusualName: [UInt8]? { isUsual ? nil : Array(session.utf8) }

  /// `,"session":` with the name that it has, where that is not the usual one.
  var unusualMember: [UInt8]? {
    guard let name = unusualName else { return nil }
    var member = ByteBlock()
    member.append(UInt8(ascii: ","))
    JSONText.appendString(name.span, to: &member)
    member.append(UInt8(ascii: ":"))
    return member.withBytes { bytes in (0..<bytes.count).map { bytes[$0] } }
  }

  /// Why an event cannot get its session, with what to do.
  ///
  /// - Parameters:
  ///   - holder: what has the field, such as `the record has`.
  ///   - field: one of `names`.
  func refusal(_ holder: String, _ field: String) -> String {
    let removal = "--replace-session takes it out"
    if field != session { return "\(holder) \"\(field)\" already; \(removal)" }
    return "\(holder) \"\(field)\" already, as session events do, which kes-read and kes-purge"
      + " take; here --session-field NAME calls ours otherwise, \(removal)"
  }
}
