// Session events in, drawings of their sessions over time out.

/// Gathers sessions and draws them: at the end, and live on a terminal whenever something has come.
public struct TimelineReport: RecordEncoder, ~Copyable {
  /// A drawing that goes to a file of its own, at the end.
  public struct Picture {
    let encoder: any TimelineEncoder
    /// Gets the drawing into its buffer; whoever opened it writes it out.
    public let stream: OutputStream

    public init(encoder: any TimelineEncoder, stream: OutputStream) {
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
  public init(
    chart: (any TimelineEncoder)?, pictures: [Picture] = [], isLive: Bool = false,
    limits: TimelineLimits = .usual, clock: Clock = .real
  ) {
    timeline = Timeline(limits: limits)
    self.chart = chart
    self.pictures = pictures
    frame = isLive ? TerminalFrame() : nil
    pace = RefreshPace(clock: clock)
  }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    timeline.add(batch)
    if frame != nil { pace.noteChange() }
  }

  public var refreshDeadline: Int64? { frame == nil ? nil : pace.deadline }

  public mutating func refresh(to output: inout ByteBlock) {
    pace.begin()
    draw(to: &output)
    pace.end()
  }

  public mutating func end(_ output: inout ByteBlock) {
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
