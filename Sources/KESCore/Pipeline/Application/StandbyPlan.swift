// Who follows whose partitions.

/// Chooses standby replicas by rendezvous hashing: of the members of the group that do not process a
/// partition, those follow it whose hashes with it are the greatest. Every member comes to the same
/// result by itself, and one that comes or goes moves few (design.md, "Standby replicas").
enum StandbyPlan {
  /// The partitions that `member` is to follow.
  ///
  /// - Parameters:
  ///   - owners: who processes each partition; partitions without an owner are left out.
  ///   - replicas: by how many members each partition is followed.
  static func partitions(
    of member: String, among members: [String], owners: [Int32: String], replicas: Int
  ) -> Set<Int32> {
    var found: Set<Int32> = []
    for (partition, owner) in owners where owner != member {
      let ranked = members.filter { $0 != owner }
        .map { (weight: weight($0, partition), name: $0) }
        .sorted { $0 > $1 }
      if ranked.prefix(replicas).contains(where: { $0.name == member }) {
        found.insert(partition)
      }
    }
    return found
  }

  private static func weight(_ member: String, _ partition: Int32) -> UInt64 {
    Hash.of(Array(member.utf8).span, seed: UInt64(UInt32(bitPattern: partition)))
  }
}
