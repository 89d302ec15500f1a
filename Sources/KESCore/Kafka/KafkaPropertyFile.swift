// A file of properties, in kcat's format.

internal import Glibc

/// Reads `NAME=VALUE` lines (kcat.c, `read_conf_file`): white space around a line, empty lines and
/// those that begin with `#` do not count; the escapes `\:` and `\=` of Java's files stand for
/// their characters. White space around `=` does not count either, as in Java's files, nor does a byte
/// order mark.
struct KafkaPropertyFile {
  /// Our choice: no file of properties is longer.
  private static let greatestFile = 1 << 20

  let path: String

  /// The properties in order. Throws `Failure` of the kind `.configuration`, or `.missing`.
  func read() throws(Failure) -> [KafkaProperty] {
    var properties: [KafkaProperty] = []
    // Split by the byte: a carriage return before it is white space, not another kind of end.
    let lines = try text().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let line = KafkaPropertyFile.trimmed(line)
      if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
      properties += try parse(String(decoding: line, as: UTF8.self), number: index + 1)
    }
    return properties
  }

  private func parse(_ line: String, number: Int) throws(Failure) -> [KafkaProperty] {
    let origin = KafkaProperty.Origin.file(path: path, line: number)
    let line = KafkaPropertyFile.withoutSpaces(KafkaPropertyFile.unescaped(line))
    guard let property = KafkaProperty(line, origin) else {
      // The line is not shown: it may hold a secret.
      throw fault("use line \(number)", "expected NAME=VALUE")
    }
    switch property.name {
    case "ssl.endpoint.identification.algorithm" where property.value.isEmpty:
      // Java's way to turn the check off.
      return [KafkaProperty(property.name, "none", origin)]
    case "sasl.jaas.config": return try credentials(property)
    default: return [property]
    }
  }

  /// User and password of Java's `sasl.jaas.config`, which librdkafka takes as two properties.
  private func credentials(_ property: KafkaProperty) throws(Failure) -> [KafkaProperty] {
    guard let user = KafkaPropertyFile.quoted("username", in: property.value),
      let password = KafkaPropertyFile.quoted("password", in: property.value)
    else {
      throw Failure(
        .configuration, operation: "use it", place: Place(brokers: property.title),
        reason: "expected a login module with username=\"…\" and password=\"…\"")
    }
    return [
      KafkaProperty("sasl.username", user, property.origin),
      KafkaProperty("sasl.password", password, property.origin),
    ]
  }

  private static func quoted(_ name: String, in text: String) -> String? {
    guard let start = text.firstRange(of: name + "=\"")?.upperBound,
      let end = text[start...].firstIndex(of: "\"")
    else { return nil }
    return String(text[start..<end])
  }

  private static func unescaped(_ line: String) -> String {
    line.replacing("\\:", with: ":").replacing("\\=", with: "=")
  }

  /// The line without the spaces around its first `=`.
  private static func withoutSpaces(_ line: String) -> String {
    guard let equals = line.firstIndex(of: "=") else { return line }
    let isSpace = { (character: Character) in character == " " || character == "\t" }
    let name = line[..<equals].reversed().drop(while: isSpace).reversed()
    let value = line[line.index(after: equals)...].drop(while: isSpace)
    return String(name) + "=" + value
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    guard let first = line.firstIndex(where: { !isSpace($0) }),
      let last = line.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return line[first...last]
  }

  // MARK: Bytes

  private func text() throws(Failure) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw fault("open it", systemReason(errno), .missing) }
    defer { close(descriptor) }
    var bytes = ByteBlock()
    while try readMore(descriptor, into: &bytes) {}
    return bytes.withBytes { bytes in
      (ByteOrderMark.length(in: bytes)..<bytes.count).map { bytes[$0] }
    }
  }

  /// False at the end of the file.
  private func readMore(
    _ descriptor: Int32, into bytes: inout ByteBlock
  ) throws(Failure) -> Bool {
    if bytes.count > KafkaPropertyFile.greatestFile { throw fault("use it", "longer than 1 MiB") }
    var code: Int32 = 0
    let count = unsafe bytes.appendUnsafe(room: 4096) { room in
      let count = unsafe Glibc.read(descriptor, room.baseAddress, room.count)
      code = count < 0 ? errno : 0
      return max(count, 0)
    }
    if code == EINTR { return true }
    if code != 0 { throw fault("read it", systemReason(code)) }
    return count > 0
  }

  private func fault(
    _ operation: String, _ reason: String, _ kind: Failure.Kind = .configuration
  ) -> Failure {
    Failure(
      kind, operation: operation, place: Place(brokers: path), reason: reason,
      advice: "it is to hold librdkafka's properties, one NAME=VALUE a line")
  }
}
