// Where a tree of the database stands.

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
