// Whether output is coloured.

internal import Glibc

extension ColorChoice {
  /// Whether to colour text for the standard output: `auto` does on a terminal, unless `NO_COLOR`
  /// is set and not empty (no-color.org).
  ///
  /// - Parameter isFile: whether the output goes to a file instead.
  public func isColored(isFile: Bool) -> Bool {
    switch self {
    case .always: true
    case .never: false
    case .auto: !isFile && isStandardOutputTerminal && !isColorRefused
    }
  }

  private var isColorRefused: Bool {
    guard let value = unsafe getenv("NO_COLOR") else { return false }
    return unsafe value.pointee != 0
  }
}

/// Whether the standard output is a terminal.
public var isStandardOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

/// Whether the standard input is a terminal.
public var isStandardInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }
