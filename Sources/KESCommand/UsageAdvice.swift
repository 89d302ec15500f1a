// What a message about the command line says about its mending.

internal import KESCore

/// Words for who wrote a command line that cannot be understood.
enum UsageAdvice {
  /// What is expected of a value, by the name that `--help` gives it.
  private static let expected: [(name: String, text: String)] = [
    ("duration", "a number with a unit, as 250ms, 4s, 5m, 2h or 1d"),
    ("duration|none", "a number with a unit, as 250ms, 4s, 5m, 2h or 1d, or none"),
    (
      "time",
      "milliseconds since the epoch, @SECONDS, a date, -1h for an hour ago, or a time as"
        + " 2026-11-23T08:00:00Z"
    ),
    ("stream|now|time", "stream, now, a date, -1h, or a time as 2026-11-23T08:00:00Z"),
    ("now|time", "now, a date, -1h, or a time as 2026-11-23T08:00:00Z"),
    ("size", "a number of bytes, or one with a unit, as 64KiB or 1MiB"),
    ("n", "a number"), ("seconds", "a number of seconds"),
    ("p", "a probability from 0 to 1, as 0.05"),
    ("p:duration", "a probability and a duration, as 0.1:2s"),
    ("speed", "a factor as 1x or 10x, or max"),
    ("offset", "beginning, end, N, -N or s@MILLISECONDS"),
  ]

  /// The parser's `message`, with what to do about it and where to read on.
  ///
  /// - Parameter arguments: the command line.
  static func text(_ message: String, arguments: [String], tool: String) -> String {
    // Many values stand in a list, and a message in a line.
    let message = message.replacing(":\n  - ", with: ": ").replacing("\n  - ", with: ", ")
    let advice = ofLetters(message, arguments) ?? ofValue(message)
    let mended = message + (advice.map { ": \($0)" } ?? "")
    if mended.hasSuffix("?") { return "\(mended) See \(tool) --help" }
    let clause = mended.hasSuffix(".") ? String(mended.dropLast()) : mended
    return "\(clause); see \(tool) --help"
  }

  /// Of an option that the tool does not have: what to write instead; nil where nothing is known of it.
  static func text(of unknown: ToolOptions.Given, _ options: ToolOptions, tool: String) -> String? {
    let name = unknown.word.prefix { $0 != "=" }
    if unknown.written.count == 2 && options.has("-\(name)") { return dashes(String(name)) }
    return OptionGuess.advice(for: unknown.written, tool: tool)
  }

  /// Of `The value '5' is invalid for '--timeout <duration>'`.
  private static func ofValue(_ message: String) -> String? {
    guard message.hasPrefix("The value '"), message.hasSuffix(">'"),
      let start = message.lastIndex(of: "<")
    else { return nil }
    let name = message[start...].dropFirst().dropLast(2)
    return expected.first { $0.name == name }.map { "expected \($0.text)" }
  }

  /// Of `-timeout`, where one of the letters behind the first is an option that takes a value.
  private static func ofLetters(_ message: String, _ arguments: [String]) -> String? {
    guard message.hasPrefix("The value '"), let option = message.firstRange(of: "invalid for '-"),
      let letter = message[option.upperBound...].first, letter != "-",
      let written = arguments.first(where: { isLong($0) && !$0.hasPrefix("-\(letter)") })
    else { return nil }
    return dashes(written)
  }

  /// Whether it looks like the name of a long option behind one dash.
  private static func isLong(_ argument: String) -> Bool {
    argument.count > 3 && argument.first == "-"
      && argument.dropFirst().first.map { $0.isLowercase } == true
      && argument.dropFirst().allSatisfy { $0.isLowercase || $0 == "-" }
  }

  private static func dashes(_ written: String) -> String {
    "a long option begins with two dashes, as -\(VisibleText.of(written))"
  }
}
