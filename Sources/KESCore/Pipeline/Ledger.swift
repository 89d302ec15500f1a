// The count of what became of every record.

/// Every record read is exactly one of these (cli.md, section 3, `--stats`).
public struct Ledger: Hashable, Sendable {
  public var records: Int64 = 0
  public var assigned: Int64 = 0
  public var late: Int64 = 0
  public var duplicate: Int64 = 0
  public var rejected: Int64 = 0
  public var filtered: Int64 = 0
  /// Waiting for the watermark (R9).
  public var held: Int64 = 0
  /// Of all these, those that are ahead of the wall clock.
  public var ahead: Int64 = 0

  public init() {}

  /// Whether the sum of all is the number of records.
  public var isClosed: Bool {
    records == assigned + late + duplicate + rejected + filtered + held
  }

  /// Throws `.ledger` where the sum is wrong, which is a bug.
  public func requireClosed() throws(Failure) {
    if !isClosed {
      throw Failure(.bug, .command, "the ledger does not close, which is a bug: \(self)")
    }
  }

  /// Counts the batch's assignments.
  mutating func count(_ outcome: borrowing Outcome) {
    for index in 0..<outcome.assignments.count {
      switch outcome.assignments[index].disposition {
      case .assigned: assigned &+= 1
      case .late: late &+= 1
      case .duplicate: duplicate &+= 1
      case .filtered: filtered &+= 1
      }
    }
  }
}
