// The keys of messages: text, or data with a schema of the registry.

/// Makes keys from notes (cli.md, section 1, "Kafka"): without a registry the event's key as it is;
/// with one `Device{id}`, or `SessionKey{device, session}` for session events, in the Confluent wire
/// format.
public final class MessageKeys {
  private static let device =
    #"{"type":"record","name":"Device","fields":[{"name":"id","type":"string"}]}"#
  private static let sessionKey =
    #"{"type":"record","name":"SessionKey","fields":["#
    + #"{"name":"device","type":"string"},{"name":"session","type":"string"}]}"#

  private let registry: (any SchemaRegistry)?
  private let subject: SubjectName
  private var deviceIdentifier: SchemaIdentifier?
  private var sessionIdentifier: SchemaIdentifier?

  /// - Parameter registry: where the keys' schemas are looked up, and registered where they are not
  ///   there; nil for text.
  public init(topic: String, registry: (any SchemaRegistry)? = nil) {
    self.registry = registry
    subject = .keys(ofTopic: topic)
  }

  /// Appends the key that a note asks for. Throws `Failure`.
  func append(
    _ note: MessageNotes.Note, of notes: MessageNotes, to key: inout ByteBlock
  ) throws(Failure) {
    let hasSession = note.session.length > 0
    if let registry {
      let identifier = try identifier(registry, hasSession: hasSession)
      ConfluentWireFormat.appendHeader(identifier, to: &key)
      notes.bytes.withBytes(Int(note.key.offset), note.key.length) { key.append(avro: $0) }
      if hasSession {
        notes.bytes.withBytes(Int(note.session.offset), note.session.length) {
          key.append(avro: $0)
        }
      }
    } else {
      key.append(notes.bytes, Int(note.key.offset), note.key.length)
    }
  }

  private func identifier(
    _ registry: any SchemaRegistry, hasSession: Bool
  ) throws(Failure) -> SchemaIdentifier {
    if let known = hasSession ? sessionIdentifier : deviceIdentifier { return known }
    let schema = hasSession ? MessageKeys.sessionKey : MessageKeys.device
    do throws(Failure) {
      let found = try registry.identifierRegistering(schema, under: subject)
      if hasSession { sessionIdentifier = found } else { deviceIdentifier = found }
      return found
    } catch {
      throw error.of(.output)
    }
  }
}
