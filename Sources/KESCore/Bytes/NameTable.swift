// Names to numbers, for those that keep a lot about each name.

/// Numbers byte strings from 0 on in the order in which they first come.
///
/// Memory: the bytes, and some 50 a name. Cost: a hash and a comparison.
struct NameTable: ~Copyable {
  struct Place: BitwiseCopyable {
    var offset: Int
    var length: Int
  }

  private var bytes = ByteBlock()
  private var places = Column<Place>()
  /// By hash; where two names share one, the second stands under a hash of that hash.
  private var numbers: [UInt64: Int32] = [:]

  init() {}

  var count: Int { places.count }

  /// The number of `name`; `count` before the call where it is new. At most 2^31 names.
  mutating func number(of name: Span<UInt8>) -> Int {
    var hash = Hash.of(name)
    while let number = numbers[hash] {
      if withName(Int(number), { $0.hasSameBytes(as: name) }) { return Int(number) }
      hash = Hash.combine(hash, 1)
    }
    let number = places.count
    precondition(number < Int(Int32.max), "more than 2^31 names")
    places.append(Place(offset: bytes.count, length: name.count))
    bytes.append(name)
    numbers[hash] = Int32(number)
    return number
  }

  /// Lends the name with a number that was given out. Valid until `body` returns.
  func withName<Result>(_ number: Int, _ body: (Span<UInt8>) -> Result) -> Result {
    let place = places[number]
    return bytes.withBytes(place.offset, place.length, body)
  }
}
