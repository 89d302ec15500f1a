// Exactly once from file to file, with a failure at every single system call.

import Foundation
import Synchronization
import TestSupport
import Testing

@testable import KESCore

/// Counts calls, and says which one is to fail.
private final class FaultPlan: Sendable {
  private let failing: Int
  private let made = Mutex(0)

  /// - Parameter failing: the number of the call that fails, from 0; negative for none.
  init(failing: Int) { self.failing = failing }

  /// Whether this call is the one.
  func fails() -> Bool {
    made.withLock { count in
      defer { count += 1 }
      return count == failing
    }
  }

  var count: Int { made.withLock { $0 } }

  /// System calls of which one fails: a write after half of its bytes, as on a full disk.
  var calls: SystemCalls {
    unsafe SystemCalls(
      read: { descriptor, buffer in
        // Reads are as short as they may be.
        unsafe SystemCalls.real.read(
          descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(1500)))
      },
      write: { descriptor, buffer in
        if self.fails() {
          _ = unsafe SystemCalls.real.write(
            descriptor, UnsafeRawBufferPointer(rebasing: buffer.prefix(buffer.count / 2)))
          return -Int(ENOSPC)
        }
        // Writes are cut short, too.
        return unsafe SystemCalls.real.write(
          descriptor, UnsafeRawBufferPointer(rebasing: buffer.prefix(1000)))
      },
      sync: { descriptor in self.fails() ? -Int(EIO) : SystemCalls.real.sync(descriptor) })
  }
}

@Suite struct CrashTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func path(_ name: String) -> String { directory.path + "/" + name }

  private func contents(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }

  /// Inputs with disorder, lost ends and bad records.
  private func writeInputs(count: Int) throws -> [String] {
    var generator = SeededGenerator(seed: 11)
    var time = 1_700_000_000_000
    return try (0..<count).map { number in
      var lines = ""
      for _ in 0..<40 {
        time += Int.random(in: 0...400, using: &generator)
        let at = generator.chance(15) ? time - 3000 : time
        let branch =
          generator.chance(20)
          ? "DeviceWokeUp" : generator.chance(20) ? "AllDataSent" : "DataReceived"
        let fields = branch == "DataReceived" ? #"{"name":"n","value":1}"# : "{}"
        let device = Int.random(in: 0..<5, using: &generator)
        lines += #"{"device":"d\#(device)","timestamp":\#(at),"event":{"\#(branch)":\#(fields)}}"#
        lines += generator.chance(3) ? "bad\n" : "\n"
      }
      let name = path("in-\(number)")
      try lines.write(toFile: name, atomically: false, encoding: .utf8)
      return name
    }
  }

  /// One run of the pipeline, committing after every batch.
  private func run(
    _ inputs: [String], state: String, suffix: String, rules: SegmentationRules, calls: SystemCalls,
    flushes: Bool = true
  ) throws {
    let signals = Signals()
    let store = try StateStore.open(path(state), creating: true, mapSize: 1 << 20)
    let written = KnownOutputs(try store.outputs())
    let names = ["out", "dead", "late"]
    let known = Dictionary(
      uniqueKeysWithValues: try names.map { ($0, try written.take(path($0 + suffix))) })
    try store.prepare(writing: written.taken)
    let output = { (name: String) in
      try OutputStream.file(self.path(name + suffix), known: known[name], calls: calls)
    }
    let formats = RecordFormats(output: .json)
    let sessions = FormatOutput(try output("out"), formats: formats)
    let intake = Intake(
      input: InputSequence(
        paths: inputs, known: try KnownInputs(store.inputs(), among: inputs), signals: signals,
        calls: calls),
      decoder: formats.makeDecoder(
        input: .json, greatestRecord: 1000, position: try store.progress()?.position ?? 0),
      policy: .skip, deadLetters: DeadLetterFile(output: try output("dead")), signals: signals,
      waitsForRest: !flushes)
    var options = SegmentOptions()
    options.commitInterval = 0
    options.flushes = flushes
    let pipeline = SegmentPipeline(
      intake: intake, rules: rules,
      encoder: sessions.makeSessionEncoder(emission: .all, marksDuplicates: true),
      outputs: SegmentOutputs(
        sessions: sessions.stream, late: FormatOutput(try output("late"), formats: formats)),
      store: store,
      options: options, signals: signals)
    try pipeline.restore()
    #expect(try pipeline.run() == .done)
  }

  @Test(arguments: [false, true])
  func aFailureAtAnyCallIsInvisibleAfterTheNextRun(reorders: Bool) throws {
    let inputs = try writeInputs(count: 6)
    var rules = SegmentationRules()
    rules.lateness = 1000
    rules.late = .leaveOut
    rules.reorders = reorders
    rules.duplicates = .mark
    rules.retain = 2000
    let none = FaultPlan(failing: -1)
    try run(inputs, state: "s", suffix: "", rules: rules, calls: none.calls)
    #expect(none.count > 20)
    for failing in 0..<none.count {
      let plan = FaultPlan(failing: failing)
      let name = "\(failing)"
      #expect(throws: Failure.self) {
        try run(inputs, state: "s" + name, suffix: name, rules: rules, calls: plan.calls)
      }
      try run(inputs, state: "s" + name, suffix: name, rules: rules, calls: .real)
      for output in ["out", "late", "dead"] {
        #expect(try contents(output + name) == contents(output), "\(output), call \(failing)")
      }
    }
  }
}
