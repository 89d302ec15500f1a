// What an input is that holds records, but not as they are read.

/// What users have in files besides records a line, told from an input's first bytes, with the command
/// that makes records of it.
public enum ForeignInput: Hashable, Sendable {
  /// How UTF-16 and UTF-32 lie: as their mark says, or without one.
  public enum ByteOrder: Sendable { case marked, little, big }

  case gzip, zstandard, xz, bzip2, lz4, zip
  case utf16(ByteOrder), utf32(ByteOrder)
  case array
  /// One object over several lines.
  case spread
  case nulBytes
  case container
  case lines

  /// In words, to follow `found`.
  var name: String {
    switch self {
    case .gzip: "gzip data"
    case .zstandard: "zstandard data"
    case .xz: "xz data"
    case .bzip2: "bzip2 data"
    case .lz4: "lz4 data"
    case .zip: "a zip archive"
    case .utf16: "text in UTF-16"
    case .utf32: "text in UTF-32"
    case .array: "a JSON array"
    case .spread: "one over several lines"
    case .nulBytes: "NUL bytes, as where a log was emptied under its writer"
    case .container: "an Avro container file"
    case .lines: "JSON"
    }
  }

  /// What to do, to follow a message.
  ///
  /// - Parameters:
  ///   - reader: the tool that is to read it.
  ///   - namesFile: whether that is to be given a file, not a pipe.
  func advice(input: String, reader: String, namesFile: Bool = false) -> String {
    switch self {
    case .container: "; leave out --input-format json"
    case .lines: "; leave out --input-format avro"
    case _ where namesFile && input != ForeignInput.standard: "; try \(making(input))"
    default: "; try \(command(input)) | \(reader)"
    }
  }

  /// How messages call the standard input.
  private static let standard = "stdin"

  /// What makes a file of a file that can be named instead. No command overwrites another.
  private func making(_ input: String) -> String {
    let expander = Expander.all.first { $0.kind == self && input.hasSuffix($0.suffix) }
    guard let expander else { return "\(command(input)) > FILE, and name that FILE" }
    return "\(expander.command(input)), and name \(ShellWord.quoted(expander.expanded(input)))"
  }

  private func command(_ input: String) -> String {
    let isStandard = input == ForeignInput.standard
    let file = isStandard ? "" : " " + ShellWord.quoted(input)
    return switch self {
    case .gzip: "zcat" + file
    case .zstandard: "zstdcat" + file
    case .xz: "xzcat" + file
    case .bzip2: "bzcat" + file
    case .lz4: "lz4cat" + file
    case .zip: isStandard ? "funzip" : "unzip -p" + file
    case .utf16(let order): "iconv -f UTF-16\(order.suffix) -t UTF-8" + file
    case .utf32(let order): "iconv -f UTF-32\(order.suffix) -t UTF-8" + file
    case .array: "jq -c '.[]'" + file
    case .spread: "jq -c ." + file
    case .nulBytes: #"tr -d '\0'"# + (isStandard ? "" : " <" + file)
    case .container, .lines: "cat" + file
    }
  }
}

extension ForeignInput {
  /// What makes a file of a compressed one, named without its suffix, and leaves that one.
  struct Expander: Sendable {
    let kind: ForeignInput
    let suffix: String
    fileprivate let program: String

    static let all = [
      Expander(kind: .gzip, suffix: ".gz", program: "gunzip -k"),
      Expander(kind: .xz, suffix: ".xz", program: "unxz -k"),
      Expander(kind: .zstandard, suffix: ".zst", program: "zstd -dk"),
      Expander(kind: .bzip2, suffix: ".bz2", program: "bunzip2 -k"),
      Expander(kind: .lz4, suffix: ".lz4", program: "unlz4 -k"),
    ]

    /// The command for the file at `path`.
    func command(_ path: String) -> String { "\(program) \(ShellWord.quoted(path))" }

    /// What the file at `path` is called when it is expanded.
    func expanded(_ path: String) -> String { String(path.dropLast(suffix.count)) }
  }
}

extension ForeignInput.ByteOrder {
  fileprivate var suffix: String {
    switch self {
    case .marked: ""
    case .little: "LE"
    case .big: "BE"
    }
  }
}

extension ForeignInput {
  /// The first bytes of what has some of its own.
  private static let beginnings: [(bytes: [UInt8], kind: ForeignInput)] = [
    ([0x1F, 0x8B], .gzip), ([0x28, 0xB5, 0x2F, 0xFD], .zstandard),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], .xz), ([0x42, 0x5A, 0x68], .bzip2),
    ([0x04, 0x22, 0x4D, 0x18], .lz4), ([0x50, 0x4B, 0x03, 0x04], .zip),
    ([0x4F, 0x62, 0x6A, 0x01], .container), ([0xFF, 0xFE, 0x00, 0x00], .utf32(.marked)),
    ([0x00, 0x00, 0xFE, 0xFF], .utf32(.marked)), ([0xFF, 0xFE], .utf16(.marked)),
    ([0xFE, 0xFF], .utf16(.marked)),
  ]

  /// How many bytes are needed, at most, to tell what has a beginning of its own.
  static let beginningLength = 6

  /// Told by its beginning alone; read as the length of a message, that is more than one has.
  static func byBeginning(_ bytes: Span<UInt8>) -> ForeignInput? {
    let found = beginnings.first { begins(bytes, with: $0.bytes) }?.kind
    return found ?? (bytes.count > 0 && bytes[0] == UInt8(ascii: "[") ? .array : nil)
  }

  /// What begins with `bytes`, of which there must be some; nil where it is nothing known.
  static func of(_ bytes: Span<UInt8>) -> ForeignInput? {
    if let found = byBeginning(bytes) ?? byNULs(bytes) { return found }
    var index = ByteOrderMark.length(in: bytes)
    while index < bytes.count, isSpace(bytes[index]) { index += 1 }
    if index == bytes.count { return nil }
    switch bytes[index] {
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "{"): return .lines
    default: return nil
    }
  }

  private static func begins(_ bytes: Span<UInt8>, with beginning: [UInt8]) -> Bool {
    if bytes.count < beginning.count { return false }
    for index in beginning.indices where bytes[index] != beginning[index] { return false }
    return true
  }

  /// By the zeros that ASCII has beside it in wider characters, and those of what was never written.
  private static func byNULs(_ bytes: Span<UInt8>) -> ForeignInput? {
    if isText(bytes, [0, 1, 1, 1, 0, 1, 1, 1]) { return .utf32(.little) }
    if isText(bytes, [1, 1, 1, 0, 1, 1, 1, 0, 1]) { return .utf32(.big) }
    if isText(bytes, [0, 1, 0, 1]) { return .utf16(.little) }
    if isText(bytes, [1, 0, 1, 0, 1, 0]) { return .utf16(.big) }
    var count = 0
    while count < bytes.count, bytes[count] == 0 { count += 1 }
    if count >= 8 { return .nulBytes }
    // Four, a brace and a quote may begin a message of the schema 123, too.
    guard count > 0, count != 4, count + 1 < bytes.count, bytes[count] == UInt8(ascii: "{"),
      bytes[count + 1] == UInt8(ascii: "\"") || isSpace(bytes[count + 1])
    else { return nil }
    return .nulBytes
  }

  /// Whether bytes are zero where `pattern` has 1, and text in ASCII where it has 0.
  private static func isText(_ bytes: Span<UInt8>, _ pattern: [UInt8]) -> Bool {
    if bytes.count < pattern.count { return false }
    for index in pattern.indices {
      let byte = bytes[index]
      let isText = (0x20..<0x7F).contains(byte) || isSpace(byte)
      if pattern[index] == 1 ? byte != 0 : !isText { return false }
    }
    return true
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D
  }
}
