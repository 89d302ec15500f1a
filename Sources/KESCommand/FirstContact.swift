// What a tool says that was started with nothing to read.

/// Words for who types a tool's name to see what happens.
enum FirstContact {
  /// A few lines; the first says what is missing.
  static func text(tool: String, example: String) -> String {
    """
    \(tool): nothing to read: name a file, or pipe events in (- reads what you type)
    usage: \(tool) [OPTION]... [FILE]...
    example: \(example)
    \(tool) --help tells the rest

    """
  }
}
