// Who follows whose partitions: all members come to one plan, and few partitions move.

import TestSupport
import Testing

@testable import KESCore

@Suite struct StandbyPlanTests {
  private typealias Plan = [Int32: Set<String>]

  private let members = (0..<5).map { "member-\($0)" }

  private func owners(among members: [String], partitions: Int32 = 60) -> [Int32: String] {
    Dictionary(
      uniqueKeysWithValues: (0..<partitions).map { ($0, members[Int($0) % members.count]) })
  }

  /// Who follows each partition, by what every member finds out for itself.
  private func plan(_ members: [String], _ owners: [Int32: String], replicas: Int) -> Plan {
    var plan: Plan = [:]
    for member in members {
      let followed = StandbyPlan.partitions(
        of: member, among: members, owners: owners, replicas: replicas)
      for partition in followed { plan[partition, default: []].insert(member) }
    }
    return plan
  }

  @Test(arguments: 0...6)
  func eachPartitionHasItsReplicasAsFarAsThereAreMembers(_ replicas: Int) {
    let owners = owners(among: members)
    let plan = plan(members, owners, replicas: replicas)
    for partition in owners.keys {
      #expect(plan[partition, default: []].count == min(replicas, members.count - 1))
    }
  }

  @Test func membersAgreeInWhateverOrderTheyKnowEachOther() {
    let owners = owners(among: members)
    let expected = plan(members, owners, replicas: 2)
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<20 {
      let shuffled = members.shuffled(using: &generator)
      #expect(plan(shuffled, owners, replicas: 2) == expected)
    }
  }

  @Test func nobodyFollowsItsOwnPartitions() {
    let owners = owners(among: members)
    for (partition, followers) in plan(members, owners, replicas: 4) {
      #expect(!followers.contains(owners[partition] ?? ""))
    }
  }

  @Test func aPartitionWithoutAnOwnerIsFollowedByNobody() {
    var owners = owners(among: members)
    owners[7] = nil
    let plan = plan(members, owners, replicas: 2)
    #expect(plan[7] == nil)
    #expect(plan.count == 59)
  }

  @Test func anOwnerThatLeftCountsAsOne() {
    let plan = plan(members, [3: "one that left"], replicas: 5)
    #expect(plan == [3: Set(members)])
  }

  @Test func allMembersHaveSomeOfTheWork() {
    let owners = owners(among: members, partitions: 200)
    for member in members {
      let followed = StandbyPlan.partitions(
        of: member, among: members, owners: owners, replicas: 1)
      // 40 each on average.
      #expect((15...80).contains(followed.count), "\(member) follows \(followed.count)")
    }
  }

  @Test(arguments: [1, 2]) func whoJoinsMovesOnlyWhatItTakes(_ replicas: Int) {
    let owners = owners(among: members)
    let joined = members + ["one that joined"]
    let (before, after) = (
      plan(members, owners, replicas: replicas), plan(joined, owners, replicas: replicas)
    )
    var moved = 0
    for partition in owners.keys where before[partition] != after[partition] {
      moved += 1
      #expect(after[partition, default: []].contains("one that joined"))
      #expect(
        before[partition, default: []].intersection(after[partition, default: []]).count
          == replicas - 1)
    }
    #expect(moved > 0 && moved < 40, "\(moved) of 60")
  }

  @Test(arguments: [1, 2]) func whoLeavesIsReplacedAndOthersStay(_ replicas: Int) {
    let left = members[4]
    let remaining = Array(members[..<4])
    let owners = owners(among: remaining)
    let (before, after) = (
      plan(members, owners, replicas: replicas), plan(remaining, owners, replicas: replicas)
    )
    for partition in owners.keys {
      let stayed = before[partition, default: []].subtracting([left])
      #expect(after[partition, default: []].isSuperset(of: stayed))
    }
  }
}
