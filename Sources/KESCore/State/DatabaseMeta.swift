// What a database says of itself: LMDB's meta page.

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
