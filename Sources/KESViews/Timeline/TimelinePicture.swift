// A timeline as a picture: scalable vector graphics.

package import KESCore

/// Writes one `svg` element (SVG 1.1), complete in itself, in the reader's choice of light or dark.
package struct TimelineSVGEncoder: TimelineEncoder {
  private let window: TimelineWindow

  package init(window: TimelineWindow = TimelineWindow()) { self.window = window }

  package func encode(_ timeline: borrowing Timeline, to output: inout ByteBlock) {
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
      let left = PictureText.number(x)
      text += #"<path class="grid" d="M\#(left) \#(PictureText.number(top))"#
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
    let position = #"x="\#(PictureText.number(x))" y="\#(PictureText.number(y))""#
    let size = #"width="\#(PictureText.number(width))" height="\#(PictureText.number(height))""#
    return #"<rect class="\#(style)" \#(position) \#(size) rx="\#(PictureText.number(radius))">"#
  }

  /// A line of text; `title` is what its hover tells.
  mutating func draw(
    _ line: String, _ style: String, _ x: Double, _ y: Double, title: String? = nil
  ) {
    let position = #"x="\#(PictureText.number(x))" y="\#(PictureText.number(y))""#
    let hover = title.map { "<title>\(XMLText.escaped($0))</title>" } ?? ""
    text += #"<text class="\#(style)" \#(position)>\#(hover)\#(XMLText.escaped(line))</text>"#
  }
}

extension TimelinePicture {
  // MARK: Rows

  mutating func draw(_ row: Int, _ timeline: borrowing Timeline) {
    let (top, middle) = (geometry.y(row), geometry.y(row) + geometry.rowHeight / 2)
    let name = TerminalText.fitted(
      names[row], columns: PictureGeometry.labelColumns, ending: "…")
    text += "<g>"
    draw(name, "label end", geometry.left - 12, middle + 4, title: names[row])
    drawBars(row, timeline, top + (geometry.rowHeight - geometry.barHeight) / 2)
    drawDots(row, timeline, middle)
    let sessions = layout.rows[row].sessions.count
    let counts = [
      TimelineCaption.number(Int64(sessions), "session"),
      TimelineCaption.number(layout.rows[row].events, "event"),
    ]
    draw(counts.joined(separator: " · "), "muted small", geometry.right + 12, middle + 4)
    text += "</g>\n"
  }

  private mutating func drawBars(_ row: Int, _ timeline: borrowing Timeline, _ top: Double) {
    for bar in PictureBar.bars(of: layout.rows[row], timeline, geometry) {
      let partial = bar.isPartial ? " partial" : ""
      text += rectangle(
        bar.left, top, bar.right - bar.left, geometry.barHeight,
        "bar \(PictureText.style(bar.status))\(partial)",
        radius: min(4, (bar.right - bar.left) / 2))
      text += "<title>\(XMLText.escaped(detail(of: bar, names[row], timeline)))</title></rect>\n"
    }
  }

  /// What is said of a bar, in lines.
  private func detail(
    of bar: PictureBar, _ name: String, _ timeline: borrowing Timeline
  ) -> String {
    let range = TimelineCaption.range(bar.start, bar.end, to: " – ")
    let events = TimelineCaption.number(bar.events, "event")
    let duration = TimelineCaption.duration(bar.start.elapsed(until: bar.end))
    if bar.count > 1 {
      let sessions = "\(bar.count) sessions, most \(PictureText.style(bar.status))"
      return [name, sessions, range, events].joined(separator: "\n")
    }
    let identifier = timeline.withIdentifier(bar.first) { PictureText.name($0) }
    let partial = bar.isPartial ? ", its start was lost" : ""
    return "\(name)\nsession \(identifier)\n\(PictureText.style(bar.status))\(partial)\n\(range)\n"
      + "\(duration), \(events)"
  }

  /// Events as dots on their bars, where those are long enough; those without a session in grey.
  private mutating func drawDots(_ row: Int, _ timeline: borrowing Timeline, _ y: Double) {
    let marks = layout.rows[row].marks.sorted {
      timeline.marks[$0].time < timeline.marks[$1].time
    }
    let size = geometry.barHeight * 0.24
    var dots: [String: String] = [:]
    var last = -Double.infinity
    for number in marks {
      let mark = timeline.marks[number]
      let x = geometry.x(mark.time)
      if x < last + size + 2 { continue }
      var (center, style) = (x, "outside")
      if mark.session >= 0 {
        let session = timeline.sessions[Int(mark.session)]
        guard let inside = self.center(x, on: session, size) else { continue }
        style = (session.isPartial ? "faint " : "dots ") + PictureText.style(session.status)
        center = inside
      }
      dots[style, default: ""] += "M\(PictureText.number(center)) \(PictureText.number(y))h0"
      last = x
    }
    let width = PictureText.number(size)
    for (style, path) in dots.sorted(by: { $0.key < $1.key }) {
      text += #"<path class="\#(style)" stroke-width="\#(width)" d="\#(path)"/>"# + "\n"
    }
  }

  /// Where the middle of a dot is so that all of it is on the session's bar; nil where that is too
  /// short.
  private func center(_ x: Double, on session: TimelineSession, _ size: Double) -> Double? {
    let (left, right) = (geometry.x(session.start) + size, geometry.x(session.end) - size)
    return right - left < 2 * size ? nil : min(max(x, left), right)
  }

  // MARK: The others

  /// How many of the other devices' sessions go on at once, as a curve in steps.
  mutating func drawOthers(_ timeline: borrowing Timeline) {
    let counts = layout.othersAtOnce(timeline, columns: Int(geometry.width / 2))
    let most = max(1, counts.max() ?? 1)
    let bottom = geometry.bottom - 6
    let height = geometry.othersHeight - 18
    var path = "M\(PictureText.number(geometry.left)) \(PictureText.number(bottom))"
    for (column, count) in counts.enumerated() {
      let y = bottom - height * Double(count) / Double(most)
      let right = geometry.left + geometry.width * Double(column + 1) / Double(counts.count)
      path += "V\(PictureText.number(y))H\(PictureText.number(right))"
    }
    path += "V\(PictureText.number(bottom))Z"
    let name = TimelineCaption.others(layout)
    let events = layout.others?.events ?? 0
    let total = layout.others?.sessions.count ?? 0
    let detail = "\(name)\n\(TimelineCaption.number(Int64(total), "session"))"
    text += #"<g class="rows"><path class="crowd" d="\#(path)">"#
    text += "<title>\(detail), at most \(most) at once</title></path></g>\n"
    let middle = bottom - height / 2 + 4
    draw(name, "label end", geometry.left - 12, middle)
    draw("\(total) sessions", "muted small", geometry.right + 12, middle - 14)
    draw("\(events) events", "muted small", geometry.right + 12, middle)
    draw("at most \(most) at once", "muted small", geometry.right + 12, middle + 14)
  }
}
