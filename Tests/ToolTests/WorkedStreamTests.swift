// The worked streams of kes-sessions(7) come out as the page says.

import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct WorkedStreamTests {
  private static let page = (try? ManualPage("kes-sessions.7"))

  static let streams = (page?.literalBlocks(of: "RULES") ?? []).compactMap(WorkedStream.init)

  /// A block that is none by a slip of the pen would not be compared.
  @Test func allStreamsAreUnderstood() {
    let blocks = (Self.page?.literalBlocks(of: "RULES") ?? []).filter { $0[0].hasPrefix("$") }
    #expect(Self.streams.count == blocks.count)
    #expect(blocks.count >= 14)
  }

  @Test func everyRuleIsThere() {
    let rules = (Self.page?.lines(of: "RULES") ?? []).compactMap { line in
      line.firstMatch(of: /^\.Ss (R[0-9]+):/).map { String($0.1) }
    }
    #expect(rules == (1...14).map { "R\($0)" })
  }

  /// Also up to each event, so that what comes out stands beside what it came from.
  @Test(arguments: streams)
  func comesOutAsThePageSays(stream: WorkedStream) throws {
    let counts = stream.isStepwise ? Array(1...stream.steps.count) : [stream.steps.count]
    for count in counts {
      let steps = stream.steps.prefix(count)
      let finished = try Program.shell(
        stream.command, input: .text(steps.map(\.event).joined()))
      #expect(finished.errors == "")
      let expected = steps.flatMap(\.output)
      #expect(try WorkedStream.notation(finished.text) == expected, "after \(count) events")
    }
  }
}
