// Where things stand in a picture of a timeline.

/// Places and sizes in pixels.
struct PictureGeometry {
  static let width = 1200.0
  static let margin = 24.0
  /// The top of the rows, below title, legend and the times.
  static let top = 134.0
  /// How wide a column of small text is, about.
  static let columnWidth = 6.9
  /// The longest name that is shown in full, in columns.
  static let labelColumns = 30

  let span: TimelineSpan
  /// Left and right end of time.
  let left: Double
  let right: Double
  let rowHeight: Double
  let barHeight: Double
  let rowCount: Int
  let othersHeight: Double

  /// - Parameter labelColumns: how wide the widest name is.
  init(_ layout: TimelineLayout, labelColumns: Int) {
    span = layout.span
    left = PictureGeometry.margin + max(60, Double(labelColumns) * PictureGeometry.columnWidth) + 16
    right = PictureGeometry.width - 164
    rowCount = layout.rows.count
    rowHeight = rowCount <= 12 ? 32 : rowCount <= 25 ? 26 : 22
    barHeight = rowCount <= 12 ? 16 : rowCount <= 25 ? 13 : 11
    othersHeight = layout.others == nil ? 0 : 56
  }

  var width: Double { right - left }
  var bottom: Double { PictureGeometry.top + Double(rowCount) * rowHeight + othersHeight }
  var height: Double { bottom + 56 }

  func x(_ time: EventTime) -> Double { left + span.share(of: time) * width }

  /// The top of a row.
  func y(_ row: Int) -> Double { PictureGeometry.top + Double(row) * rowHeight }
}
