// A purger for each input partition.

/// Purgers by partition: stream time and sessions are a partition's own (cli.md, section 2).
///
/// Memory: that of each purger. Made when a partition first brings something.
struct SessionPurgers: ~Copyable {
  /// Boxed, as a dictionary does not take what cannot be copied.
  private final class Box {
    var purger: SessionPurger
    init(_ purger: consuming SessionPurger) { self.purger = purger }
  }

  private let make: () -> SessionPurger
  private var boxes: [Int32: Box] = [:]

  /// - Parameter make: makes a partition's purger.
  init(_ make: @escaping () -> SessionPurger) { self.make = make }

  /// How many sessions have begun and not closed.
  var openCount: Int { boxes.values.reduce(0) { $0 + $1.purger.openCount } }

  /// Watches the records of a batch, all of one partition (`SessionPurger.observe`).
  mutating func observe(
    _ batch: borrowing Batch, of partition: Int32, into outcome: inout Outcome
  ) {
    box(partition).purger.observe(batch, into: &outcome)
  }

  /// Closes what closes at the end of the input, partition by partition (`SessionPurger.finish`).
  mutating func finish(flush: Bool, into outcome: inout Outcome) {
    for partition in boxes.keys.sorted() {
      box(partition).purger.finish(flush: flush, into: &outcome)
    }
  }

  private mutating func box(_ partition: Int32) -> Box {
    if let known = boxes[partition] { return known }
    let made = Box(make())
    boxes[partition] = made
    return made
  }
}
