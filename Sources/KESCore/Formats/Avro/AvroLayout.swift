// A schema's types as plain values: what walks binary data goes by.

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
        firstChild: Int32(truncatingIfNeeded: children.count)))
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
