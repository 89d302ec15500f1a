// Memory does not grow with a container file, and little with its blocks.

import Foundation
import KESCore
import Testing

@Suite struct AvroMemoryTests {
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

  /// 200 MB in blocks of 64 KiB, of long records, so that there are not too many.
  @Test func memoryDoesNotGrowWithTheFile() throws {
    let note = RawContainer.text(String(repeating: "n", count: 1000))
    var one = RawContainer(schema: eventSchema(with: #"{"name":"note","type":"string"}"#))
    let header = one.bytes.count
    one.append(
      count: 64,
      (0..<64).map { RawContainer.woke("device-\($0)", 1_700_000_000_000 + $0) + note }
        .reduce(Data(), +))
    let block = one.bytes.suffix(from: header)
    for (name, megabytes) in [("small.avro", 2), ("large.avro", 200)] {
      let file = try newFile(name)
      try file.write(contentsOf: one.bytes)
      for _ in 0..<megabytes * 1_000_000 / block.count { try file.write(contentsOf: block) }
      try file.close()
    }
    for command in ["kes-segment --emit all"] {
      let small = try peak("\(command) small.avro --output /dev/null")
      let large = try peak("\(command) large.avro --output /dev/null")
      #expect(large < small + 4, "\(command): \(small) MiB, then \(large) MiB")
    }
  }

  private func newFile(_ name: String) throws -> FileHandle {
    try directory.write(Data(), to: name)
    return try FileHandle(forWritingTo: directory.url.appendingPathComponent(name))
  }

  @Test(arguments: [
    ("null", 1_600_000, 45.0, ["kes-segment"]),
    ("deflate", 400_000, 11.0, ["kes-segment --format json", "kes-purge"]),
  ])
  func aLargeBlockIsHeldOnceOrTwice(
    codec: String, events: Int, megabytes: Double, commands: [String]
  ) throws {
    let made = try Program.shell(
      "kes-produce --full-speed --devices 1000 --events \(events) --format avro --codec \(codec)"
        + " --block-size 64MiB > one.avro", directory: directory)
    #expect(made.status == 0)
    let file = try AvroFile(directory.read("one.avro"))
    // Its first block has them all.
    let first = file.bytes.suffix(from: file.header.length)
    #expect(first.starts(with: RawContainer.long(Int64(events))))
    if codec == "null" { #expect(Double(file.bytes.count) > megabytes * 1_000_000) }
    for command in commands {
      let peak = try peak("\(command) one.avro --output /dev/null")
      #expect(peak < 2 * megabytes + 24, "\(command): \(peak) MiB")
    }
  }
}
