// Whether LMDB may go through a database without falling over it.

/// Looks at every page that a commit reaches, as LMDB would, but trusting none. Each must be reached
/// once, from a tree or the list of free pages.
///
/// Beyond the last page that is reached the file may end: what LMDB calls the last page may be free
/// and never have been written, so that the size of the file alone tells nothing. Values are for
/// those to check who read them. Cost: reading all pages but those of long values, once.
struct DatabaseCheck: ~Copyable {
  /// What the leaves of a tree hold.
  private enum Content { case freePages, tables, values }

  private static let greatestKey = 511

  private let meta: DatabaseMeta
  private let pageSize: Int
  /// Pages that were reached: 64 a word, by the number of the word.
  private var reached: [UInt64: UInt64] = [:]
  /// The last transaction in the list of free pages.
  private var lastFreeing: UInt64 = 0

  init(_ meta: DatabaseMeta, pageSize: Int) {
    self.meta = meta
    self.pageSize = pageSize
  }

  /// Throws `StateError.corrupted` where a page is not what it must be, or `.database` where it
  /// cannot be read.
  mutating func run(on file: borrowing DatabaseFile) throws(StateError) {
    try visit(meta.free, .freePages, file)
    try visit(meta.main, .tables, file)
  }

  // MARK: Trees

  private mutating func visit(
    _ tree: DatabaseTree, _ content: Content, _ file: borrowing DatabaseFile
  ) throws(StateError) {
    guard let root = tree.root else { return }
    guard (1...DatabaseTree.greatestDepth).contains(tree.depth) else {
      throw DatabaseCheck.damaged(root, file)
    }
    try visit(root, level: tree.depth, content, file)
  }

  /// - Parameter level: how many levels there are from this page on.
  private mutating func visit(
    _ number: UInt64, level: Int, _ content: Content, _ file: borrowing DatabaseFile
  ) throws(StateError) {
    guard reach(number), let page = try page(number, level == 1, file),
      level == 1 || content == .freePages || page.count > 1
    else { throw DatabaseCheck.damaged(number, file) }
    for index in 0..<page.count {
      let entry = page.entry(at: index)
      guard isKey(entry.keyLength, content, isImplicit: level > 1 && index == 0) else {
        throw DatabaseCheck.damaged(number, file)
      }
      if level > 1 {
        try visit(entry.child, level: level - 1, content, file)
      } else {
        try visit(entry, of: page, content, file)
      }
    }
  }

  private func page(
    _ number: UInt64, _ isLeaf: Bool, _ file: borrowing DatabaseFile
  ) throws(StateError) -> DatabasePage? {
    var bytes = ByteBlock(capacity: pageSize)
    let count = try file.read(into: &bytes, from: Int(number) * pageSize, length: pageSize)
    return count == pageSize ? DatabasePage(bytes, number: number, isLeaf: isLeaf) : nil
  }

  /// Notes that a page is in use; false where it cannot be, or is already. The first two pages are
  /// those that say where everything is.
  private mutating func reach(_ number: UInt64) -> Bool {
    guard number >= 2 && number <= meta.lastPage else { return false }
    let bit = UInt64(1) << (number & 63)
    let word = reached[number >> 6, default: 0]
    reached[number >> 6] = word | bit
    return word & bit == 0
  }

  /// - Parameter isImplicit: whether the key is the first of a branch, which need not be there.
  private func isKey(_ length: Int, _ content: Content, isImplicit: Bool) -> Bool {
    if isImplicit && length == 0 { return true }
    return content == .freePages ? length == 8 : (1...DatabaseCheck.greatestKey).contains(length)
  }

  // MARK: Values

  private mutating func visit(
    _ entry: DatabaseEntry, of page: borrowing DatabasePage, _ content: Content,
    _ file: borrowing DatabaseFile
  ) throws(StateError) {
    if content == .tables {
      guard entry.kind == .tree, entry.valueLength == DatabaseTree.size,
        page.tree(of: entry).flags == 0
      else { throw DatabaseCheck.damaged(page.number, file) }
      return try visit(page.tree(of: entry), .values, file)
    }
    guard try isSound(entry, of: page, content, file),
      content == .values || isNextFreeing(page.integerKey(of: entry))
    else { throw DatabaseCheck.damaged(page.number, file) }
  }

  /// The keys of the list of free pages are transactions, up to the last one, in their order.
  private mutating func isNextFreeing(_ transaction: UInt64) -> Bool {
    defer { lastFreeing = transaction }
    return transaction > lastFreeing && transaction <= meta.transaction
  }

  private mutating func isSound(
    _ entry: DatabaseEntry, of page: borrowing DatabasePage, _ content: Content,
    _ file: borrowing DatabaseFile
  ) throws(StateError) -> Bool {
    switch entry.kind {
    case .value: content == .values || page.withValue(of: entry) { isFreeList($0) }
    case .onOwnPages:
      try isSound(entry.valueLength, on: page.firstPage(of: entry), content, file)
    case .tree, .unknown: false
    }
  }

  /// Whether a value of `length` bytes stands on the pages from `first` on.
  private mutating func isSound(
    _ length: Int, on first: UInt64, _ content: Content, _ file: borrowing DatabaseFile
  ) throws(StateError) -> Bool {
    guard first <= meta.lastPage else { return false }
    let start = Int(first) * pageSize
    let end = start + DatabasePage.headerSize + length
    var bytes = ByteBlock()
    guard try file.read(into: &bytes, from: start, length: DatabasePage.headerSize) == 16,
      let count = DatabasePage.overflowCount(bytes, number: first),
      UInt64(count) <= meta.lastPage - first + 1, end <= start + count * pageSize,
      try file.read(into: &bytes, from: end - 1, length: 1) == 1,
      (first..<(first + UInt64(count))).allSatisfy({ reach($0) })
    else { return false }
    try file.requireMappable(from: start, length: end - start)
    if content == .values { return true }
    bytes.truncate(to: 0)
    _ = try file.read(into: &bytes, from: end - length, length: length)
    return bytes.withBytes { isFreeList($0) }
  }

  /// A number, and so many numbers of pages in descending order; room may be left behind them.
  private mutating func isFreeList(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count >= 8, bytes.count % 8 == 0, bytes.word(at: 0) < UInt64(bytes.count / 8) else {
      return false
    }
    var previous = meta.lastPage + 1
    for index in 0..<Int(bytes.word(at: 0)) {
      let number = bytes.word(at: 8 * (index + 1))
      guard number < previous, reach(number) else { return false }
      previous = number
    }
    return true
  }

  private static func damaged(_ number: UInt64, _ file: borrowing DatabaseFile) -> StateError {
    file.damaged("page \(number) of \(DatabaseFile.name)")
  }
}
