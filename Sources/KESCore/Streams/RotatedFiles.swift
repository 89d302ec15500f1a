// What lies beside an input, and what of that rotation has made of it.

/// A file beside an input.
struct RotatedFile {
  /// As a user would name it.
  let path: String
  /// When it was written to last, in milliseconds since the epoch.
  let modified: Int64
  /// What expands it, and its suffix; nil where it is not compressed.
  fileprivate let expander: ForeignInput.Expander?

  var isCompressed: Bool { expander != nil }

  /// Its path when it is expanded.
  var expandedPath: String { expander?.expanded(path) ?? path }

  /// The command that expands it, and leaves it there.
  var expanding: String { expander?.command(path) ?? "cat \(ShellWord.quoted(path))" }
}

/// The files beside an input, the oldest first.
///
/// Rotation names files as logrotate does: `e.jsonl.1`, `e.jsonl-20261130`, `e-20261130.jsonl`, and with a
/// suffix where they are compressed. Of one that is expanded as well, the compressed one is left out.
struct RotatedFiles {
  /// Those that rotation has named after the same file as the input.
  private(set) var files: [RotatedFile] = []
  private(set) var others: [RotatedFile] = []

  /// - Parameters:
  ///   - name: the input, as a user named it.
  ///   - path: where it lies.
  init(of name: String, at path: String) {
    var directory = RotatedFiles.directory(of: name)
    // Through a link the files beside are elsewhere.
    if absolutePath(directory + "x") != RotatedFiles.directory(of: path) + "x" {
      directory = RotatedFiles.directory(of: path)
    }
    let base = RotatedFiles.base(of: String(path.dropFirst(RotatedFiles.directory(of: path).count)))
    let names = Set(KESCore.names(inDirectory: directory.isEmpty ? "." : directory) ?? [])
    for name in names {
      let expander = ForeignInput.Expander.all.first { name.hasSuffix($0.suffix) }
      let expanded = expander?.expanded(name) ?? name
      if expander != nil && names.contains(expanded) { continue }
      guard let modified = modificationTime(ofFile: directory + name) else { continue }
      let file = RotatedFile(path: directory + name, modified: modified, expander: expander)
      if RotatedFiles.isRotation(expanded, of: base) {
        files.append(file)
      } else if expander == nil {
        others.append(file)
      }
    }
    files.sort { ($0.modified, $0.path) < ($1.modified, $1.path) }
    others.sort { ($0.modified, $0.path) < ($1.modified, $1.path) }
  }

  /// What stands before the last component: nothing, or with its slash.
  static func directory(of name: String) -> String {
    name.lastIndex(of: "/").map { String(name[...$0]) } ?? ""
  }

  /// The name that a file had before it was rotated: `e.jsonl` of `e.jsonl.1`.
  private static func base(of name: String) -> String {
    guard let mark = name.lastIndex(where: { $0 == "." || $0 == "-" }), mark != name.startIndex,
      isMark(name[mark...])
    else { return name }
    return String(name[..<mark])
  }

  private static func isRotation(_ name: String, of base: String) -> Bool {
    if name.hasPrefix(base) { return isMark(name.dropFirst(base.count)) }
    guard let dot = base.lastIndex(of: "."), name.hasPrefix(base[..<dot]),
      name.hasSuffix(base[dot...]), name.count > base.count
    else { return false }
    return isMark(name.dropFirst(base[..<dot].count).dropLast(base[dot...].count))
  }

  /// Whether rotation adds `text` to a name: a number or a date behind a dot or a dash.
  private static func isMark(_ text: Substring) -> Bool {
    guard let first = text.first, first == "." || first == "-" else { return false }
    let rest = text.dropFirst()
    return rest.contains(where: \.isNumber)
      && rest.allSatisfy { $0.isASCII && ($0.isNumber || "-._:T".contains($0)) }
  }
}
