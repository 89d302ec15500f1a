// How a task's records name their schemas outside this process.

/// The schemas of a task's held records, and of its last event: in memory they have numbers, which are this process's own, in
/// the store fingerprints, with the texts beside them.
public struct HeldSchemas {
  private let text: (UInt16) -> String
  private var names: [UInt16: SchemaFingerprint] = [:]
  private var stored: Set<SchemaFingerprint>

  /// - Parameters:
  ///   - stored: those that the store has of the task.
  ///   - text: the schema with a number.
  public init(stored: Set<SchemaFingerprint> = [], text: @escaping (UInt16) -> String) {
    self.stored = stored
    self.text = text
  }

  /// The name of the schema with `number`, whose text goes to `keep` unless the store has it.
  mutating func name(
    _ number: UInt16, _ keep: (SchemaFingerprint, String) -> Void
  ) -> SchemaFingerprint {
    if number == 0 { return .none }
    if let known = names[number] { return known }
    let text = text(number)
    let made = SchemaFingerprint(of: text)
    names[number] = made
    if stored.insert(made).inserted { keep(made, text) }
    return made
  }
}
