// Timelines as pictures and pages.

import Testing

@testable import KESCore
@testable import KESViews

private let hostile = #"<script>alert(\"1\")</script>&'\u0000\u001b\u202e"#

private func picture(_ lines: [String], window: TimelineWindow = TimelineWindow()) -> String {
  drawing(timeline(lines), by: TimelineSVGEncoder(window: window)).joined(separator: "\n")
}

@Suite struct TimelinePictureTests {
  @Test func drawsABarASessionWithItsDetails() {
    let svg = picture([
      sessionLine("a", 0, "DeviceWokeUp", session: "s1"),
      closingLine("a", 0, 20_000, "timeout", session: "s1", events: 3, isPartial: true),
      closingLine("b", 40_000, 40_000, "completed", session: "s2"),
    ])
    #expect(svg.contains(#"class="bar timeout partial""#))
    #expect(
      svg.contains(
        """
        <title>a
        session s1
        timeout, its start was lost
        1970-01-01 00:00:00.000 – 00:00:20.000 UTC
        20.000s, 3 events</title>
        """))
    #expect(svg.contains(">completed 1</text>") && !svg.contains("superseded 0"))
    #expect(!svg.contains("others"))
  }

  @Test func saysWhatTheDotsOutsideOfSessionsAre() {
    let session = closingLine("a", 0, 20_000, "timeout", session: "s1")
    let event = #"{"device":"a","timestamp":30000,"event":{"DeviceWokeUp":{}}}"#
    #expect(!picture([session]).contains("events of no session"))
    #expect(picture([session, event]).contains(">events of no session</text>"))
  }

  /// On 400 points, as a telephone has, letters of 12 are to stay letters: the picture keeps its width, and
  /// what is around it scrolls.
  @Test func thePageScrollsWhereItIsNarrow() throws {
    let lines = [closingLine("a", 0, 20_000, "timeout", session: "s1")]
    let page = drawing(timeline(lines), by: TimelineHTMLEncoder()).joined(separator: "\n")
    #expect(
      page.contains("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"))
    #expect(page.contains("<div id=\"picture\">\n<svg ") && page.contains("</svg>\n</div>"))
    #expect(page.contains("#picture{overflow-x:auto}"))
    let least = try #require(page.firstMatch(of: /svg\{[^}]*min-width:(\d+)px/)).1
    // Letters of 11 pixels in a picture of 1200 become no smaller than 9.5.
    #expect((Double(least) ?? 0) * 11 / PictureGeometry.width >= 9.5)
  }

  @Test func namesAreNoMarkup() {
    let lines = [sessionLine(hostile, 0, "DeviceWokeUp", session: hostile)]
    let page = drawing(timeline(lines), by: TimelineHTMLEncoder()).joined(separator: "\n")
    for text in [picture(lines), page] {
      #expect(!text.contains("<script>alert"))
      #expect(text.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"))
      #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
    }
    #expect(page.components(of: "<script>") == 1)
  }

  @Test func whatXMLHasNoPlaceForIsReplaced() {
    let escaped = XMLText.escaped("a\u{0}\u{B}\u{7F}\u{FFFE}\tä😀")
    #expect(escaped == "a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\tä😀")
  }

  @Test func isOneElementOfBoundedSize() {
    var lines: [String] = []
    for number in 0..<20_000 {
      let time = Int64(number) * 100
      lines.append(
        closingLine("d\(number % 500)", time, time + 50, "completed", session: "s\(number)"))
    }
    let svg = picture(lines)
    #expect(svg.components(of: "<svg") == 1 && svg.components(of: "</svg>") == 1)
    #expect(svg.contains("461 others"))
    #expect(svg.contains(">20000 events") == false && svg.contains("20000 sessions"))
    // Sessions that cannot be told apart share a bar.
    let one = picture(lines.map { $0.replacing(/"d[0-9]+"/, with: "\"d\"") })
    #expect(one.components(of: #"class="bar completed""#) < 500)
    #expect(one.contains("sessions, most completed"))
  }

  @Test(arguments: [0.0, 0.04, 0.05, -0.05, 1.25, -3.98, 1199.96])
  func writesPlacesToATenth(value: Double) {
    let text = PictureText.number(value)
    #expect(abs((Double(text) ?? .nan) - value) <= 0.051, "\(text)")
    #expect(!text.hasSuffix(".0") && text != "-0")
  }

  @Test func showsThatThereIsNothing() {
    #expect(picture([]).contains("nothing to show"))
  }
}

extension String {
  /// How often `text` occurs.
  fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
