// What a state is the state of: a store serves what it was made for.

/// Where the records come from whose sessions a store keeps: its positions are positions there, so that it
/// serves nothing else.
public enum StateOrigin: Hashable, Sendable {
  /// Files and pipes: one task, 0.
  case files
  /// A topic, read by a run for itself: a task for each partition.
  case topic(String)
  /// A topic, read by an application: the store is a copy of its changelog.
  case application(String, topic: String)
}

extension StateOrigin: CustomStringConvertible {
  public var description: String {
    switch self {
    case .files: "files or pipes"
    case .topic(let topic): "topic \(topic) without --application-id"
    case .application(let identifier, let topic):
      "application \(identifier) on topic \(topic)"
    }
  }
}

extension StateStore {
  /// Takes the store for `origin` and records of `shape`, nil for devices, which it remembers from its
  /// first commit on. Throws `Failure.another` where it is the state of something else.
  ///
  /// A store of builds that did not remember it is taken where what it holds does not speak against it;
  /// its records are those of devices.
  public func take(for origin: StateOrigin, shape: String? = nil) throws(Failure) {
    let (found, foundShape) = (try self.origin(), try self.shape())
    if found == origin && foundShape == shape { return }
    let isFresh = try isFresh()
    if !isFresh {
      let other = if let found { found.description } else { try guess(against: origin) }
      if let other, found != origin {
        throw .another(directory: directory, of: other, wanted: origin.description)
      }
      if foundShape != shape {
        throw .ofOtherShape(directory: directory, of: foundShape, wanted: shape)
      }
    }
    var changes = StateChanges()
    changes.set(origin)
    changes.set(shape: shape)
    do { try commit(changes) } catch { throw isFresh ? error.ofNewStore : error }
  }

  /// Throws `Failure.ofApplication` where the store is a copy of a changelog.
  public func requireNoApplication() throws(Failure) {
    if case .application(let identifier, _) = try origin() {
      throw .ofApplication(directory: directory, identifier: identifier)
    }
    if try hasCheckpoints() { throw .ofApplication(directory: directory, identifier: nil) }
  }

  /// Whether nothing was committed yet that belongs to any records.
  private func isFresh() throws(Failure) -> Bool {
    if try hasCheckpoints() { return false }
    return try tasks().isEmpty
  }

  /// What a store that does not say so can only be the state of; nil where that may be `origin`.
  private func guess(against origin: StateOrigin) throws(Failure) -> String? {
    let isOfApplication = try hasCheckpoints()
    switch origin {
    case .application: return isOfApplication ? nil : "files or a topic without --application-id"
    case _ where isOfApplication: return "an application"
    case .topic: return try inputs().isEmpty ? nil : "files"
    case .files: return try tasks() == [0] ? nil : "a topic without --application-id"
    }
  }
}
