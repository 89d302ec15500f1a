// What the connections of a model broker share.

import Foundation
import Glibc

/// The model, the faults to come, and the requests that wait. Unchecked: `condition` guards all.
final class KafkaModelCore: @unchecked Sendable {
  struct Fault {
    let code: Int16
    let isDone: Bool
  }

  private let condition = NSCondition()
  /// Only while `condition` is held, as the rest.
  var model = KafkaModel()
  private(set) var port: UInt16 = 0
  private(set) var isStopped = false
  private var faults: [Int16: [Fault]] = [:]

  /// The kinds of requests, by number, and the version of each that is spoken.
  static let versions: [Int16: Int16] = [
    0: 3, 1: 4, 2: 2, 3: 2, 8: 2, 9: 7, 10: 1, 11: 0, 12: 0, 13: 0, 14: 0, 15: 0, 18: 0, 19: 4,
    22: 4, 24: 0, 25: 0, 26: 0, 28: 3, 32: 0,
  ]

  func begin(port: UInt16) { withLock { self.port = port } }
  func withModel(_ body: (inout KafkaModel) -> Void) { withLock { body(&model) } }
  func stop() { withLock { isStopped = true } }

  func add(_ added: [Fault], to kind: Int16) {
    withLock { faults[kind, default: []] += added }
  }

  var faultCount: Int { withLock { faults.values.reduce(0) { $0 + $1.count } } }

  private func withLock<Result>(_ body: () -> Result) -> Result {
    condition.lock()
    defer {
      // Whatever was done may be what others wait for.
      condition.broadcast()
      condition.unlock()
    }
    return body()
  }

  // MARK: Time

  /// In milliseconds of the monotonic clock.
  var now: Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// How often what is due is looked at while all wait, in seconds.
  private static let turn = 0.02

  /// Waits for another request, or a moment; with the lock, which others have meanwhile.
  func wait() {
    _ = condition.wait(until: Date(timeIntervalSinceNow: KafkaModelCore.turn))
    model.advance(now)
  }

  // MARK: Connections

  func serve(_ connection: LoopbackConnection) {
    var pending = Data()
    while let more = connection.receive() {
      pending += more
      while pending.count >= 4 {
        var reader = KafkaFrameReader(pending)
        let count = 4 + Int(reader.integer(Int32.self))
        if pending.count < count { break }
        guard let answer = answer(Data(pending.prefix(count).dropFirst(4))),
          connection.send(answer)
        else { return }
        pending = Data(pending.dropFirst(count))
      }
    }
  }

  /// nil where the connection is to end.
  private func answer(_ frame: Data) -> Data? {
    withLock {
      var call = KafkaModelCall(frame)
      // A client asks first in the latest version that it knows.
      if call.kind == 18 { return apiVersions(&call) }
      guard call.version == KafkaModelCore.versions[call.kind] else { return nil }
      model.advance(now)
      if faults[call.kind]?.isEmpty == false { call.fault = faults[call.kind]?.removeFirst() }
      carryOut(&call)
      return call.fault?.code == -195 ? nil : call.writer.frame
    }
  }

  private func apiVersions(_ call: inout KafkaModelCall) -> Data {
    call.writer.write(call.version == 0 ? 0 : KafkaModelError.unsupportedVersion.rawValue)
    call.writer.write(array: KafkaModelCore.versions.sorted { $0.key < $1.key }) {
      $0.write($1.key)
      $0.write(Int16(0))
      $0.write($1.value)
    }
    return call.writer.frame
  }
}

/// A request, and what is answered to it.
struct KafkaModelCall {
  let kind: Int16
  let version: Int16
  let client: String
  var reader: KafkaFrameReader
  var writer = KafkaFrameWriter()
  var fault: KafkaModelCore.Fault?

  init(_ frame: Data) {
    reader = KafkaFrameReader(frame)
    kind = reader.integer()
    version = reader.integer()
    let correlation = reader.integer(Int32.self)
    client = reader.string() ?? ""
    writer.write(correlation)
    // Headers of the flexible kind (KIP-482).
    let flexibleSince: [Int16: Int16] = [9: 6, 22: 2, 28: 3]
    if let first = flexibleSince[kind], version >= first {
      reader.skipTags()
      writer.writeNoTags()
    }
  }

  /// What is to be said of what was asked for: `attempt` does it, unless it is to fail.
  func code(_ attempt: () -> KafkaModelError?) -> Int16 {
    let error = fault?.isDone == false ? nil : attempt()
    return fault?.code ?? error?.rawValue ?? 0
  }
}
