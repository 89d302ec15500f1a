// What of a record is its key, its time, its start and its end.

public import ArgumentParser
public import KESCore

/// The shape of records, of all four tools (cli.md, section 2).
public struct ShapeOptions: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "What tells the key of a record: an expression as jq has them, such as .user.id. Several make a"
        + " compound key. (default: the device; of other records on topics the message's key)",
      valueName: "selector"))
  public var key: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What tells the time of a record. (default: the timestamp of an event; of other records on topics"
        + " that of the message)",
      valueName: "selector"))
  public var time: String?

  @Option(
    help: ArgumentHelp(
      "How times are written: auto (a number is milliseconds, a string RFC 3339), s, ms, us, ns,"
        + " rfc3339, or a pattern as strptime(3) has them. Several are tried in order. (default: auto)",
      valueName: "format"))
  public var timeFormat: [String] = []

  @Option(
    help: ArgumentHelp(
      "The year of the first time, where the pattern has none. (default: what puts it before now)",
      valueName: "year"))
  public var timeYear: Int?

  @Option(
    help: ArgumentHelp(
      "The zone of times that name none: UTC, or +hh:mm.", valueName: "zone"))
  public var timeZone = "UTC"

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A record of which it is true starts a session; any of several. (default: DeviceWokeUp of devices,"
        + " else what comes behind a gap)",
      valueName: "selector"))
  public var start: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A record of which it is true ends a session; any of several. (default: AllDataSent of devices)",
      valueName: "selector"))
  public var end: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Records of which it is not true are left out, and counted; all of several must be true.",
      valueName: "selector"))
  public var `where`: [String] = []

  @Flag(help: ArgumentHelp("Write what --where leaves out, as it came."))
  public var passFiltered = false

  @OptionGroup public var sessionFields: SessionFieldOptions

  public init() {}

  public mutating func validate() throws {
    for (option, texts) in [("--start", start), ("--end", end), ("--where", `where`)] {
      if texts.contains(where: \.isEmpty) { throw ValidationError("\(option) needs a selector") }
    }
    if let timeYear, !(0...9999).contains(timeYear) {
      throw ValidationError("--time-year \(timeYear): years are 0 to 9999")
    }
    if ZoneOffset(timeZone) == nil {
      throw ValidationError("--time-zone \(timeZone): UTC, or an offset such as +02:00")
    }
    if passFiltered && `where`.isEmpty {
      throw ValidationError("--pass-filtered writes what --where leaves out: add --where SELECTOR")
    }
    _ = try formats()
  }

  /// Whether records are of another shape than devices.
  public var isAsked: Bool {
    !key.isEmpty || time != nil || !start.isEmpty || !end.isEmpty || !`where`.isEmpty
  }

  /// The shape of records; nil for devices.
  ///
  /// - Parameters:
  ///   - sessions: how the fields of sessions are called.
  ///   - readsTopic: whether records are messages, which have a key and a time besides.
  ///   - messages: takes what is to be told of the selectors.
  public func shape(
    _ sessions: SessionFields, readsTopic: Bool, _ messages: Messages
  ) throws(Failure) -> RecordShape? {
    if !isAsked { return nil }
    if key.isEmpty && !readsTopic {
      throw .usage("--key SELECTOR says what the key of a record is, such as --key .user.id")
    }
    if time == nil && !readsTopic {
      throw .usage("--time SELECTOR says what the time of a record is, such as --time .timestamp")
    }
    var options = RecordShape.Options()
    options.keys = key
    options.time = time
    options.starts = start
    options.ends = end
    options.conditions = `where`
    options.passesFiltered = passFiltered
    options.firstYear = timeYear.map(Int64.init)
    options.zone = ZoneOffset(timeZone) ?? .utc
    do { options.timeFormats = try formats() } catch { throw .usage("\(error)") }
    let shape = try RecordShape(
      options, sessions: sessions,
      now: EventTime(milliseconds: Clock.real.wall()))
    if let selector = shape.selectorOfMessage, !readsTopic {
      throw .usage(
        "\(selector): $message is the message that a record of a topic came in; --from reads one")
    }
    for warning in shape.warnings { messages.note(warning) }
    return shape
  }

  private func formats() throws -> [TimeFormat] {
    if timeFormat.isEmpty { return [.auto] }
    return try timeFormat.map { text in
      do throws(TimeFormatError) { return try TimeFormat(text) } catch {
        throw ValidationError("--time-format: \(error)")
      }
    }
  }
}
