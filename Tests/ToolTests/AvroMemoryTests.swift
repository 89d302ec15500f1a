// Memory does not grow with a container file, and little with its blocks.

import Foundation
import KESCore
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct AvroMemoryTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// The greatest memory of a command, in MiB: how much the kernel says that it had at once.
  private func peak(_ command: String) throws -> Double {
    let script =
      "import resource, subprocess, sys; status = subprocess.call(sys.argv[1:]);"
      + " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(status)"
    let ended = try Program.shell(
      "python3 -c '\(script)' \(command) > peak", directory: directory)
    #expect(ended.status == 0 && ended.errors == "", "\(ended.errors)")
    let kibibytes = try #require(
      Double(try directory.text("peak").split(separator: "\n").last ?? ""))
    return kibibytes / 1024
  }

  private static let schema = eventSchema(with: #"{"name":"note","type":"string"}"#)

  /// 64 KB in 64 records: long ones, so that there are not too many.
  private static let records: Data = {
    let note = RawContainer.text(String(repeating: "n", count: 1000))
    return (0..<64).map { RawContainer.woke("device-\($0)", 1_700_000_000_000 + $0) + note }
      .reduce(Data(), +)
  }()

  @Test func memoryDoesNotGrowWithTheFile() throws {
    var one = RawContainer(schema: Self.schema)
    let header = one.bytes.count
    one.append(count: 64, Self.records)
    let block = one.bytes.suffix(from: header)
    for (name, megabytes) in [("small.avro", 2), ("large.avro", 200)] {
      let file = try newFile(name)
      try file.write(contentsOf: one.bytes)
      for _ in 0..<megabytes * 1_000_000 / block.count { try file.write(contentsOf: block) }
      try file.close()
    }
    let small = try peak("kes-segment --emit all small.avro --output /dev/null")
    let large = try peak("kes-segment --emit all large.avro --output /dev/null")
    #expect(large < small + 4, "\(small) MiB, then \(large) MiB")
  }

  @Test func aBlockOfFiftyMegabytesIsHeldOnceOrTwice() throws {
    let (count, file) = (50_000_000 / Self.records.count, try newFile("one.avro"))
    try file.write(contentsOf: RawContainer(schema: Self.schema).bytes)
    try file.write(contentsOf: RawContainer.long(Int64(count * 64)))
    try file.write(contentsOf: RawContainer.long(Int64(count * Self.records.count)))
    for _ in 0..<count { try file.write(contentsOf: Self.records) }
    try file.write(contentsOf: RawContainer.sync)
    try file.close()
    for command in ["kes-segment", "kes-read --format avro --block-size 64KiB"] {
      let peak = try peak("\(command) one.avro --output /dev/null")
      #expect(peak < 2 * 50 + 24, "\(command): \(peak) MiB")
    }
  }

  private func newFile(_ name: String) throws -> FileHandle {
    try directory.write(Data(), to: name)
    return try FileHandle(forWritingTo: directory.url.appendingPathComponent(name))
  }

  /// What is known of short records takes more memory than they do.
  @Test func aLargeBlockOfShortRecordsIsHeldOnceOrTwice() throws {
    let events = 400_000
    let made = try Program.shell(
      "kes-produce --full-speed --devices 1000 --events \(events) --format avro --codec deflate"
        + " --block-size 64MiB > one.avro", directory: directory)
    #expect(made.status == 0)
    let file = try AvroFile(directory.read("one.avro"))
    // Its first block has them all.
    let first = file.bytes.suffix(from: file.header.length)
    #expect(first.starts(with: RawContainer.long(Int64(events))))
    let peak = try peak("kes-segment --format json one.avro --output /dev/null")
    #expect(peak < 2 * 12 + 24, "\(peak) MiB for a block of 12 MB")
  }
}
