// How much room a drawing has on a terminal.

/// Columns and rows of characters.
public struct ChartArea: Equatable, Sendable {
  public var columns: Int
  /// Nil where a drawing may be of any height.
  public var rows: Int?

  public init(columns: Int, rows: Int?) {
    self.columns = columns
    self.rows = rows
  }
}
