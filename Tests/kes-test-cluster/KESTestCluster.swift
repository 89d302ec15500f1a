// A Kafka cluster for tests, in a process of its own: librdkafka's mock cluster on loopback.

import CRdkafka
import Glibc

/// `kes-test-cluster [BROKERS]`: writes the brokers' addresses in a line, `HOST:PORT,…`; then reads
/// commands, one a line, and answers each with `ok` or `error: WHY`; ends at `quit`, or when its
/// standard input does. Brokers are numbered from 1; -1 stands for all. `MockCluster` has the
/// commands.
@main
enum KESTestCluster {
  static func main() {
    let count = CommandLine.arguments.dropFirst().first.flatMap { Int32($0) } ?? 1
    guard let cluster = MockCluster(brokerCount: count) else {
      say("error: there is no mock cluster")
      exit(1)
    }
    say(cluster.brokers)
    while let line = readLine() {
      let words = line.split(separator: " ").map(String.init)
      if words == ["quit"] { break }
      say(cluster.run(words).map { "error: \($0)" } ?? "ok")
    }
    // Without taking it down, which waits for connections: the process takes all with it.
    say("ok")
    _exit(0)
  }

  private static func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
  }
}
