// What SessionPurger does, written down as plainly as it can be: its oracle.

@testable import KESCore

/// Scans everything at every event, and so is right by inspection.
struct ReferencePurger {
  struct Name: Hashable {
    var device: String
    var session: String
  }

  struct Entry {
    var name: Name
    var start: Int64
    var end: Int64
    var events: Int64
    var isPartial: Bool
    var hasEnded: Bool
    var latestStreamTime: Int64
    var opened: Int
  }

  let timeout: Int64?
  let lateness: Int64
  let retain: Int64
  /// In the order of their latest events.
  private var entries: [Entry] = []
  private var closed: [(name: Name, at: Int64)] = []
  private var streamTime = Int64.min / 4
  private var anyTime = Int64.min / 4
  private var opened = 0
  private(set) var output: [String] = []

  init(timeout: Int64?, lateness: Int64, retain: Int64?) {
    self.timeout = timeout
    self.lateness = lateness
    self.retain = retain ?? timeout.map { $0 + lateness } ?? 4000
  }

  /// A line and what it says.
  struct Event {
    var line: String
    var device: String
    var session: String?
    var time: Int64
    var kind: EventKind
    var isDuplicate: Bool
  }

  mutating func take(_ event: Event) {
    if event.time > anyTime {
      anyTime = event.time
      closed.removeAll { anyTime - $0.at >= retain }
    }
    if event.kind != .sessionClosed && event.time > streamTime {
      streamTime = event.time
      for entry in entries where isDue(entry) {
        close(entry, as: entry.hasEnded ? .completed : .timeout)
      }
    }
    output.append(event.line)
    guard let session = event.session, !event.isDuplicate else { return }
    apply(event, Name(device: event.device, session: session))
  }

  private func isDue(_ entry: Entry) -> Bool {
    guard let timeout else { return entry.hasEnded && streamTime - entry.latestStreamTime >= 4000 }
    return streamTime - entry.latestStreamTime >= timeout + lateness
  }

  private mutating func apply(_ event: Event, _ name: Name) {
    if event.kind == .sessionClosed {
      entries.removeAll { $0.name == name }
      if !closed.contains(where: { $0.name == name }) { closed.append((name, anyTime)) }
      return
    }
    if closed.contains(where: { $0.name == name }) { return }
    var entry: Entry
    if let place = entries.firstIndex(where: { $0.name == name }) {
      if entries[place].hasEnded && event.kind == .allDataSent { return }
      entry = entries.remove(at: place)
    } else {
      opened += 1
      entry = Entry(
        name: name, start: event.time, end: event.time, events: 0,
        isPartial: event.kind != .deviceWokeUp, hasEnded: false, latestStreamTime: 0,
        opened: opened)
    }
    entry.start = min(entry.start, event.time)
    entry.end = max(entry.end, event.time)
    entry.events += 1
    entry.hasEnded = entry.hasEnded || event.kind == .allDataSent
    entry.latestStreamTime = streamTime
    entries.append(entry)
  }

  private mutating func close(_ entry: Entry, as status: SessionStatus) {
    entries.removeAll { $0.name == entry.name }
    closed.append((entry.name, anyTime))
    let time = status == .timeout ? entry.end + (timeout ?? 0) : entry.end
    output.append(
      """
      {"device":"\(entry.name.device)","timestamp":\(time),"event":{"SessionClosed":\
      {"status":"\(status)","start":\(entry.start),"end":\(entry.end),"events":\(entry.events),\
      "partial":\(entry.isPartial)}},"session":"\(entry.name.session)"}
      """)
  }

  mutating func end(flush: Bool) {
    for entry in entries where entry.hasEnded { close(entry, as: .completed) }
    if !flush { return }
    for entry in entries.sorted(by: { $0.opened < $1.opened }) { close(entry, as: .flushed) }
  }
}
