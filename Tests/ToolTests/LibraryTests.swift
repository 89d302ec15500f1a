// What the tools ask of librdkafka.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct LibraryTests {
  /// The names that a tool looks up when it loads the library stand in its bytes: none is of the mock
  /// cluster, which a library may be built without.
  @Test(arguments: ["kes-produce", "kes-segment", "kes-read", "kes-purge"])
  func toolsNeedNothingOfTheMockCluster(tool: String) throws {
    let bytes = try Data(
      contentsOf: URL(fileURLWithPath: Program.path(tool)), options: .alwaysMapped)
    #expect(bytes.range(of: Data("rd_kafka_consumer_group_metadata".utf8)) != nil)
    #expect(bytes.range(of: Data("rd_kafka_mock".utf8)) == nil)
  }
}
