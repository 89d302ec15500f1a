// An entry of a page of the database: LMDB's node.

/// Where the parts of an entry stand in its page.
struct DatabaseEntry {
  static let headerSize = 8

  /// What a leaf's entry holds.
  enum Kind {
    case value
    /// The number of the first of the pages that the value stands on.
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

  /// Reads the header at `place`, which must be there; where the rest lies is for the page to see.
  init(_ bytes: borrowing ByteBlock, at place: Int, isLeaf: Bool) {
    let low: UInt32 = bytes.load(at: place)
    let flags: UInt16 = bytes.load(at: place + 4)
    keyLength = Int(bytes.load(at: place + 6, as: UInt16.self))
    valueOffset = place + DatabaseEntry.headerSize + keyLength
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
