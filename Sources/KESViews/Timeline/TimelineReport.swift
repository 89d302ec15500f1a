// Session events in, drawings of their sessions over time out.

package import KESCore

/// Gathers sessions and draws them: at the end, and live on a terminal whenever something has come.
package struct TimelineReport: RecordEncoder, ~Copyable {
  /// A drawing that goes to a file of its own, at the end.
  package struct Picture {
    let encoder: any TimelineEncoder
    /// Gets the drawing into its buffer; whoever opened it writes it out.
    package let stream: OutputStream

    package init(encoder: any TimelineEncoder, stream: OutputStream) {
      self.encoder = encoder
      self.stream = stream
    }
  }

  private var timeline: Timeline
  private let chart: (any TimelineEncoder)?
  private let pictures: [Picture]
  private var frame: TerminalFrame?
  private var pace: RefreshPace

  /// - Parameters:
  ///   - chart: what goes to the run's output; nil for nothing.
  ///   - isLive: whether the output is a terminal on which the chart is drawn again and again.
  package init(
    chart: (any TimelineEncoder)?, pictures: [Picture] = [], isLive: Bool = false,
    limits: TimelineLimits = .usual, clock: Clock = .real
  ) {
    timeline = Timeline(limits: limits)
    self.chart = chart
    self.pictures = pictures
    frame = isLive ? TerminalFrame() : nil
    pace = RefreshPace(clock: clock)
  }

  package mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    timeline.add(batch)
    if frame != nil { pace.noteChange() }
  }

  package var refreshDeadline: Int64? { frame == nil ? nil : pace.deadline }

  package mutating func refresh(to output: inout ByteBlock) {
    pace.begin()
    draw(to: &output)
    pace.end()
  }

  package mutating func end(_ output: inout ByteBlock) {
    draw(to: &output)
    for picture in pictures { picture.encoder.encode(timeline, to: &picture.stream.buffer) }
  }

  private mutating func draw(to output: inout ByteBlock) {
    guard let chart else { return }
    guard frame != nil else { return chart.encode(timeline, to: &output) }
    var drawing = ByteBlock(capacity: 1 << 14)
    chart.encode(timeline, to: &drawing)
    frame?.draw(drawing, to: &output)
  }
}

/// Draws a timeline: as often as it is shown.
package protocol TimelineEncoder: Sendable {
  func encode(_ timeline: borrowing Timeline, to output: inout ByteBlock)
}

/// After a change, but not more than four times a second, and for at most a tenth of the time.
package struct RefreshPace: Sendable {
  private static let leastMilliseconds: Int64 = 250

  private let clock: Clock
  /// Before this moment nothing is drawn.
  private var next: Int64
  private var hasChanged = false
  private var began: Int64 = 0

  package init(clock: Clock) {
    self.clock = clock
    next = clock.monotonic()
  }

  /// When the next drawing is due, in milliseconds of the monotonic clock; nil where nothing has
  /// changed since the last.
  package var deadline: Int64? { hasChanged ? next : nil }

  package mutating func noteChange() { hasChanged = true }

  /// To be called before a drawing.
  package mutating func begin() {
    began = clock.monotonic()
    hasChanged = false
  }

  /// To be called behind it.
  package mutating func end() {
    let now = clock.monotonic()
    next = now + max(RefreshPace.leastMilliseconds, 10 * (now - began))
  }
}

/// Puts each drawing where the one before stood (ECMA-48: CUU, EL, ED). Lines must not be wider than
/// the terminal, nor more than it has rows.
package struct TerminalFrame: Sendable {
  private var lineCount = 0

  package init() {}

  /// Appends what replaces the drawing before by `drawing`, whose lines end with line feeds.
  package mutating func draw(_ drawing: borrowing ByteBlock, to output: inout ByteBlock) {
    if lineCount > 0 { output.append(text: "\r\u{1B}[\(lineCount)A") }
    lineCount = 0
    var start = 0
    drawing.withBytes { bytes in
      while let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start) {
        output.append(bytes.extracting(start..<end))
        output.append("\u{1B}[K\n")
        start = end + 1
        lineCount += 1
      }
    }
    // What a longer drawing left below.
    output.append("\u{1B}[J")
  }
}
