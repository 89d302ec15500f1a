// kes-read --timeline, --svg and --html.

import KESCommand
import KESCore
import KESViews

extension KESRead {
  /// Draws the sessions of the inputs.
  func showTimeline(
    _ ends: Ends, _ opener: OutputOpener
  ) throws(Failure) -> ToolEnding {
    let pictures = try openPictures(opener)
    let report = TimelineReport(
      chart: timeline.timeline ? makeChart() : nil, pictures: pictures,
      isLive: timeline.timeline && isLiveOnTerminal)
    do throws(Failure) {
      let ending = try show(report, ends)
      try write(pictures)
      return ending
    } catch {
      // What came before the fault is drawn, as what other views show of it is written.
      try write(pictures)
      throw error
    }
  }

  private func openPictures(
    _ opener: OutputOpener
  ) throws(Failure) -> [TimelineReport.Picture] {
    var pictures: [TimelineReport.Picture] = []
    let window = timeline.window(filters)
    if let stream = try opener.open(timeline.svg) {
      let encoder = TimelineSVGEncoder(window: window)
      pictures.append(TimelineReport.Picture(encoder: encoder, stream: stream))
    }
    if let stream = try opener.open(timeline.html) {
      let encoder = TimelineHTMLEncoder(window: window)
      pictures.append(TimelineReport.Picture(encoder: encoder, stream: stream))
    }
    return pictures
  }

  private func makeChart() -> TimelineTextEncoder {
    let isFile = output.output != nil
    // What stays as it is may be higher than the screen, where that is asked for.
    let isOfAnyHeight = timeline.rows != nil && !isLiveOnTerminal
    return TimelineTextEncoder(
      style: style, characters: Terminal.characters, window: timeline.window(filters)
    ) {
      var area = Terminal.area(isFile: isFile)
      if isOfAnyHeight { area.rows = nil }
      return area
    }
  }

  /// Whether somebody looks on while more comes.
  private var isLiveOnTerminal: Bool {
    let mayGoOn = view.follow || input.names.contains("-")
    return mayGoOn && output.output == nil && isStandardOutputTerminal
  }

  private func write(_ pictures: [TimelineReport.Picture]) throws(Failure) {
    for picture in pictures { try picture.stream.finish() }
  }
}
