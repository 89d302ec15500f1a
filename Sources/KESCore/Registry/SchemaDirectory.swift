// The files of a directory of schemas: read, listed, and replaced as a whole.

internal import Glibc

/// A directory's files. Readers see a file as it was before a change or after it, also when a crash
/// comes between.
struct SchemaDirectory: Sendable {
  let path: String

  /// Our choice: a schema of that size is a mistake.
  private static let greatestFile = 16 << 20

  func path(of name: String) -> String { path + "/" + name }

  var isThere: Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  // MARK: Reading

  /// The text of a file, without a byte order mark; nil where there is none. Throws `.file` or `.badFile`.
  func read(_ name: String) throws(Failure) -> String? {
    let path = path(of: name)
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 {
      if errno == ENOENT { return nil }
      throw .file(path: path, operation: "open it", code: errno)
    }
    defer { close(descriptor) }
    var bytes = ByteBlock()
    while try readMore(descriptor, path, into: &bytes) {}
    bytes.removeFirst(bytes.withBytes { ByteOrderMark.length(in: $0) })
    let text = bytes.withBytes { bytes in
      unsafe bytes.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
    }
    guard let text else { throw .badFile(path: path, what: "is not UTF-8") }
    return text
  }

  /// False at the end of the file.
  private func readMore(
    _ descriptor: Int32, _ path: String, into bytes: inout ByteBlock
  ) throws(Failure) -> Bool {
    if bytes.count > SchemaDirectory.greatestFile {
      throw .badFile(path: path, what: "is longer than 16 MiB")
    }
    var code: Int32 = 0
    let count = unsafe bytes.appendUnsafe(room: 65_536) { room in
      let count = unsafe Glibc.read(descriptor, room.baseAddress, room.count)
      code = count < 0 ? errno : 0
      return max(count, 0)
    }
    if code == EINTR { return true }
    if code != 0 { throw .file(path: path, operation: "read it", code: code) }
    return count > 0
  }

  /// The names of all files, in no order. Throws `.file`.
  func names() throws(Failure) -> [String] {
    guard let names = KESCore.names(inDirectory: path) else {
      throw .file(path: path, operation: "list it", code: errno)
    }
    return names
  }

  // MARK: Writing

  /// Gives the file `name` the contents `text`: a new file, on the disk before it has the name.
  /// Throws `.file`. Not by two at once.
  func replace(_ name: String, with text: String) throws(Failure) {
    let temporary = path(of: name + ".new")
    do throws(Failure) {
      try write(text, to: temporary)
      try check(unsafe rename(temporary, path(of: name)), path(of: name), "replace it")
    } catch {
      unsafe unlink(temporary)
      throw error
    }
    try syncNames()
  }

  private func write(_ text: String, to path: String) throws(Failure) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    try check(descriptor, path, "create it")
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      try check(Int32(clamping: count), path, "write it")
      rest = rest.dropFirst(count)
    }
    try check(fsync(descriptor), path, "write it to the disk")
  }

  /// Waits until the disk has the directory's names.
  private func syncNames() throws(Failure) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    try check(descriptor, path, "open it")
    defer { close(descriptor) }
    // Some file systems cannot sync a directory, and need not.
    if fsync(descriptor) != 0 && errno != EINVAL {
      throw .file(path: path, operation: "write it to the disk", code: errno)
    }
  }

  private func check(
    _ result: Int32, _ path: String, _ operation: String
  ) throws(Failure) {
    if result < 0 { throw .file(path: path, operation: operation, code: errno) }
  }

  // MARK: Locking

  /// Runs `body` while no other process and no other thread does. The lock, on `kes.lock`, goes
  /// with the process however that ends. Throws `.file`, or what `body` throws.
  func locked<Result>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let path = path(of: "kes.lock")
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    try check(descriptor, path, "create it")
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      if errno != EINTR { throw .file(path: path, operation: "lock it", code: errno) }
    }
    return try body()
  }
}

/// The contents of `subjects.json`: an object with a member a subject, whose value is a list of the
/// ids of its versions, the first version first: `{"events-value":[1,2]}`.
struct SubjectVersions: Sendable {
  static let fileName = "subjects.json"

  private(set) var subjects: [(name: SubjectName, identifiers: [SchemaIdentifier])] = []

  init() {}

  /// Reads a file's text; nil where it does not have that form.
  init?(parsing text: String) {
    guard case .object(let members) = try? JSONValue(parsing: text) else { return nil }
    for member in members {
      var identifiers: [SchemaIdentifier] = []
      for element in member.value.elements ?? [.null] {
        guard let value = element.integer.flatMap(Int32.init(exactly:)), value > 0 else {
          return nil
        }
        identifiers.append(SchemaIdentifier(rawValue: value))
      }
      subjects.append((SubjectName(member.name), identifiers))
    }
  }

  /// The ids of the versions of `subject`, the first version first; empty where there are none.
  subscript(subject: SubjectName) -> [SchemaIdentifier] {
    subjects.first { $0.name == subject }?.identifiers ?? []
  }

  /// Makes `identifier` the latest version of `subject`.
  mutating func append(_ identifier: SchemaIdentifier, to subject: SubjectName) {
    if let index = subjects.firstIndex(where: { $0.name == subject }) {
      subjects[index].identifiers.append(identifier)
    } else {
      subjects.append((subject, [identifier]))
    }
  }

  /// The file's text: a line a subject, so that people can read and compare it.
  var text: String {
    let lines = subjects.map { subject in
      let list = JSONValue.array(subject.identifiers.map { .integer(Int64($0.rawValue)) })
      return "  \(JSONValue.string(subject.name.text)): \(list)"
    }
    return lines.isEmpty ? "{}\n" : "{\n" + lines.joined(separator: ",\n") + "\n}\n"
  }
}

/// The JSON document of a schema. Two are equal where they hold the same, whatever the white space
/// and the order of members, which JSON gives no meaning (RFC 8259, section 4).
struct SchemaDocument: Hashable, Sendable {
  private let value: JSONValue

  /// Throws `JSONError` where `text` is not JSON.
  init(parsing text: String) throws(JSONError) {
    value = try JSONValue(parsing: text).withSortedMembers
  }
}
