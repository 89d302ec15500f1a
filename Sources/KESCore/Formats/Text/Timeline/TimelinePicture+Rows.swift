// The rows of a picture: bars, dots on them, and the curve of the others.

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
      var (place, style) = (x, "outside")
      if mark.session >= 0 {
        let session = timeline.sessions[Int(mark.session)]
        guard let inside = self.place(x, on: session, size) else { continue }
        style = (session.isPartial ? "faint " : "dots ") + PictureText.style(session.status)
        place = inside
      }
      dots[style, default: ""] += "M\(PictureText.number(place)) \(PictureText.number(y))h0"
      last = x
    }
    let width = PictureText.number(size)
    for (style, path) in dots.sorted(by: { $0.key < $1.key }) {
      text += #"<path class="\#(style)" stroke-width="\#(width)" d="\#(path)"/>"# + "\n"
    }
  }

  /// Where a dot stands so that all of it is on the session's bar; nil where that is too short.
  private func place(_ x: Double, on session: TimelineSession, _ size: Double) -> Double? {
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
