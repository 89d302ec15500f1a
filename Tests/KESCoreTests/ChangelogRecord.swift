// The records that a changelog would have of changes.

@testable import KESCore

struct ChangelogRecord: Hashable {
  var task: Int32
  var key: [UInt8]
  /// nil for what is gone.
  var value: [UInt8]?
  var isProgress: Bool
}

/// What a changelog gets of `changes`, in order.
func changelogRecords(of changes: borrowing StateChanges) -> [ChangelogRecord] {
  var records: [ChangelogRecord] = []
  changes.forEachChangelogRecord { task, key, value, isProgress in
    var copy: [UInt8]?
    if let value { copy = value.copied }
    records.append(
      ChangelogRecord(task: task, key: key.copied, value: copy, isProgress: isProgress))
  }
  return records
}

extension StateChanges {
  /// Adds what a changelog's record says; false for what is none of a changelog.
  mutating func add(_ record: ChangelogRecord) -> Bool {
    begin(task: record.task)
    guard let value = record.value else { return add(changelogKey: record.key.span, nil) }
    return add(changelogKey: record.key.span, value.span)
  }
}

/// All that a store has of a task that a changelog has as well, as text.
func contents(of store: StateStore, task: Int32 = 0) throws -> [String] {
  var found: [String] = []
  try store.forEachSession(task: task) { key, session in
    let digests = (0..<Int(session.recent.count)).map { session.recent[$0] }
    found.append(
      "\(key.copied) \(session.identifier) \(session.start)...\(session.end)"
        + " \(session.latestStreamTime) \(session.latestSequence) \(session.firstSequence)"
        + " \(session.events) \(session.state) \(session.isPartial) \(digests)")
  }
  let schemas = try store.schemas(task: task)
  for text in schemas.named.map(\.text).sorted() { found.append("schema \(text)") }
  var reorderer = Reorderer(lateness: .max)
  try store.restore(task: task, into: &reorderer) { record, name, output in
    output.append(record)
    return UInt16((schemas.named.firstIndex { $0.fingerprint == name } ?? -1) + 1)
  }
  var released = Batch(blockSize: 1 << 20)
  _ = reorderer.drain(into: &released, blockSize: 1 << 20)
  var cursor = RecordHeaders.Cursor()
  for index in 0..<released.records.count {
    let record = released.records[index]
    let key = released.withText(record.key) { $0.copied }
    let bytes = released.withRecordBytes(record) { $0.copied }
    let headers = cursor.find(record, in: released.headers).map { range in
      released.headers.withBytes(range) { $0.copied }
    }
    let schema = record.schema == 0 ? "none" : schemas.named[Int(record.schema) - 1].text
    found.append(
      "held \(key) \(bytes) \(record.time) \(record.position) \(record.role) \(schema)"
        + " \(headers ?? [])")
  }
  if let progress = try store.progress(task: task) { found.append("\(progress)") }
  return found
}
