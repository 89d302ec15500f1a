// A timeline as a picture: scalable vector graphics.

/// Writes one `svg` element (SVG 1.1), complete in itself, in the reader's choice of light or dark.
public struct TimelineSVGEncoder: TimelineEncoder {
  private let window: TimelineWindow

  public init(window: TimelineWindow = TimelineWindow()) { self.window = window }

  public func encode(_ timeline: borrowing Timeline, to output: inout ByteBlock) {
    output.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    let style = PictureStyle.sheet
    output.append(
      text: TimelineSVGEncoder.picture(of: timeline, window: window, style: style))
  }

  /// The `svg` element.
  static func picture(
    of timeline: borrowing Timeline, window: TimelineWindow, style: String?
  ) -> String {
    let rows = window.rows ?? TimelineLayout.usualRows
    guard let layout = TimelineLayout(timeline, window: window, greatestCount: rows) else {
      return """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 80" width="1200" height="80">\
        <style>\(style ?? "")</style><rect class="page" width="100%" height="100%"/>\
        <text x="24" y="46">nothing to show</text></svg>

        """
    }
    var picture = TimelinePicture(layout, timeline)
    return picture.draw(timeline, style: style)
  }
}
