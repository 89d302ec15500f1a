// What inputs begin with says how records are written, and looking at it takes nothing away.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct FirstLookTests {
  private static let line = #"{"device":"d","timestamp":1,"event":{"DeviceWokeUp":{}}}"# + "\n"
  private static let magic: [UInt8] = [0x4F, 0x62, 0x6A, 0x01]

  /// What the look finds, and all that is read behind it.
  private func look(
    at paths: [String], forms: InputForms = InputForms(forced: nil, hasRegistry: false),
    patience: Int64? = nil
  ) throws -> (format: RecordFormat?, bytes: [UInt8]) {
    let signals = Signals()
    var inputs = InputSequence(paths: paths, signals: signals)
    let format = try FirstLook(forms, signals: signals).format(of: &inputs, patience: patience)
    return (format, try readAll(&inputs))
  }

  private func readAll(_ inputs: inout InputSequence) throws -> [UInt8] {
    var block = ByteBlock()
    while case .fresh = try inputs.openNext() {
      var reading = Reading.bytes
      while reading == .bytes {
        reading = try inputs.read(into: &block, room: 7, deadline: nil) {}
      }
      #expect(reading == .endOfInput)
    }
    return block.withBytes { $0.copied }
  }

  @Test func theFirstInputThatHoldsAnythingTells() throws {
    let directory = try TemporaryDirectory()
    let empty = try directory.write("", to: "empty")
    let lines = try directory.write(Self.line, to: "lines")
    let container = directory.path("container")
    try Data(Self.magic + [9, 9]).write(to: URL(fileURLWithPath: container))
    let found = try look(at: [empty, empty, container, lines])
    #expect(found.format == .avro && found.bytes == Self.magic + [9, 9] + Array(Self.line.utf8))
    #expect(try look(at: [empty, lines, container]).format == .json)
    let nothing = try look(at: [empty, empty])
    #expect(nothing.format == nil && nothing.bytes.isEmpty)
  }

  @Test func whatComesInPiecesIsWaitedFor() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("pipe")
    try #require(unsafe mkfifo(path, 0o600) == 0)
    let bytes = Self.magic + Array(0...255)
    let writer = Thread {
      guard let file = FileHandle(forWritingAtPath: path) else { return }
      for byte in bytes { file.write(Data([byte])) }
      try? file.close()
    }
    writer.start()
    let found = try look(at: [path])
    #expect(found.format == .avro && found.bytes == bytes)
  }

  @Test func whereNothingComesInTimeNothingIsSaid() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("pipe")
    try #require(unsafe mkfifo(path, 0o600) == 0)
    // Open at both ends, so that neither waits, and nothing comes before the look is over.
    let descriptor = unsafe open(path, O_RDWR)
    try #require(descriptor >= 0)
    let signals = Signals()
    var inputs = InputSequence(paths: [path], signals: signals)
    let look = FirstLook(InputForms(forced: nil, hasRegistry: false), signals: signals)
    #expect(try look.format(of: &inputs, patience: 10) == nil)
    #expect(unsafe write(descriptor, Self.line, Self.line.utf8.count) == Self.line.utf8.count)
    #expect(try look.format(of: &inputs) == .json)
    close(descriptor)
    #expect(try readAll(&inputs) == Array(Self.line.utf8))
  }

  @Test func whatCannotBeHadIsMetByWhoReads() throws {
    let directory = try TemporaryDirectory()
    let empty = try directory.write("", to: "empty")
    let signals = Signals()
    var inputs = InputSequence(paths: [empty, directory.path("missing")], signals: signals)
    let look = FirstLook(InputForms(forced: nil, hasRegistry: false), signals: signals)
    #expect(try look.format(of: &inputs) == nil)
    #expect(throws: Failure.self) { _ = try readAll(&inputs) }
  }

  /// Inputs that have ended are closed when they are read, and those that come later are still to be had.
  @Test func whatIsThereOnlyLaterIsReadThen() throws {
    let directory = try TemporaryDirectory()
    let empty = try directory.write("", to: "empty")
    let signals = Signals()
    var inputs = InputSequence(paths: [empty, directory.path("later")], signals: signals)
    let look = FirstLook(InputForms(forced: nil, hasRegistry: false), signals: signals)
    #expect(try look.format(of: &inputs) == nil)
    _ = try directory.write(Self.line, to: "later")
    #expect(try readAll(&inputs) == Array(Self.line.utf8))
  }

  /// Of messages more bytes are needed than of a container.
  @Test func formsAreToldByAsManyBytesAsItTakes() {
    let all = InputForms(forced: nil, hasRegistry: true)
    let files = InputForms(forced: nil, hasRegistry: false)
    let form = { (forms: InputForms, bytes: [UInt8], isAll: Bool) in
      forms.form(of: bytes.span, isAll: isAll)
    }
    #expect(form(all, [0, 0, 0], false) == nil)
    #expect(form(all, [0, 0, 0, 9, 0, 0], false) == .messages)
    #expect(form(all, Array("{\"".utf8), false) == .lines)
    #expect(form(files, [0, 0], false) == .lines)
    #expect(form(files, Array(Self.magic.prefix(3)), false) == nil)
    #expect(form(files, Array(Self.magic.prefix(3)), true) == .lines)
    #expect(form(files, Self.magic, false) == .container)
    #expect(form(files, [], true) == nil)
  }
}

/// Start-up is a feature: what a run does not need is not made.
@Suite struct StartTests {
  @Test func aRunOnJSONAloneParsesNoSchema() async {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      let lines = [2, 1].map {
        #"{"device":"d","timestamp":\#($0),"event":{"DeviceWokeUp":{}}}"# + "\n"
      }
      let input = try directory.write(lines.joined(), to: "in.jsonl")
      let signals = Signals()
      let formats = RecordFormats(output: .json)
      let output = { (name: String) in
        FormatOutput(try OutputStream.file(directory.path(name)), formats: formats)
      }
      let sessions = try output("out")
      var rules = SegmentationRules()
      rules.late = .leaveOut
      let pipeline = SegmentPipeline(
        intake: Intake(
          input: InputSequence(paths: [input], signals: signals),
          decoder: formats.makeDecoder(input: nil, greatestRecord: 1 << 20), policy: .fail,
          signals: signals),
        rules: rules,
        encoder: sessions.makeSessionEncoder(emission: .all, marksDuplicates: false),
        outputs: SegmentOutputs(sessions: sessions.stream, late: try output("late")),
        store: nil, options: SegmentOptions(), signals: signals, formats: formats)
      guard try pipeline.run() == .done else { exit(1) }
      let written = try String(contentsOfFile: directory.path("out"), encoding: .utf8)
      exit(written.contains("session") && AvroSchema.madeCount == 0 ? 0 : 1)
    }
  }
}
