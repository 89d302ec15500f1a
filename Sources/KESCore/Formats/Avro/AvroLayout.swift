// A schema's types as plain values: what walks binary data goes by.

/// The types of a schema without their names, in columns, so that walking data counts no references.
struct AvroLayout: ~Copyable {
  enum Kind: UInt8, BitwiseCopyable {
    case null, boolean, int, long, float, double, bytes, string
    case fixed, enumeration, array, map, union, record
  }

  struct Node: BitwiseCopyable {
    var kind: Kind
    /// Whether every value of the type takes at least one byte.
    var takesBytes: Bool
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
    markWhatTakesBytes()
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
        kind: kind, takesBytes: false, size: Int32(truncatingIfNeeded: size ?? inside.count),
        firstChild: Int32(truncatingIfNeeded: children.count)))
    for place in inside { children.append(Int32(truncatingIfNeeded: place)) }
  }

  /// Until nothing changes, as records may contain each other.
  private mutating func markWhatTakesBytes() {
    var isChanged = true
    while isChanged {
      isChanged = false
      for place in 0..<nodes.count where !nodes[place].takesBytes && takesBytes(nodes[place]) {
        nodes[place].takesBytes = true
        isChanged = true
      }
    }
  }

  private func takesBytes(_ node: Node) -> Bool {
    switch node.kind {
    case .null: return false
    case .fixed: return node.size > 0
    case .record:
      for index in 0..<Int(node.size) where nodes[child(index, of: node)].takesBytes {
        return true
      }
      return false
    default: return true
    }
  }
}
