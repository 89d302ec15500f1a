// What a state knows beside its sessions: whose it is, its inputs, its outputs and how far they are.

package import KESCore

/// How `StateInventory` is written.
package enum InventoryFormat: Sendable { case text, json, csv }

/// Lists what a store knows, as of its last commit: an entry each for the store itself, for each of its
/// input partitions, each input and each output.
package struct StateInventory {
  struct Entry {
    let kind: String
    let name: String
    /// Bytes of a file; of a partition the record that is next.
    var position: Int64?
    /// The line, or the block of a container or the message, that is next.
    var line: Int64?
    /// The last commit, or a partition's stream time.
    var time: EventTime?
  }

  private(set) var entries: [Entry] = []

  /// Throws `Failure`.
  package init(_ store: StateStore) throws(Failure) {
    let origin = try store.origin()
    entries.append(
      Entry(kind: "state", name: origin?.description ?? "", time: store.lastCommit()))
    for task in try store.tasks() {
      guard let progress = try store.progress(task: task) else { continue }
      let time = progress.streamTime == .beforeAll ? nil : progress.streamTime
      entries.append(
        Entry(kind: "partition", name: "\(task)", position: progress.position, time: time))
    }
    for input in try store.inputs().sorted(by: {
      ($0.path, $0.key.number) < ($1.path, $1.key.number)
    }) {
      let position = input.position
      entries.append(
        Entry(kind: "input", name: input.path, position: position.offset, line: position.line))
    }
    for output in try store.outputs().sorted(by: { $0.path < $1.path }) {
      entries.append(Entry(kind: "output", name: output.path, position: output.length))
    }
  }

  /// Appends all of it to `output`.
  ///
  /// - Parameter columns: how wide lines of text may be; nil for as wide as they are.
  package func write(
    as format: InventoryFormat, columns: Int? = nil, _ characters: TerminalCharacters = .ascii,
    to output: inout ByteBlock
  ) {
    if format == .text { return InventoryTable(entries, columns, characters).write(to: &output) }
    if format == .csv { output.append("kind,name,position,line,time\n") }
    for entry in entries {
      if format == .json {
        StateInventory.writeJSON(entry, to: &output)
      } else {
        StateInventory.writeCSV(entry, to: &output)
      }
      output.append(UInt8(ascii: "\n"))
    }
  }

  /// Members that say nothing are left out.
  private static func writeJSON(_ entry: Entry, to output: inout ByteBlock) {
    output.append("{\"kind\":\"")
    output.append(text: entry.kind)
    output.append("\",\"name\":")
    withUTF8Bytes(of: entry.name) { JSONText.appendString($0, to: &output) }
    let numbers = [
      ("position", entry.position), ("line", entry.line), ("time", entry.time?.milliseconds),
    ]
    for (name, number) in numbers {
      guard let number else { continue }
      output.append(text: ",\"\(name)\":")
      output.append(decimal: number)
    }
    output.append("}")
  }

  private static func writeCSV(_ entry: Entry, to output: inout ByteBlock) {
    output.append(text: entry.kind)
    output.append(UInt8(ascii: ","))
    withUTF8Bytes(of: entry.name) { CSVText.append($0, to: &output) }
    for number in [entry.position, entry.line, entry.time?.milliseconds] {
      output.append(UInt8(ascii: ","))
      if let number { output.append(decimal: number) }
    }
  }
}
