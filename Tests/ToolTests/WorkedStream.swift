// A worked stream of kes-sessions(7).

import Foundation
import Testing

/// What a page shows of a command: events on the left, what comes out on the right.
///
///     $ kes-segment --emit all
///       0.0 A start    A/s1 start
///       5.0 B start    A/s1 closed: timeout at 4.0, 1 event
///                      B/s2 start
struct WorkedStream: CustomTestStringConvertible {
  /// One event that comes in, and what has come out when it has been read.
  struct Step {
    /// The event as a line of JSON.
    let event: String
    var output: [String] = []
  }

  let command: String
  let steps: [Step]

  var testDescription: String { command }

  /// Whether each step stands for itself: what is held or flushed comes at the end of the input.
  var isStepwise: Bool { !command.contains("--reorder") && !command.contains("--flush") }

  /// The stream of a literal block; nil where it is none, or cannot be understood.
  init?(_ block: [String]) {
    guard let command = block.first, command.hasPrefix("$ kes-segment") else { return nil }
    self.command = String(command.dropFirst(2))
    var steps: [Step] = []
    for line in block.dropFirst() {
      if let match = line.firstMatch(of: /^ *([0-9]+)\.([0-9]) (\w+) (start|data|end)(?: +(.*))?$/)
      {
        let time = Int64(match.1 + match.2 + "00") ?? 0
        let event = WorkedStream.event(String(match.3), time, String(match.4))
        steps.append(Step(event: event, output: match.5.map { [String($0)] } ?? []))
      } else if let match = line.firstMatch(of: /^ {8,}(\S.*)$/), !steps.isEmpty {
        steps[steps.count - 1].output.append(String(match.1))
      } else {
        return nil
      }
    }
    self.steps = steps
  }

  private static func event(_ device: String, _ time: Int64, _ role: String) -> String {
    switch role {
    case "start": EventLines.woke(device, time)
    case "data": EventLines.data(device, time)
    default: EventLines.sent(device, time)
    }
  }
}

extension WorkedStream {
  /// Session events as the pages write them; sessions are s1, s2, ... by first appearance.
  static func notation(_ text: String) throws -> [String] {
    let decoder = JSONDecoder()
    return try renamingSessions(text).split(separator: "\n").map { line in
      try decoder.decode(SessionEventLine.self, from: Data(line.utf8)).notation
    }
  }

  private struct SessionEventLine: Decodable {
    let device: String
    let timestamp: Int64
    let event: [String: Content]
    let session: String
    let duplicate: Bool?

    struct Content: Decodable {
      let status: String?
      let events: Int?
      let partial: Bool?
    }

    private static let roles = [
      "DeviceWokeUp": "start", "DataReceived": "data", "AllDataSent": "end",
    ]

    var notation: String {
      guard let (name, content) = event.first else { return "" }
      if let role = SessionEventLine.roles[name] {
        return "\(device)/\(session) \(role)\(duplicate == true ? ", duplicate" : "")"
      }
      let count = content.events ?? 0
      let time = "\(timestamp / 1000).\(timestamp % 1000 / 100)"
      return "\(device)/\(session) closed: \(content.status ?? "") at \(time),"
        + " \(count) event\(count == 1 ? "" : "s")\(content.partial == true ? ", partial" : "")"
    }
  }
}
