// Rows of sessions in an order.

import TestSupport
import Testing

@testable import KESCore
@testable import KESViews

@Suite struct SessionRowsTests {
  /// What is shown of sessions with these starts, durations and numbers of events; their ids are their
  /// places.
  private func shown(
    _ sessions: [(start: Int64, duration: Int64, events: Int64)], _ order: SessionOrder?,
    greatestCount: Int64 = .max
  ) -> [String] {
    var choice = SessionChoice()
    choice.order = order
    choice.greatestCount = greatestCount
    let rows = SessionRows(SessionCSVEncoder(), choice)
    var output = ByteBlock()
    for (place, session) in sessions.enumerated() {
      let row = SessionRow(
        status: .completed, start: EventTime(milliseconds: session.start),
        end: EventTime(milliseconds: session.start + session.duration), events: session.events,
        isPartial: false)
      withUTF8Bytes(of: "device-\(place % 3)") { device in
        withUTF8Bytes(of: "\(place)") {
          rows.take(row, device: device, session: $0, to: &output)
        }
      }
    }
    rows.end(&output)
    return output.withBytes { String(decodingBytes: $0) }.split(separator: "\n").map {
      let fields = $0.split(separator: ",")
      return fields[0] == "device-\((Int(fields[1]) ?? 0) % 3)" ? String(fields[1]) : "another's"
    }
  }

  @Test func areInOrderAndThoseOfAsManyAsTheyCame() {
    let sessions: [(Int64, Int64, Int64)] = [(5, 1, 2), (3, 9, 2), (5, 9, 1), (-1, 0, 7)]
    #expect(shown(sessions, nil) == ["0", "1", "2", "3"])
    #expect(shown(sessions, .start) == ["3", "1", "0", "2"])
    #expect(shown(sessions, .duration) == ["1", "2", "0", "3"])
    #expect(shown(sessions, .events) == ["3", "0", "1", "2"])
    #expect(shown(sessions, .events, greatestCount: 2) == ["3", "0"])
    #expect(shown(sessions, nil, greatestCount: 2) == ["0", "1"])
  }

  @Test(arguments: TestSeeds.each(1...5))
  func theFirstOfManyAreThoseOfAll(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let sessions = (0..<3000).map { _ in
      (
        start: Int64(random.next() % 100), duration: Int64(random.next() % 50),
        events: Int64(random.next() % 20)
      )
    }
    for order in SessionOrder.allCases {
      let all = shown(sessions, order)
      #expect(all.count == 3000)
      for count in [1, 3, 400, 600, 5000] as [Int64] {
        #expect(
          shown(sessions, order, greatestCount: count) == Array(all.prefix(Int(count))),
          "seed \(seed), \(count)")
      }
    }
  }
}
