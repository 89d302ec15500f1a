// Event lines for the tests of whole programs.

import TestSupport

enum EventLines {
  static func woke(_ device: String, _ time: Int64) -> String {
    #"{"device":"\#(device)","timestamp":\#(time),"event":{"DeviceWokeUp":{}}}"# + "\n"
  }

  static func data(_ device: String, _ time: Int64) -> String {
    #"{"device":"\#(device)","timestamp":\#(time),"event":{"DataReceived":{"name":"wind","value":0.5}}}"#
      + "\n"
  }

  static func sent(_ device: String, _ time: Int64) -> String {
    #"{"device":"\#(device)","timestamp":\#(time),"event":{"AllDataSent":{}}}"# + "\n"
  }

  /// `count` events of `devices` devices, out of order now and then, with lost ends.
  static func random(count: Int, devices: Int, seed: UInt64) -> String {
    var generator = SeededGenerator(seed: seed)
    var lines = ""
    var time: Int64 = 1_700_000_000_000
    for _ in 0..<count {
      time += Int64.random(in: 0...20, using: &generator)
      let device = "device-\(Int.random(in: 0..<devices, using: &generator))"
      let lag = Int.random(in: 0..<10, using: &generator) == 0 ? Int64(3000) : 0
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: lines += woke(device, time - lag)
      case 1: lines += sent(device, time - lag)
      default: lines += data(device, time - lag)
      }
    }
    return lines
  }
}

extension EventLines {
  /// As `random`, each line another one: numbered from `first`, in a member that kes passes on.
  static func numbered(count: Int, devices: Int, seed: UInt64, first: Int = 0) -> [String] {
    random(count: count, devices: devices, seed: seed).split(separator: "\n").enumerated().map {
      index, line in
      line.dropLast() + #","n":\#(first + index)}"#
    }
  }
}
