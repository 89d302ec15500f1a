// Which characters a drawing may use.

/// What the reader's terminal shows: all of Unicode, or ASCII alone.
public enum TerminalCharacters: Sendable { case unicode, ascii }
