// Wanted paths as a scan of JSON looks them up: by words, without a reference.

/// `WantedPaths` compiled: a node a slot, with the members and elements that lead on from there.
struct JSONWantedPaths: ~Copyable {
  /// No slot: what stands there is of no interest.
  static let none = -1

  /// What a member's name says of it.
  struct Member: BitwiseCopyable {
    /// The slot, or `none` where only the marks are of interest.
    var slot: Int32
    /// Which of the names that a record must not have already it is; -1 for none of them.
    var taken: Int16
    var isClosing: Bool

    static let unknown = Member(slot: Int32(none), taken: -1, isClosing: false)
  }

  /// A run of elements of a column.
  struct Run: BitwiseCopyable {
    var start: Int32 = 0
    var count: Int32 = 0
  }

  struct Node: BitwiseCopyable {
    var members = Run()
    var elements = Run()
    /// The slots at any depth below.
    var below = Run()
  }

  struct Name: BitwiseCopyable {
    /// The first eight bytes, the first in the lowest; zero where there are less.
    var word: UInt64
    var text: TextRange
    var member: Member
  }

  struct Element: BitwiseCopyable {
    var index: Int
    var slot: Int32
  }

  private var nodes: Column<Node>
  private var names = Column<Name>()
  private var elements = Column<Element>()
  private var below = Column<Int32>()
  private var text = ByteBlock()

  /// - Parameter taken: names of members at the top that a record must not have already.
  init(_ wanted: WantedPaths, taken: [String]) {
    nodes = Column(capacity: wanted.count)
    for slot in 0..<wanted.count {
      var node = Node()
      node.members.start = Int32(names.count)
      node.elements.start = Int32(elements.count)
      for child in wanted.children(of: slot) {
        guard case .member(let name) = wanted.step(to: child) else { continue }
        add(name, Member(slot: Int32(child), taken: -1, isClosing: false), to: &node)
      }
      if slot == 0 { addMarks(taken, to: &node) }
      node.members.count = Int32(names.count) - node.members.start
      addElements(of: slot, of: wanted)
      node.elements.count = Int32(elements.count) - node.elements.start
      node.below.start = Int32(below.count)
      addSlots(below: slot, of: wanted)
      node.below.count = Int32(below.count) - node.below.start
      nodes.append(node)
    }
  }

  private mutating func add(_ name: [UInt8], _ member: Member, to node: inout Node) {
    var word: UInt64 = 0
    for (index, byte) in name.prefix(8).enumerated() { word |= UInt64(byte) << UInt64(8 * index) }
    let range = TextRange(offset: text.count, length: name.count)
    text.append(name.span)
    names.append(Name(word: word, text: range, member: member))
  }

  /// The names at the top that mean something to sessions, wanted or not.
  private mutating func addMarks(_ taken: [String], to node: inout Node) {
    let start = Int(node.members.start)
    for (number, name) in (taken + [JSONWantedPaths.closing]).enumerated() {
      let bytes = Array(name.utf8)
      let isClosing = number == taken.count
      let known = (start..<names.count).first { isName($0, bytes.span) }
      if known == nil { add(bytes, .unknown, to: &node) }
      let place = known ?? names.count - 1
      if isClosing {
        names[place].member.isClosing = true
      } else {
        names[place].member.taken = Int16(number)
      }
    }
  }

  /// What is a closing has a member of this name at its top, whatever else it has.
  private static let closing = "SessionClosed"

  private mutating func addElements(of slot: Int, of wanted: WantedPaths) {
    var found: [Element] = []
    for child in wanted.children(of: slot) {
      guard case .element(let index) = wanted.step(to: child) else { continue }
      found.append(Element(index: index, slot: Int32(child)))
    }
    for element in found.sorted(by: { $0.index < $1.index }) { elements.append(element) }
  }

  private mutating func addSlots(below slot: Int, of wanted: WantedPaths) {
    var next = wanted.children(of: slot)
    while let child = next.popLast() {
      below.append(Int32(child))
      next += wanted.children(of: child)
    }
  }

  // MARK: Looking up

  /// What the member of that name is, below `slot`. Cost: a comparison of words for each member that is
  /// wanted there.
  @inline(__always)
  func member(of slot: Int, named name: Span<UInt8>) -> Member {
    let run = nodes[slot].members
    if run.count == 0 { return .unknown }
    let word = JSONWantedPaths.firstWord(name)
    for index in Int(run.start)..<Int(run.start &+ run.count)
    where names[index].word == word && names[index].text.length == name.count {
      if name.count <= 8 || isName(index, name) { return names[index].member }
    }
    return .unknown
  }

  /// The place among the wanted elements of `slot`, in the order of their indices.
  @inline(__always)
  func firstElement(of slot: Int) -> Int { Int(nodes[slot].elements.start) }

  /// The slot of the element at `index`, where that is the wanted element at `place` below `slot`.
  @inline(__always)
  func element(_ index: Int, of slot: Int, at place: Int) -> Int? {
    let run = nodes[slot].elements
    guard place < Int(run.start &+ run.count), elements[place].index == index else { return nil }
    return Int(elements[place].slot)
  }

  /// Calls `body` with every slot below `slot`.
  @inline(__always)
  func forEachSlot(below slot: Int, _ body: (Int) -> Void) {
    let run = nodes[slot].below
    for index in Int(run.start)..<Int(run.start &+ run.count) { body(Int(below[index])) }
  }

  private func isName(_ index: Int, _ name: Span<UInt8>) -> Bool {
    let range = names[index].text
    return text.withBytes(Int(range.offset), range.length) { $0.hasSameBytes(as: name) }
  }

  /// The first eight bytes, or as many as there are.
  @inline(__always)
  private static func firstWord(_ name: Span<UInt8>) -> UInt64 {
    if name.count >= 8 { return name.word(at: 0) }
    var word: UInt64 = 0
    for index in 0..<name.count { word |= UInt64(name[index]) << UInt64(8 &* index) }
    return word
  }
}
