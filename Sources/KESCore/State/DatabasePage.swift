// One page of a tree of the database, taken apart with care.

/// A page in memory: a branch, whose entries point to pages, or a leaf, whose entries have values.
///
/// A header of 16 bytes, the places of the entries (2 bytes each) in the order of their keys, room,
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
    DatabaseEntry(bytes, at: place(of: index), isLeaf: isLeaf)
  }

  private func place(of index: Int) -> Int {
    Int(bytes.load(at: DatabasePage.headerSize + 2 * index, as: UInt16.self))
  }

  /// Whether the entries stand one behind the other from `upper` to the end of the page.
  private func isFilled(from upper: Int) -> Bool {
    var spans: [(place: Int, size: Int)] = []
    for index in 0..<count {
      let place = place(of: index)
      guard place & 1 == 0, place <= bytes.count - DatabaseEntry.headerSize else { return false }
      spans.append((place, entry(at: index).size))
    }
    spans.sort { $0.place < $1.place }
    var end = upper
    for span in spans {
      if span.place != end { return false }
      end += span.size
    }
    return end == bytes.count
  }

  /// Lends the value of a leaf's entry that stands in the page.
  func withValue<Result>(of entry: DatabaseEntry, _ body: (Span<UInt8>) -> Result) -> Result {
    bytes.withBytes(entry.valueOffset, entry.valueLength, body)
  }

  /// The first page of a value that stands on pages of its own.
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
