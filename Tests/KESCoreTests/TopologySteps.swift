// Runs events of a test through the topology test driver, and reads what comes out as steps.

import Foundation
import Testing

@testable import KESCore

extension TestEvent {
  /// The same event as an event of a device in JSON, as kes reads it; `bytes` tells it from others still.
  var ofDevice: TestEvent {
    let kind =
      switch role {
      case .start: #"{"DeviceWokeUp":{}}"#
      case .data, .closed, .whole, .passed: #"{"DataReceived":{"name":"n","value":1}}"#
      case .end: #"{"AllDataSent":{}}"#
      }
    var event = self
    event.bytes = """
      {"device":"\(key)","timestamp":\(time),"event":\(kind),"record":"\(bytes)"}
      """
    return event
  }
}

/// Steps of the public test driver, comparable to those of the oracle.
struct TopologySteps {
  private let driver: TopologyTestDriver
  private(set) var steps: [Step] = []
  private var names: [String: Int] = [:]
  /// Of the records that have not come out, by their text, in the order of arrival.
  private var positions: [String: [Int]] = [:]

  /// Duplicates are marked where rules would leave them out: what is not written cannot be seen.
  init(rules: SegmentationRules) {
    var rules = rules
    if rules.duplicates == .drop { rules.duplicates = .mark }
    driver = TopologyTestDriver(rules: rules)
  }

  /// Pipes an event in; its bytes are the record.
  mutating func take(_ event: TestEvent, position: Int) throws {
    positions[event.bytes, default: []].append(position)
    let late = driver.ledger.late
    try driver.pipe(event.bytes)
    try gather()
    if driver.ledger.late > late {
      positions[event.bytes]?.removeLast()
      steps.append(.late(position: position))
    }
  }

  mutating func end(flush: Bool) throws {
    try driver.endInput(flushes: flush)
    try gather()
    #expect(driver.ledger.isClosed)
  }

  private mutating func gather() throws {
    for output in driver.takeOutput() {
      let session = names[output.session] ?? names.count + 1
      names[output.session] = session
      steps.append(try closing(output, session) ?? event(output, session))
    }
  }

  private mutating func event(_ output: TopologyTestDriver.Output, _ session: Int) throws -> Step {
    let (end, mark) = (#","session":"\#(output.session)"}"#, #","duplicate":true"#)
    try #require(output.value.hasSuffix(end), "\(output.value)")
    let rest = output.value.dropLast(end.count)
    let isDuplicate = rest.hasSuffix(mark)
    let text = rest.dropLast(isDuplicate ? mark.count : 0) + "}"
    let isKnown = positions[String(text)]?.isEmpty == false
    try #require(isKnown, "\(output.value) did not go in")
    let position = positions[String(text)]?.removeFirst() ?? -1
    return isDuplicate
      ? .duplicate(position: position, session: session)
      : .event(position: position, session: session)
  }

  /// What a SessionClosed says; nil for other records.
  private func closing(_ output: TopologyTestDriver.Output, _ session: Int) throws -> Step? {
    guard output.value.contains(#""SessionClosed":"#) else { return nil }
    struct Value: Decodable {
      struct Event: Decodable {
        let closed: Closed
        enum CodingKeys: String, CodingKey { case closed = "SessionClosed" }
      }
      struct Closed: Decodable {
        let status: String
        let start, end, events: Int64
        let partial: Bool
      }
      let device: String
      let timestamp: Int64
      let event: Event
    }
    let value = try JSONDecoder().decode(Value.self, from: Data(output.value.utf8))
    let closed = value.event.closed
    #expect(output.time.milliseconds == value.timestamp)
    #expect(output.key == value.device)
    let status = SessionStatus.allCases.first { "\($0.symbol)" == closed.status }
    let known = try #require(status, "\(closed.status)")
    return .closed(
      session: session, key: value.device, status: known, time: value.timestamp,
      start: closed.start, end: closed.end, events: closed.events, isPartial: closed.partial)
  }
}
