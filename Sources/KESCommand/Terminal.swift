// What is known of the terminal that the standard output may be.

internal import Glibc
public import KESCore

/// The room and the characters for drawings.
public enum Terminal {
  /// Where nothing says how wide a line may be.
  private static let usualColumns = 80

  /// The room for a drawing: the terminal's, with a line left for the cursor. Where the output is
  /// none, as wide as `COLUMNS` says, and as high as it will.
  ///
  /// - Parameter isFile: whether the output goes to a file instead.
  public static func area(isFile: Bool) -> ChartArea {
    let size = size(of: STDOUT_FILENO)
    if !isFile && size.ws_col > 0 && size.ws_row > 0 {
      return ChartArea(columns: Int(size.ws_col), rows: max(1, Int(size.ws_row) - 1))
    }
    let columns = variable("COLUMNS").flatMap { Int($0) } ?? 0
    return ChartArea(columns: columns > 0 ? columns : usualColumns, rows: nil)
  }

  /// How wide the terminal is that `descriptor` is; nil where it is none, or one that does not know.
  static func columns(of descriptor: Int32) -> Int? {
    let columns = Int(size(of: descriptor).ws_col)
    return columns == 0 ? nil : columns
  }

  /// How wide tables may be: as wide as the terminal; nil where the output is none.
  ///
  /// - Parameter isFile: whether the output goes to a file instead.
  public static func columns(isFile: Bool) -> Int? {
    isFile ? nil : columns(of: STDOUT_FILENO)
  }

  /// The size of the terminal; 0 where the descriptor is none, or one that does not know.
  private static func size(of descriptor: Int32) -> winsize {
    var size = winsize()
    let result = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size)
    return result == 0 ? size : winsize()
  }

  /// All of Unicode where the locale is one of UTF-8 (POSIX.1-2017, section 8.2: the first of
  /// `LC_ALL`, `LC_CTYPE` and `LANG` that is set and not empty), ASCII otherwise.
  public static var characters: TerminalCharacters {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { variable($0) }.first ?? ""
    let name = locale.lowercased()
    return name.hasSuffix("utf-8") || name.hasSuffix("utf8") ? .unicode : .ascii
  }

  /// An environment variable; nil where it is empty.
  private static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}

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
