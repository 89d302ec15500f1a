// Durations on the command line are exact.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct DurationTests {
  /// kes-segment with a session that times out as late as can be; `SessionClosed` tells when.
  private func segment(timeout: String) throws -> Finished {
    try Program.run(
      "kes-segment", ["--emit", "closed", "--timeout", timeout],
      input: .text(EventLines.woke("a", 0) + EventLines.data("b", .max)))
  }

  @Test(
    arguments: [
      ("0.1s", 100), ("0.3s", 300), ("0.001s", 1), ("0.29s", 290), ("2.50s", 2500), ("1ms", 1),
      ("4s", 4000), ("1.0000s", 1000), ("1.1m", 66_000), ("0.25h", 900_000),
      ("0.0000125d", 1080), ("1d", 86_400_000), ("9007199254740993ms", 9_007_199_254_740_993),
      ("9007199254740.993s", 9_007_199_254_740_993), ("106751991167d", 9_223_372_036_828_800_000),
    ] as [(String, Int64)])
  func areExact(text: String, milliseconds: Int64) throws {
    let finished = try segment(timeout: text)
    #expect(finished.status == 0)
    #expect(finished.text.contains(#"{"device":"a","timestamp":\#(milliseconds),"#))
  }

  @Test(arguments: [
    "1.0005s", "0.5ms", "0.0001s", "0.0000001d", "99999999999999999999d", "106751991168d",
    "9223372036854775808ms", "0.00000000000000000001s", "1e3s", "+1s", "-1s", "1 s", " 1s", ".5s",
    "1.s", "1.0.0s", "1,5s", "0x1s", "١s", "1S", "1w", "5", "s", "", "nans", "infs",
  ])
  func whatIsNotADurationOfWholeMillisecondsIsRefused(text: String) throws {
    let finished = try segment(timeout: text)
    #expect(finished.status == 64)
    #expect(finished.errors.contains("--timeout"))
    #expect(finished.output.isEmpty)
  }
}
