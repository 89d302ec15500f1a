// A timeline as a page for a browser.

/// Writes one page (HTML 5) that loads nothing: the picture, its style, and the script that shows
/// details. Its policy lets a browser load nothing else either.
public struct TimelineHTMLEncoder: TimelineEncoder {
  private let window: TimelineWindow

  public init(window: TimelineWindow = TimelineWindow()) { self.window = window }

  public func encode(_ timeline: borrowing Timeline, to output: inout ByteBlock) {
    let picture = TimelineSVGEncoder.picture(of: timeline, window: window, style: nil)
    output.append(
      text: """
        <!DOCTYPE html>
        <html lang="en">
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" \
        content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Sessions over time</title>
        <style>\(PictureStyle.sheet)\(PictureStyle.pageSheet)</style>
        <body>
        <div id="picture">
        \(picture)</div>
        <div id="tip"></div>
        <script>\(PageScript.text)</script>
        </body>
        </html>

        """)
  }
}
