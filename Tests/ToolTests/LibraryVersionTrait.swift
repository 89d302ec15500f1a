// Which tests a version of librdkafka that is known to hang cannot pass.

import TestSupport
import Testing

@testable import KESCore

extension Trait where Self == ConditionTrait {
  /// For tests in which connections break while records or offsets are sent: librdkafka 2.16 waits for
  /// ever there, of which the tools warn when they start (`KafkaLibrary.caution`).
  static var unlessLibraryHangs: Self {
    .enabled("librdkafka 2.16 may wait for ever after a broker was away") {
      try KafkaLibrary.load()
      return !(0x0210_0000...0x0210_00FF).contains(KafkaLibrary.version)
    }
  }
}
