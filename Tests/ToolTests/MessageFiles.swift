// Files of messages, taken apart and put together by their bytes, and registries for them.

import Foundation
import TestSupport

@testable import KESCore

/// Messages behind their lengths (4 bytes, big-endian; -1 for a record without a value).
enum MessageFile {
  static let tombstone = word(-1)

  static func word(_ value: Int32) -> Data {
    Data((0..<4).map { UInt8(truncatingIfNeeded: value >> Int32(24 - 8 * $0)) })
  }

  static func framed(_ message: Data) -> Data { word(Int32(message.count)) + message }

  static func framed(_ identifier: Int32, _ payload: Data) -> Data {
    framed(Data([0]) + word(identifier) + payload)
  }

  /// The messages in `bytes`, nil for one without a value; nothing from where it goes wrong.
  static func messages(_ bytes: Data) -> [Data?] {
    var found: [Data?] = []
    var rest = bytes[...]
    while rest.count >= 4 {
      let length = rest.prefix(4).reduce(0) { $0 << 8 | Int32($1) }
      rest = rest.dropFirst(4)
      if length == -1 {
        found.append(nil)
      } else {
        if length < 0 || rest.count < length { return found }
        found.append(Data(rest.prefix(Int(length))))
        rest = rest.dropFirst(Int(length))
      }
    }
    return found
  }

  /// The ids in the messages.
  static func identifiers(_ bytes: Data) -> [Int] {
    messages(bytes).compactMap { $0?.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) } }
  }

  /// Makes every message whose number is a multiple of `step` one of the schema with `identifier`,
  /// which has `suffix` behind the fields of the first.
  static func varied(
    _ bytes: Data, every step: Int, to identifier: Int32, suffix: Data
  ) -> Data {
    var output = Data()
    for (number, message) in messages(bytes).enumerated() {
      guard let message else {
        output += tombstone
        continue
      }
      output +=
        number % step == 0 ? framed(identifier, message.dropFirst(5) + suffix) : framed(message)
    }
    return output
  }
}

/// `Event` with a field more, and a datum's bytes for that.
let sitedEventSchema = eventSchema(with: #"{"name":"site","type":"string","default":"none"}"#)
let siteSuffix = RawContainer.text("north")

/// A registry for the tools, by the name that `--registry` takes; with subjects that go away with it
/// where it is a real one.
final class ToolRegistry {
  /// Of the test target, over real sockets; nil for another.
  let server: RegistryServer?
  let name: String
  private let client: RegistryClient?
  private let suffix = UUID().uuidString
  private var subjects: [String] = []

  /// The URL of a real registry, where the environment has one.
  static let realURL = ProcessInfo.processInfo.environment["KES_TEST_REGISTRY"]

  init(isReal: Bool = false) throws {
    if isReal, let urls = ToolRegistry.realURL {
      let environment = ProcessInfo.processInfo.environment
      (server, name) = (nil, urls)
      client = RegistryClient(
        urls: try RegistryURL.parse(list: urls),
        settings: try RegistrySettings(properties: [:], environment: environment), clock: .real)
    } else {
      let own = try RegistryServer()
      (server, name, client) = (own, own.url, nil)
    }
  }

  /// A subject that nobody else has.
  func subject(_ name: String) -> String {
    subjects.append("kes-test-\(name)-\(suffix)")
    return subjects[subjects.count - 1]
  }

  deinit {
    for subject in subjects {
      let path = "/subjects/" + PercentEncoding.encoded(segment: subject)
      // First from sight, then for good.
      _ = try? client?.answer("DELETE", path)
      _ = try? client?.answer("DELETE", path + "?permanent=true")
    }
  }
}
