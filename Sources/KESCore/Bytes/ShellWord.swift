// Paths in the commands that messages advise.

enum ShellWord {
  /// A path as a shell takes it for one word, and a command for a path.
  static func quoted(_ path: String) -> String {
    let plain = { (byte: UInt8) in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || Array("_./+:,@%=-".utf8).contains(byte)
    }
    let path = path.hasPrefix("-") ? "./" + path : path
    if !path.isEmpty && path.utf8.allSatisfy(plain) { return path }
    return "'" + path.replacing("'", with: #"'\''"#) + "'"
  }
}
