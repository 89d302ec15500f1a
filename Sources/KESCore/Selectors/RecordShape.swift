// The shape of records: which parts are key, time, start and end, as a run's options say.

/// What a run asks of records that are no devices' (cli.md, section 2, "The shape of a record").
public final class RecordShape: CustomStringConvertible, Sendable {
  /// The options, as they were given.
  public struct Options: Hashable, Sendable {
    /// Where there is none, the key is the message's.
    public var keys: [String] = []
    /// Where there is none, the time is the message's.
    public var time: String?
    public var starts: [String] = []
    public var ends: [String] = []
    public var conditions: [String] = []
    public var timeFormats: [TimeFormat] = [.auto]
    public var zone = ZoneOffset.utc
    public var firstYear: Int64?
    /// Whether what a condition leaves out is written as it came.
    public var passesFiltered = false

    public init() {}
  }

  /// Where session events have what they have besides.
  struct SessionSlots: Sendable {
    let session: Int
    let duplicate: Int
    let closed: Int
    let status: Int
    let start: Int
    let end: Int
    let events: Int
    let partial: Int
    let key: Int
  }

  public let options: Options
  public let sessions: SessionFields
  let keys: [Selector]
  let time: Selector?
  let starts: [Selector]
  let ends: [Selector]
  let conditions: [Selector]
  let times: TimeFormats
  /// All that is wanted of a record.
  let wanted: WantedPaths
  /// And of the message that it came in.
  let wantedOfMessage: WantedPaths
  /// What the clock shows, for times that tell no year.
  let now: EventTime
  /// Where records are session events.
  let sessionSlots: SessionSlots?
  /// What is to be told of the selectors.
  public let warnings: [String]

  /// Throws where a selector is none.
  ///
  /// - Parameters:
  ///   - sessions: how the fields of sessions are called.
  ///   - now: what the clock shows.
  public init(
    _ options: Options, sessions: SessionFields, now: EventTime
  ) throws(Failure) {
    self.now = now
    self.options = options
    self.sessions = sessions
    var compiler = SelectorCompiler()
    func compile(_ texts: [String], _ option: String) throws(Failure) -> [Selector] {
      var selectors: [Selector] = []
      for text in texts { selectors.append(try compiler.add(text, as: option)) }
      return selectors
    }
    keys = try compile(options.keys, "--key")
    time = try compile(options.time.map { [$0] } ?? [], "--time").first
    starts = try compile(options.starts, "--start")
    ends = try compile(options.ends, "--end")
    conditions = try compile(options.conditions, "--where")
    times = TimeFormats(options.timeFormats, zone: options.zone)
    warnings = compiler.warnings
    wantedOfMessage = compiler.wantedOfMessage
    wanted = compiler.wanted
    sessionSlots = nil
  }

  /// The same of session events.
  var ofSessionEvents: RecordShape { RecordShape(asSessionEvents: self) }

  private init(asSessionEvents events: RecordShape) {
    options = events.options
    sessions = events.sessions
    (keys, time, starts, ends) = (events.keys, events.time, events.starts, events.ends)
    (conditions, times, now) = (events.conditions, events.times, events.now)
    (warnings, wantedOfMessage) = (events.warnings, events.wantedOfMessage)
    var wanted = events.wanted
    sessionSlots = RecordShape.sessionSlots(in: &wanted, sessions)
    self.wanted = wanted
  }

  private static func sessionSlots(
    in wanted: inout WantedPaths, _ sessions: SessionFields
  ) -> SessionSlots {
    func slot(_ names: String...) -> Int {
      wanted.slot(of: names.map { .member(Array($0.utf8)) })
    }
    return SessionSlots(
      session: slot(sessions.session), duplicate: slot("duplicate"), closed: slot(closedName),
      status: slot(closedName, "status"), start: slot(closedName, "start"),
      end: slot(closedName, "end"), events: slot(closedName, "events"),
      partial: slot(closedName, "partial"), key: slot(closedName, "key"))
  }

  /// The member by which a record is a closing.
  static let closedName = "SessionClosed"

  /// The options that say it, as they would be written.
  public var description: String {
    var words: [String] = []
    func add(_ option: String, _ texts: [String]) {
      words += texts.flatMap { [option, ShellWord.quoted($0)] }
    }
    add("--key", options.keys)
    add("--time", options.time.map { [$0] } ?? [])
    if options.timeFormats != [.auto] {
      add("--time-format", options.timeFormats.map(\.description))
    }
    if options.zone != .utc { add("--time-zone", ["\(options.zone)"]) }
    add("--start", options.starts)
    add("--end", options.ends)
    add("--where", options.conditions)
    return words.joined(separator: " ")
  }

  private var selectors: [Selector] {
    keys + [time].compactMap(\.self) + starts + ends + conditions
  }

  /// The selector of that number.
  func selector(_ number: Int) -> Selector? { selectors.first { $0.number == number } }

  /// Whether any selector tells what starts a session: where none does, no session is partial.
  public var knowsStarts: Bool { !starts.isEmpty }

  /// Whether a record is understood by the message that it came in alone, or by what it says besides:
  /// a selector asks of the message, or key or time are the message's.
  public var asksForMessage: Bool {
    keys.isEmpty || time == nil || selectors.contains { $0.usesMessage }
  }

  /// The selector that asks of the message, if one does.
  public var selectorOfMessage: String? { selectors.first { $0.usesMessage }?.text }

  /// The members that lead to each key, nil for one that stands at no path.
  var keyPaths: [[[UInt8]]?] { keys.isEmpty ? [nil] : keys.map(RecordShape.members) }

  /// The members that lead to the time; nil where it stands at no path.
  var timePath: [[UInt8]]? { time.flatMap(RecordShape.members) }

  private static func members(of selector: Selector) -> [[UInt8]]? {
    selector.plainPath?.compactMap { step in
      if case .member(let name) = step { name } else { nil }
    }
  }
}
