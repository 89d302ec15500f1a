// What a descriptor's owner does to it.

import Glibc
import Testing

@testable import KESCore

@Suite struct DescriptorHandleTests {
  /// Linux's F_SETPIPE_SZ and F_GETPIPE_SZ, which the Glibc module leaves out.
  private let setPipeSize: Int32 = 1031
  private let getPipeSize: Int32 = 1032

  @Test(arguments: [(4096, 262_144), (65_536, 262_144), (524_288, 524_288)])
  func aPipeHoldsTwoBlocksAndIsNeverMadeSmaller(before: Int32, after: Int32) {
    var ends: [Int32] = [-1, -1]
    #expect(unsafe pipe(&ends) == 0)
    let reader = DescriptorHandle(owning: ends[0])
    let writer = DescriptorHandle(owning: ends[1])
    #expect(fcntl(writer.descriptor, setPipeSize, before) == before)
    writer.widenPipe()
    #expect(fcntl(reader.descriptor, getPipeSize) == after)
  }

  @Test func whatIsNoPipeStaysAsItIs() throws {
    let handle = try DescriptorHandle.openForReading("/dev/null")
    handle.widenPipe()
    #expect(fcntl(handle.descriptor, F_GETFD) == FD_CLOEXEC)
  }
}
