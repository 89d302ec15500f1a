// A schema's types as plain values, and the one walk over binary data, which goes by them.

/// The types of a schema without their names, in columns, so that walking data counts no references.
struct AvroLayout: ~Copyable {
  enum Kind: UInt8, BitwiseCopyable {
    case null, boolean, int, long, float, double, bytes, string
    case fixed, enumeration, array, map, union, record
  }

  struct Node: BitwiseCopyable {
    var kind: Kind
    /// Of a type whose values take no bytes how many a value holds, itself included; 0 where values
    /// take at least one byte, or where there are none because the type only holds itself.
    var emptyValues: Int32
    /// Of a fixed its bytes, of an enum its symbols, else how many types it has inside.
    var size: Int32
    /// Where the places of the types inside begin in `children`.
    var firstChild: Int32
    /// The type's own place.
    let place: Int
  }

  /// At the places of `AvroSchema.types`.
  private var nodes = Column<Node>()
  private var children = Column<Int32>()
  let root: Int

  init(_ schema: AvroSchema) {
    root = schema.root
    for type in schema.types { append(type) }
    markWhatIsEmpty()
  }

  @inline(__always)
  subscript(place: Int) -> Node { nodes[place] }

  /// The place of the `index`th type inside `node`.
  @inline(__always)
  func child(_ index: Int, of node: Node) -> Int { Int(children[Int(node.firstChild) &+ index]) }

  private mutating func append(_ type: AvroType) {
    switch type {
    case .null: add(.null)
    case .boolean: add(.boolean)
    case .int: add(.int)
    case .long: add(.long)
    case .float: add(.float)
    case .double: add(.double)
    case .bytes: add(.bytes)
    case .string: add(.string)
    case .fixed(_, let size): add(.fixed, size: size)
    case .enumeration(_, let symbols, _): add(.enumeration, size: symbols.count)
    case .array(let items): add(.array, children: [items])
    case .map(let values): add(.map, children: [values])
    case .union(let branches): add(.union, children: branches)
    case .record(_, let fields): add(.record, children: fields.map(\.type))
    }
  }

  private mutating func add(_ kind: Kind, size: Int? = nil, children inside: [Int] = []) {
    nodes.append(
      Node(
        kind: kind, emptyValues: 0, size: Int32(truncatingIfNeeded: size ?? inside.count),
        firstChild: Int32(truncatingIfNeeded: children.count), place: nodes.count))
    for place in inside { children.append(Int32(truncatingIfNeeded: place)) }
  }

  /// Until nothing changes; from the end, where what stands inside others mostly is.
  private mutating func markWhatIsEmpty() {
    var isChanged = true
    while isChanged {
      isChanged = false
      for place in stride(from: nodes.count - 1, through: 0, by: -1)
      where nodes[place].emptyValues == 0 {
        nodes[place].emptyValues = emptyValues(nodes[place])
        if nodes[place].emptyValues > 0 { isChanged = true }
      }
    }
  }

  private func emptyValues(_ node: Node) -> Int32 {
    switch node.kind {
    case .null: return 1
    case .fixed: return node.size == 0 ? 1 : 0
    case .record:
      // The parser has seen to it that the sum is small.
      var sum: Int32 = 1
      for index in 0..<Int(node.size) {
        let inside = nodes[child(index, of: node)].emptyValues
        if inside == 0 { return 0 }
        sum &+= inside
      }
      return sum
    default: return 0
    }
  }
}

/// What is done with the values of a datum while `AvroReader.walk` goes over them.
///
/// A value comes with a context: what whoever it stands in wants done with it, besides what its type
/// says. What a visitor does not do, it need not say: walks are compiled for each visitor.
protocol AvroVisitor: ~Copyable {
  associatedtype Context

  /// How many records, arrays, maps and unions may stand inside each other.
  static var greatestDepth: Int { get }
  /// Whether values are visited that take no bytes.
  static var visitsEmptyValues: Bool { get }

  /// Whether bytes are read as a string.
  func readsText(_ context: Context) -> Bool

  /// A value that has none inside, at `place`. Of a number, a length or an index `reader.value` is it.
  mutating func visit(
    _ node: AvroLayout.Node, _ context: Context, _ bytes: Span<UInt8>, _ place: Range<Int>,
    _ reader: inout AvroReader)

  /// Whether a value that has others inside is left to `walk`; else they are visited one by one.
  func walksItself(_ context: Context) -> Bool

  /// Walks over such a value in a way of its own; returns as `AvroReader.walk` does.
  mutating func walk(
    _ node: AvroLayout.Node, _ context: Context, of layout: borrowing AvroLayout,
    _ bytes: Span<UInt8>, _ start: Int, _ reader: inout AvroReader
  ) -> Int

  mutating func begin(_ node: AvroLayout.Node, _ context: Context)

  /// Before a value inside another, which begins at `start`: of a record the field, of a union the
  /// branch with this index, of an array or a map so many have come before. Returns its context.
  mutating func enter(
    _ index: Int, of node: AvroLayout.Node, _ context: Context, at start: Int,
    _ reader: inout AvroReader
  ) -> Context

  /// A map's key, before `enter`; `reader.value` is its length.
  mutating func visitKey(
    _ index: Int, _ bytes: Span<UInt8>, _ place: Range<Int>, _ reader: borrowing AvroReader)

  /// Before so many items of an array or a map; 0 behind the last.
  mutating func count(_ items: Int64)

  /// Behind a value that has others inside, which ends at `end`; `branch` is that of a union.
  mutating func leave(
    _ node: AvroLayout.Node, _ context: Context, branch: Int, at end: Int,
    _ reader: inout AvroReader)
}

extension AvroVisitor where Self: ~Copyable {
  static var greatestDepth: Int { AvroReader.greatestDepth }
  static var visitsEmptyValues: Bool { true }
  @inline(__always)
  func readsText(_ context: Context) -> Bool { false }
  @inline(__always)
  func walksItself(_ context: Context) -> Bool { false }
  @inline(__always)
  mutating func walk(
    _ node: AvroLayout.Node, _ context: Context, of layout: borrowing AvroLayout,
    _ bytes: Span<UInt8>, _ start: Int, _ reader: inout AvroReader
  ) -> Int { start }
  @inline(__always)
  mutating func begin(_ node: AvroLayout.Node, _ context: Context) {}
  @inline(__always)
  mutating func visitKey(
    _ index: Int, _ bytes: Span<UInt8>, _ place: Range<Int>, _ reader: borrowing AvroReader
  ) {}
  @inline(__always)
  mutating func count(_ items: Int64) {}
  @inline(__always)
  mutating func leave(
    _ node: AvroLayout.Node, _ context: Context, branch: Int, at end: Int,
    _ reader: inout AvroReader
  ) {}
}

/// Does nothing with values.
private struct AvroSkippingVisitor: AvroVisitor {
  static var visitsEmptyValues: Bool { false }

  @inline(__always)
  mutating func visit(
    _ node: AvroLayout.Node, _ context: Bool, _ bytes: Span<UInt8>, _ place: Range<Int>,
    _ reader: inout AvroReader
  ) {}

  @inline(__always)
  mutating func enter(
    _ index: Int, of node: AvroLayout.Node, _ context: Bool, at start: Int,
    _ reader: inout AvroReader
  ) -> Bool { context }
}

extension AvroReader {
  /// Walks over a value of the type at `place`.
  mutating func skip(
    _ place: Int, of layout: borrowing AvroLayout, _ bytes: Span<UInt8>, _ start: Int
  ) -> Int {
    var nothing = AvroSkippingVisitor()
    return walk(place, true, of: layout, bytes, start, &nothing)
  }

  /// Walks over a value of the type at `place`, and has `visitor` do what it does with it.
  mutating func walk<Visitor: AvroVisitor & ~Copyable>(
    _ place: Int, _ context: Visitor.Context, of layout: borrowing AvroLayout,
    _ bytes: Span<UInt8>, _ start: Int, _ visitor: inout Visitor
  ) -> Int {
    let node = layout[place]
    let end: Int
    switch node.kind {
    case .null: end = start
    case .boolean: end = boolean(bytes, start)
    case .int: end = int(bytes, start)
    case .long: end = long(bytes, start)
    case .float: end = skip(4, bytes, start)
    case .double: end = skip(8, bytes, start)
    case .fixed: end = skip(Int(node.size), bytes, start)
    case .string: end = string(bytes, start)
    case .enumeration: end = index(below: Int(node.size), .badSymbol, bytes, start)
    case .bytes where visitor.readsText(context): end = string(bytes, start)
    case .bytes:
      let contents = length(bytes, start)
      end = contents < 0 ? AvroReader.failed : contents &+ Int(value)
    case .record where node.emptyValues > 0 && !Visitor.visitsEmptyValues: return start
    case .array, .map, .union, .record:
      return visitor.walksItself(context)
        ? visitor.walk(node, context, of: layout, bytes, start, &self)
        : walkInside(node, context, of: layout, bytes, start, &visitor)
    }
    if end >= 0 { visitor.visit(node, context, bytes, start..<end, &self) }
    return end
  }

  @inline(never)
  private mutating func walkInside<Visitor: AvroVisitor & ~Copyable>(
    _ node: AvroLayout.Node, _ context: Visitor.Context, of layout: borrowing AvroLayout,
    _ bytes: Span<UInt8>, _ start: Int, _ visitor: inout Visitor
  ) -> Int {
    if !enter(below: Visitor.greatestDepth) { return fail(.tooDeep, at: start) }
    visitor.begin(node, context)
    var index = start
    var branch = 0
    switch node.kind {
    case .union:
      index = self.index(below: Int(node.size), .badBranch, bytes, index)
      if index < 0 { return AvroReader.failed }
      branch = Int(value)
      let inside = visitor.enter(branch, of: node, context, at: start, &self)
      index = walk(layout.child(branch, of: node), inside, of: layout, bytes, index, &visitor)
    case .record:
      for field in 0..<Int(node.size) where index >= 0 {
        let inside = visitor.enter(field, of: node, context, at: index, &self)
        index = walk(layout.child(field, of: node), inside, of: layout, bytes, index, &visitor)
      }
    default: index = walkItems(node, context, of: layout, bytes, index, &visitor)
    }
    if index >= 0 { visitor.leave(node, context, branch: branch, at: index, &self) }
    leave()
    return index
  }

  /// The blocks of an array or a map (spec, "Arrays"): a count and items, a negative count with the
  /// size of the items behind it, a count of 0 at the end.
  private mutating func walkItems<Visitor: AvroVisitor & ~Copyable>(
    _ node: AvroLayout.Node, _ context: Visitor.Context, of layout: borrowing AvroLayout,
    _ bytes: Span<UInt8>, _ start: Int, _ visitor: inout Visitor
  ) -> Int {
    let items = layout.child(0, of: node)
    let isMap = node.kind == .map
    let emptyValues = isMap ? 0 : Int64(layout[items].emptyValues)
    var index = start
    var number = 0
    while true {
      index = itemCount(bytes, index, emptyValues: emptyValues)
      if index < 0 { return AvroReader.failed }
      let count = value
      visitor.count(count)
      if count == 0 { return index }
      if emptyValues > 0 && !Visitor.visitsEmptyValues { continue }
      for _ in 0..<count {
        if isMap {
          let end = string(bytes, index)
          if end < 0 { return AvroReader.failed }
          visitor.visitKey(number, bytes, index..<end, self)
          index = end
        }
        let inside = visitor.enter(number, of: node, context, at: index, &self)
        index = walk(items, inside, of: layout, bytes, index, &visitor)
        if index < 0 { return AvroReader.failed }
        number &+= 1
      }
    }
  }
}
