// Inputs of other kinds are told by their first bytes.

import Testing

@testable import KESCore

@Suite struct ForeignInputTests {
  private static func utf16(_ text: String, big: Bool) -> [UInt8] {
    text.utf16.flatMap { unit in
      let pair = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
      return big ? pair : pair.reversed()
    }
  }

  private static func utf32(_ text: String, big: Bool) -> [UInt8] {
    text.unicodeScalars.flatMap { scalar in
      let value = big ? scalar.value.bigEndian : scalar.value.littleEndian
      return unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
    }
  }

  private static let event = #"{"device":"a"}"#

  private static let known: [([UInt8], ForeignInput)] = [
    ([0x1F, 0x8B, 0x08, 0, 0, 0], .gzip), ([0x28, 0xB5, 0x2F, 0xFD, 4], .zstandard),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0], .xz), (Array("BZh91AY&SY".utf8), .bzip2),
    ([0x04, 0x22, 0x4D, 0x18, 0x64], .lz4), ([0x50, 0x4B, 3, 4, 20], .zip),
    (Array("Obj\u{1}".utf8), .container),
    ([0xFF, 0xFE] + utf16(event, big: false), .utf16(.marked)),
    ([0xFE, 0xFF] + utf16(event, big: true), .utf16(.marked)),
    (utf16(event, big: false), .utf16(.little)), (utf16(event, big: true), .utf16(.big)),
    (utf16("\r\n" + event, big: true), .utf16(.big)),
    ([0xFF, 0xFE, 0, 0] + utf32(event, big: false), .utf32(.marked)),
    ([0, 0, 0xFE, 0xFF] + utf32(event, big: true), .utf32(.marked)),
    (utf32(event, big: false), .utf32(.little)), (utf32(event, big: true), .utf32(.big)),
    (Array("[{\"device\"".utf8), .array), (Array(" \t\r\n[".utf8), .array),
    ([0xEF, 0xBB, 0xBF] + Array("[".utf8), .array), (Array(event.utf8), .lines),
    (Array(repeating: 0, count: 8), .nulBytes), ([0, 0, 0] + Array(event.utf8), .nulBytes),
  ]

  @Test(arguments: known) func kinds(bytes: [UInt8], kind: ForeignInput) {
    #expect(ForeignInput.of(bytes.span) == kind)
  }

  private static let unknown: [[UInt8]] = [
    [], [0x1F], Array("device,time".utf8), Array("BZ".utf8), [0xEF, 0xBB, 0xBF],
    // Messages behind their lengths, and one alone: magic byte, id, datum.
    [0, 0, 0, 0x2A, 0, 0, 0, 0, 1, 8], [0, 0, 0, 0x7B, 0, 0, 0, 0, 1, 8],
    [0, 0, 0, 0, 1, 8, 0x61], [0, 0, 0, 0, 0x7B, 0x22, 0x61],
  ]

  @Test(arguments: unknown) func others(bytes: [UInt8]) {
    #expect(ForeignInput.of(bytes.span) == nil)
  }

  @Test(arguments: [
    (ForeignInput.gzip, "a.gz", "zcat a.gz"), (.zstandard, "a", "zstdcat a"), (.xz, "a", "xzcat a"),
    (.bzip2, "dir/a", "bzcat dir/a"), (.lz4, "a", "lz4cat a"), (.zip, "a", "unzip -p a"),
    (.zip, "stdin", "funzip"), (.gzip, "stdin", "zcat"), (.gzip, "my file", "zcat 'my file'"),
    (.gzip, "it's", #"zcat 'it'\''s'"#), (.gzip, "-x.gz", "zcat ./-x.gz"),
    (.gzip, "$(reboot)", "zcat '$(reboot)'"), (.utf16(.marked), "a", "iconv -f UTF-16 -t UTF-8 a"),
    (.utf16(.little), "a", "iconv -f UTF-16LE -t UTF-8 a"),
    (.utf32(.big), "stdin", "iconv -f UTF-32BE -t UTF-8"), (.array, "a", "jq -c '.[]' a"),
    (.spread, "a", "jq -c . a"), (.nulBytes, "a", #"tr -d '\0' < a"#),
    (.nulBytes, "stdin", #"tr -d '\0'"#),
  ]) func commands(kind: ForeignInput, input: String, command: String) {
    #expect(kind.advice(input: input, reader: "kes-read") == "; try \(command) | kes-read")
  }

  @Test(arguments: [
    (ForeignInput.gzip, "my a.gz", "gunzip -k 'my a.gz', and name 'my a'"),
    (.zstandard, "-a.zst", "zstd -dk ./-a.zst, and name ./-a"),
    (.lz4, "a.lz4", "unlz4 -k a.lz4, and name a"), (.gzip, "stdin", "zcat | kes-segment"),
    // Its program takes no such name.
    (.gzip, "a.xz", "zcat a.xz > FILE, and name that FILE"),
    (.zip, "a.zip", "unzip -p a.zip > FILE, and name that FILE"),
  ]) func commandsThatMakeFiles(kind: ForeignInput, input: String, advice: String) {
    #expect(
      kind.advice(input: input, reader: "kes-segment", namesFile: true) == "; try \(advice)")
  }
}
