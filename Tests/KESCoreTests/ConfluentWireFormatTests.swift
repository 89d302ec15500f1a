// The header that names a message's schema.

import KESCore
import Testing

struct ConfluentWireFormatTests {
  private func header(_ bytes: [UInt8]) -> ConfluentWireFormat.Header {
    ConfluentWireFormat.readHeader(of: bytes.span)
  }

  private func encoded(_ identifier: Int32, behind prefix: [UInt8] = []) -> [UInt8] {
    var output = ByteBlock()
    for byte in prefix { output.append(byte) }
    ConfluentWireFormat.appendHeader(SchemaIdentifier(rawValue: identifier), to: &output)
    return output.withBytes { bytes in bytes.indices.map { bytes[$0] } }
  }

  @Test(
    arguments: [
      (1, [0, 0, 0, 0, 1]), (0x0102_0304, [0, 1, 2, 3, 4]), (.max, [0, 0x7F, 0xFF, 0xFF, 0xFF]),
      (0, [0, 0, 0, 0, 0]), (-1, [0, 0xFF, 0xFF, 0xFF, 0xFF]),
    ] as [(Int32, [UInt8])])
  func anIdIsFourBytesBigEndianBehindAZero(identifier: Int32, bytes: [UInt8]) {
    #expect(encoded(identifier) == bytes)
    #expect(encoded(identifier, behind: [9, 8]) == [9, 8] + bytes)
    #expect(header(bytes) == .schema(SchemaIdentifier(rawValue: identifier)))
    #expect(header(bytes + [7, 7]) == .schema(SchemaIdentifier(rawValue: identifier)))
  }

  @Test(
    arguments: [
      ([], .empty, "expected a message with a schema id, found no bytes"),
      ([1, 0, 0, 0, 1], .wrongMagic(1), "expected the magic byte 0 before a schema id, found 1"),
      ([0x7B], .wrongMagic(0x7B), "expected the magic byte 0 before a schema id, found 123"),
      ([0], .tooShort(1), "expected 5 bytes of magic byte and schema id, found 1"),
      ([0, 0, 0, 1], .tooShort(4), "expected 5 bytes of magic byte and schema id, found 4"),
    ] as [([UInt8], ConfluentWireFormat.Fault, String)])
  func whatHasNoHeaderSaysWhy(
    bytes: [UInt8], fault: ConfluentWireFormat.Fault, message: String
  ) {
    #expect(header(bytes) == .fault(fault))
    #expect(fault.description == message)
  }
}
