// How the fields of sessions are called, and what is done with an event that has such.

public import ArgumentParser
public import KESCore

/// `--session-field` and `--replace-session`, of all four tools.
public struct SessionFieldOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What the member or field of session events is called that holds the session's id.",
      valueName: "name"))
  public var sessionField = "session"

  @Flag(
    help: ArgumentHelp(
      "Where events get sessions, take out what they have under that name already, and pass over a"
        + " SessionClosed; without this such an event is bad data. Of session events that are read,"
        + " pass over a session that is no string."))
  public var replaceSession = false

  public init() {}

  public mutating func validate() throws {
    if sessionField.isEmpty { throw ValidationError("--session-field needs a name") }
    if SessionFields.takenNames.contains(sessionField) {
      throw ValidationError("--session-field \(sessionField): events have a field of that name")
    }
  }

  /// Which of the options were given.
  public var given: [String] {
    [("--session-field", sessionField != "session"), ("--replace-session", replaceSession)]
      .filter(\.1).map(\.0)
  }

  /// What they ask for.
  ///
  /// - Parameter marksDuplicates: whether repetitions are marked (R7).
  public func fields(marksDuplicates: Bool = false) -> SessionFields {
    SessionFields(
      session: sessionField, replacesOld: replaceSession, marksDuplicates: marksDuplicates)
  }
}
