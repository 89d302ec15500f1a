// What of a record is wanted: paths as a trie, and for each the value that a scan found.

/// What a value is; in the order of jq's types.
public enum ValueKind: UInt8, BitwiseCopyable, Sendable {
  /// Nothing stands there.
  case missing
  case null
  case `false`
  case `true`
  case number
  case string
  case array
  case object
}

/// A value of a record, or one that an operation made of it: its text and what that is.
public struct SlotValue: BitwiseCopyable, Sendable {
  public var kind: ValueKind
  /// Of a string: whether there are escapes of JSON in its text.
  public var hasEscapes: Bool
  /// A number as JSON writes it, a string's text between its quotes, a container from bracket to
  /// bracket; in the record's bytes, or, where it `isUnescaped`, in a block of text that was made.
  public var text: TextRange

  public init(_ kind: ValueKind, text: TextRange = .empty, hasEscapes: Bool = false) {
    self.kind = kind
    self.hasEscapes = hasEscapes
    self.text = text
  }

  public static let missing = SlotValue(.missing)
}

/// One step of a path into a record.
public enum PathStep: Hashable, Sendable {
  /// A member of an object; the name's UTF-8, unescaped.
  case member([UInt8])
  /// An element of an array, from 0.
  case element(Int)
}

/// All paths that a set of selectors wants of a record, as a trie whose nodes are the slots.
///
/// Slot 0 is the record itself; the slots of a path's beginnings come before its own.
public struct WantedPaths: Sendable {
  private struct Node {
    let parent: Int
    let step: PathStep?
    var children: [Int] = []
  }

  private var nodes = [Node(parent: 0, step: nil)]

  public init() {}

  /// How many slots there are.
  public var count: Int { nodes.count }

  /// The slot of `path`, which is put in with all its beginnings where it is new.
  public mutating func slot(of path: [PathStep]) -> Int {
    var slot = 0
    for step in path { slot = child(of: slot, at: step) ?? add(step, under: slot) }
    return slot
  }

  /// The slot that the step leads to, if it is wanted.
  public func child(of slot: Int, at step: PathStep) -> Int? {
    nodes[slot].children.first { nodes[$0].step == step }
  }

  /// The slots one step below `slot`, in the order in which they were put in.
  public func children(of slot: Int) -> [Int] { nodes[slot].children }

  /// The slot above `slot`; that of the record is its own.
  public func parent(of slot: Int) -> Int { nodes[slot].parent }

  /// The last step to `slot`; nil for the record itself.
  public func step(to slot: Int) -> PathStep? { nodes[slot].step }

  private mutating func add(_ step: PathStep, under slot: Int) -> Int {
    nodes.append(Node(parent: slot, step: step))
    nodes[slot].children.append(nodes.count - 1)
    return nodes.count - 1
  }
}

/// The values of a record's slots; used for record after record.
public struct RecordSlots: ~Copyable {
  public private(set) var values: Column<SlotValue>
  /// Text that does not stand in the record as it is.
  public var text = ByteBlock(capacity: 0)

  /// - Parameter count: how many slots there are, at least one.
  public init(count: Int) {
    values = Column(capacity: count)
    for _ in 0..<count { values.append(.missing) }
  }

  @inline(__always)
  public subscript(slot: Int) -> SlotValue {
    get { values[slot] }
    set { values[slot] = newValue }
  }

  /// Forgets all values, for the next record.
  @inline(__always)
  public mutating func forgetAll() {
    for slot in 0..<values.count { values[slot] = .missing }
    text.truncate(to: 0)
  }
}
