// Whether LMDB may go through a database without falling over it.

/// Looks at every page that a commit reaches, as LMDB would, but trusting none. Each must be reached
/// once, from a tree or the list of free pages.
///
/// A child process that walks the database by LMDB's own cursors, and dies of what it finds, sees less:
/// reading looks neither at the numbers of pages nor at the bounds that writing trusts. Of 1358 random
/// damages that it passed, 19 ended a later write by a signal, or were spread by it.
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

  /// Throws `.corrupted` where a page is not what it must be, or `.database` where it
  /// cannot be read.
  mutating func run(on file: borrowing DatabaseFile) throws(Failure) {
    try visit(meta.free, .freePages, file)
    try visit(meta.main, .tables, file)
  }

  // MARK: Trees

  private mutating func visit(
    _ tree: DatabaseTree, _ content: Content, _ file: borrowing DatabaseFile
  ) throws(Failure) {
    guard let root = tree.root else { return }
    guard (1...DatabaseTree.greatestDepth).contains(tree.depth) else {
      throw DatabaseCheck.damaged(root, file)
    }
    try visit(root, level: tree.depth, content, file)
  }

  /// - Parameter level: how many levels there are from this page on.
  private mutating func visit(
    _ number: UInt64, level: Int, _ content: Content, _ file: borrowing DatabaseFile
  ) throws(Failure) {
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
  ) throws(Failure) -> DatabasePage? {
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
  ) throws(Failure) {
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
  ) throws(Failure) -> Bool {
    switch entry.kind {
    case .value: content == .values || page.withValue(of: entry) { isFreeList($0) }
    case .onOwnPages:
      try isSound(entry.valueLength, on: page.firstPage(of: entry), content, file)
    case .tree, .unknown: false
    }
  }

  /// Whether a value of `length` bytes lies on the pages from `first` on.
  private mutating func isSound(
    _ length: Int, on first: UInt64, _ content: Content, _ file: borrowing DatabaseFile
  ) throws(Failure) -> Bool {
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

  private static func damaged(_ number: UInt64, _ file: borrowing DatabaseFile) -> Failure {
    file.damaged("page \(number) of \(DatabaseFile.name)")
  }
}

/// One of the two meta pages, which commits write in turns: the last commit's holds.
struct DatabaseMeta: Equatable {
  /// With the header of the page.
  static let size = 152
  static let knownVersion: UInt32 = 1
  private static let magic: UInt32 = 0xBEEF_C0DE
  private static let metaPage: UInt16 = 8
  private static let integerKeys: UInt16 = 8
  /// Half of what a process can map, in bytes.
  private static let greatestMap: UInt64 = 1 << 46
  /// More than there will ever be.
  private static let greatestTransaction: UInt64 = 1 << 62

  let mapSize: UInt64
  /// The list of free pages, by the transaction that freed them.
  let free: DatabaseTree
  /// The tables by name.
  let main: DatabaseTree
  /// The last page. The file may be shorter, where the last pages are free.
  let lastPage: UInt64
  /// The transaction that wrote this.
  let transaction: UInt64

  static func isMeta(_ bytes: borrowing ByteBlock) -> Bool {
    bytes.load(at: 10, as: UInt16.self) & metaPage != 0
      && bytes.load(at: 16, as: UInt32.self) == magic
  }

  static func version(of bytes: borrowing ByteBlock) -> UInt32 { bytes.load(at: 20) }

  /// Reads `size` bytes.
  init(_ bytes: borrowing ByteBlock) {
    mapSize = bytes.load(at: 32)
    free = DatabaseTree(bytes, at: 40)
    main = DatabaseTree(bytes, at: 88)
    lastPage = bytes.load(at: 136)
    transaction = bytes.load(at: 144)
  }

  var pageSize: Int { Int(free.padding) }

  /// Whether these may be the two pages, in their order: of successive commits, or as LMDB makes
  /// them. The page size must have been found good.
  static func belongTogether(_ first: DatabaseMeta, _ second: DatabaseMeta) -> Bool {
    let commits = (first.transaction, second.transaction)
    let isOrder =
      commits == (0, 0)
      || (commits.0 & 1 == 0 && (commits.1 == commits.0 &+ 1 || commits.1 &+ 1 == commits.0))
    return isOrder && first.pageSize == second.pageSize && first.isSound && second.isSound
  }

  private var isSound: Bool {
    let pages = DatabaseMeta.greatestMap / UInt64(pageSize)
    return transaction < DatabaseMeta.greatestTransaction && free.flags == DatabaseMeta.integerKeys
      && main.flags == 0 && mapSize <= DatabaseMeta.greatestMap && lastPage >= 1 && lastPage < pages
  }
}

/// LMDB's `MDB_db`: a table, the table of tables, or the list of free pages.
struct DatabaseTree: Equatable {
  static let size = 48
  /// LMDB goes no deeper (`CURSOR_STACK`).
  static let greatestDepth = 32

  /// Of the list of free pages: the size of a page.
  let padding: UInt32
  /// Of the list of free pages: 8 (`MDB_INTEGERKEY`); of the others, as we make them, 0.
  let flags: UInt16
  /// How many levels of pages there are.
  let depth: Int
  /// The page at the top; nil where the tree is empty.
  let root: UInt64?

  /// Reads 48 bytes from `offset` on, which must be there.
  init(_ bytes: borrowing ByteBlock, at offset: Int) {
    padding = bytes.load(at: offset)
    flags = bytes.load(at: offset + 4)
    depth = Int(bytes.load(at: offset + 6, as: UInt16.self))
    let root = bytes.load(at: offset + 40, as: UInt64.self)
    self.root = root == .max ? nil : root
  }
}

/// A page in memory: a branch, whose entries point to pages, or a leaf, whose entries have values.
///
/// A header of 16 bytes, the offsets of the entries (2 bytes each) in the order of their keys, room,
/// and the entries, which fill the page to its end.
struct DatabasePage: ~Copyable {
  static let headerSize = 16
  private static let branch: UInt16 = 1
  private static let leaf: UInt16 = 2
  private static let overflow: UInt16 = 4
  /// With the kinds that are not ours: meta pages, and pages of tables with several values a key.
  private static let kinds: UInt16 = 0x6F

  private let bytes: ByteBlock
  private let isLeaf: Bool
  let number: UInt64

  /// Takes over the bytes of a page; nil where they are not a branch or leaf of this number, with
  /// at least one entry, in which all entries lie apart from each other.
  init?(_ bytes: consuming ByteBlock, number: UInt64, isLeaf: Bool) {
    let kind = isLeaf ? DatabasePage.leaf : DatabasePage.branch
    let lower = Int(bytes.load(at: 12, as: UInt16.self))
    let upper = Int(bytes.load(at: 14, as: UInt16.self))
    let isPage =
      bytes.load(at: 0) == number && bytes.load(at: 10) & DatabasePage.kinds == kind
      && lower > DatabasePage.headerSize && lower & 1 == 0 && lower <= upper && upper <= bytes.count
    self.bytes = bytes
    self.number = number
    self.isLeaf = isLeaf
    if !isPage || !isFilled(from: upper) { return nil }
  }

  /// How many entries there are.
  var count: Int { (Int(bytes.load(at: 12, as: UInt16.self)) - DatabasePage.headerSize) / 2 }

  /// The entry at `index`, less than `count`.
  func entry(at index: Int) -> DatabaseEntry {
    DatabaseEntry(bytes, at: offset(of: index), isLeaf: isLeaf)
  }

  private func offset(of index: Int) -> Int {
    Int(bytes.load(at: DatabasePage.headerSize + 2 * index, as: UInt16.self))
  }

  /// Whether the entries lie one behind the other from `upper` to the end of the page.
  private func isFilled(from upper: Int) -> Bool {
    var spans: [(offset: Int, size: Int)] = []
    for index in 0..<count {
      let offset = offset(of: index)
      guard offset & 1 == 0, offset <= bytes.count - DatabaseEntry.headerSize else { return false }
      spans.append((offset, entry(at: index).size))
    }
    spans.sort { $0.offset < $1.offset }
    var end = upper
    for span in spans {
      if span.offset != end { return false }
      end += span.size
    }
    return end == bytes.count
  }

  /// Lends the value of a leaf's entry that lies in the page.
  func withValue<Result>(of entry: DatabaseEntry, _ body: (Span<UInt8>) -> Result) -> Result {
    bytes.withBytes(entry.valueOffset, entry.valueLength, body)
  }

  /// The first page of a value that has pages of its own.
  func firstPage(of entry: DatabaseEntry) -> UInt64 { bytes.load(at: entry.valueOffset) }

  /// The key as a number, where it has eight bytes.
  func integerKey(of entry: DatabaseEntry) -> UInt64 {
    bytes.load(at: entry.valueOffset - entry.keyLength)
  }

  /// The value as a tree, where it has its size.
  func tree(of entry: DatabaseEntry) -> DatabaseTree { DatabaseTree(bytes, at: entry.valueOffset) }

  /// How many pages a value on pages of its own takes, by the header of the first; nil where that
  /// is not such a page.
  static func overflowCount(_ header: borrowing ByteBlock, number: UInt64) -> Int? {
    guard header.load(at: 0) == number, header.load(at: 10) & kinds == overflow else { return nil }
    return Int(header.load(at: 12, as: UInt32.self))
  }
}

/// Where the parts of an entry are in its page.
struct DatabaseEntry {
  static let headerSize = 8

  /// What a leaf's entry holds.
  enum Kind {
    case value
    /// The number of the first of the value's own pages.
    case onOwnPages
    /// A table.
    case tree
    case unknown
  }

  let kind: Kind
  let keyLength: Int
  /// In the page, behind the key.
  let valueOffset: Int
  let valueLength: Int
  /// Of a branch's entry: the page that it points to.
  let child: UInt64
  /// How many bytes of the page it takes.
  let size: Int

  /// Reads the header at `offset`, which must be there; where the rest lies is for the page to see.
  init(_ bytes: borrowing ByteBlock, at offset: Int, isLeaf: Bool) {
    let low: UInt32 = bytes.load(at: offset)
    let flags: UInt16 = bytes.load(at: offset + 4)
    keyLength = Int(bytes.load(at: offset + 6, as: UInt16.self))
    valueOffset = offset + DatabaseEntry.headerSize + keyLength
    valueLength = Int(low)
    child = UInt64(flags) << 32 | UInt64(low)
    kind = isLeaf ? DatabaseEntry.kind(flags) : .unknown
    let inPage = !isLeaf ? 0 : kind == .onOwnPages ? MemoryLayout<UInt64>.size : valueLength
    // Rounded up to an even number.
    size = (DatabaseEntry.headerSize + keyLength + inPage + 1) & ~1
  }

  /// LMDB's `F_BIGDATA` and `F_SUBDATA`; other flags are for tables with several values a key.
  private static func kind(_ flags: UInt16) -> Kind {
    switch flags {
    case 0: .value
    case 1: .onOwnPages
    case 2: .tree
    default: .unknown
    }
  }
}
