// A disk that is soon full.

import Foundation
import TestSupport
import Testing

/// A file system of a test's own: a tmpfs that only the processes of one script see.
enum SmallDisk {
  /// Whether there may be one; else tests that need it are skipped.
  static let isMountable: Bool = {
    guard let directory = try? TemporaryDirectory() else { return false }
    return (try? run("true", pages: 1, in: directory))?.status == 0
  }()
  static let isNeeded: Comment = "a tmpfs cannot be mounted here"

  /// Runs a script of bash in `directory`, with an empty disk of so many pages of 4 KiB at `disk`.
  /// `fill N` leaves N pages of it free, `rm disk/fill` makes room, and `status COMMAND…` says how a
  /// command ended in a line of its own: `status 73`.
  static func run(
    _ script: String, pages: Int, in directory: TemporaryDirectory
  ) throws -> Finished {
    let lines = """
      set -e
      mkdir -p disk
      mount -t tmpfs -o size=\(pages * 4)k tmpfs disk
      set +e
      fill() {
        cat /dev/zero > disk/fill 2> /dev/null
        truncate -s $(( $(stat -c %s disk/fill) - 4096 * $1 )) disk/fill
      }
      exec 3>&1
      status() { "$@"; echo "status $?" >&3; }
      \(script)
      """
    let command = geteuid() == 0 ? "unshare -m" : "unshare -Urm"
    return try Program.shell(
      command + #" bash -c "$SCRIPT""#, environment: ["SCRIPT": lines], directory: directory)
  }
}

extension Finished {
  /// What `status` said in a script, in its order.
  var statuses: [Int] {
    lines.compactMap { $0.hasPrefix("status ") ? Int($0.dropFirst(7)) : nil }
  }
}
