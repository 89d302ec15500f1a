// What a tool says that was started with nothing to read.

internal import Glibc

/// Words for who types a tool's name to see what happens.
enum FirstContact {
  /// Whether there is somebody at a terminal who would be waited for.
  static var isAtTerminal: Bool { isatty(STDIN_FILENO) == 1 }

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
