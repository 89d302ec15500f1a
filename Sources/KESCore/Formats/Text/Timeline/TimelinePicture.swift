// A timeline as SVG elements: what a file of its own and a page have in common.

/// Draws one timeline.
struct TimelinePicture: ~Copyable {
  let layout: TimelineLayout
  let geometry: PictureGeometry
  /// The names of the rows' devices.
  let names: [String]
  /// What has been drawn.
  var text = ""

  init(_ layout: TimelineLayout, _ timeline: borrowing Timeline) {
    var names: [String] = []
    for row in layout.rows {
      names.append(timeline.withDevice(row.device ?? 0) { PictureText.name($0) })
    }
    let labels = names + [TimelineCaption.others(layout)]
    let widest = labels.map { TerminalText.width($0) }.max() ?? 0
    self.names = names
    self.layout = layout
    geometry = PictureGeometry(layout, labelColumns: min(widest, PictureGeometry.labelColumns))
  }

  /// The `svg` element, its style inside where `style` says one.
  mutating func draw(_ timeline: borrowing Timeline, style: String?) -> String {
    let size = "\(PictureText.number(PictureGeometry.width)) \(PictureText.number(geometry.height))"
    text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" width="1200" \
      height="\(PictureText.number(geometry.height))" role="img" \
      aria-label="Sessions over time" data-first="\(layout.span.first.milliseconds)" \
      data-last="\(layout.span.last.milliseconds)" data-left="\(PictureText.number(geometry.left))" \
      data-right="\(PictureText.number(geometry.right))">

      """
    if let style { text += "<style>\(style)</style>\n" }
    text += #"<rect class="page" width="100%" height="100%"/>"# + "\n"
    drawHead(timeline)
    drawAxis()
    text += #"<g class="rows">"# + "\n"
    for row in layout.rows.indices { draw(row, timeline) }
    text += "</g>\n"
    if layout.others != nil { drawOthers(timeline) }
    drawNote(timeline)
    text += "</svg>\n"
    return text
  }

  // MARK: Head

  private mutating func drawHead(_ timeline: borrowing Timeline) {
    let margin = PictureGeometry.margin
    draw("Sessions over time", "title", margin, 38)
    let range = TimelineCaption.range(layout.span.first, layout.span.last, to: " – ")
    draw(range + "  ·  " + TimelineCaption.counts(layout, separator: " · "), "muted", margin, 60)
    if layout.sessionCount == 0 { return draw(TimelineCaption.noSessions, "muted", margin, 86) }
    var x = margin
    for (status, count) in TimelineCaption.statuses(layout) {
      let name = PictureText.style(status)
      let label = "\(name) \(count)"
      text += #"<g class="key" data-status="\#(name)">"#
      text += rectangle(x, 77, 18, 10, "bar \(name)", radius: 3) + "</rect>"
      draw(label, "label", x + 25, 86)
      text += "</g>\n"
      x += 25 + Double(label.count) * PictureGeometry.columnWidth + 24
    }
    drawKeys(timeline, from: x + 4)
  }

  /// What else the bars say.
  private mutating func drawKeys(_ timeline: borrowing Timeline, from start: Double) {
    text += rectangle(start, 77, 18, 10, "bar partial plain", radius: 3) + "</rect>"
    draw("start was lost", "muted small", start + 25, 86)
    text += rectangle(start + 124, 77, 18, 10, "bar plain", radius: 3) + "</rect>"
    text +=
      #"<path class="dots" d="M\#(PictureText.number(start + 129)) 82h0m8 0h0" stroke-width="3.4"/>"#
    draw("events", "muted small", start + 149, 86)
    if !layout.rows.contains(where: { $0.marks.contains { timeline.marks[$0].session < 0 } }) {
      return
    }
    text +=
      #"<path class="outside" d="M\#(PictureText.number(start + 210)) 82h0" stroke-width="3.4"/>"#
    draw("events of no session", "muted small", start + 218, 86)
  }

  // MARK: Axis

  private mutating func drawAxis() {
    for row in layout.rows.indices where row % 2 == 0 {
      text +=
        rectangle(
          PictureGeometry.margin - 8, geometry.y(row),
          PictureGeometry.width - 2 * PictureGeometry.margin + 16, geometry.rowHeight, "band",
          radius: 4) + "</rect>\n"
    }
    let columns = Int(geometry.width / PictureGeometry.columnWidth)
    let (top, bottom) = (PictureGeometry.top - 4, geometry.bottom + 4)
    for tick in TimeTicks(layout.span, columns: columns).ticks {
      let x = geometry.x(tick.time)
      let place = PictureText.number(x)
      text += #"<path class="grid" d="M\#(place) \#(PictureText.number(top))"#
      text += #"V\#(PictureText.number(bottom))"/>"# + "\n"
      draw(tick.label, "muted small middle", x, top - 7)
      if layout.rows.count > 12 { draw(tick.label, "muted small middle", x, bottom + 16) }
    }
  }

  private mutating func drawNote(_ timeline: borrowing Timeline) {
    guard let note = TimelineCaption.leftOut(timeline) else { return }
    draw(note, "muted small", PictureGeometry.margin, geometry.height - 14)
  }

  // MARK: Elements

  /// An open `rect` element.
  func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, radius: Double
  ) -> String {
    let place = #"x="\#(PictureText.number(x))" y="\#(PictureText.number(y))""#
    let size = #"width="\#(PictureText.number(width))" height="\#(PictureText.number(height))""#
    return #"<rect class="\#(style)" \#(place) \#(size) rx="\#(PictureText.number(radius))">"#
  }

  /// A line of text; `title` is what its hover tells.
  mutating func draw(
    _ line: String, _ style: String, _ x: Double, _ y: Double, title: String? = nil
  ) {
    let place = #"x="\#(PictureText.number(x))" y="\#(PictureText.number(y))""#
    let hover = title.map { "<title>\(XMLText.escaped($0))</title>" } ?? ""
    text += #"<text class="\#(style)" \#(place)>\#(hover)\#(XMLText.escaped(line))</text>"#
  }
}
