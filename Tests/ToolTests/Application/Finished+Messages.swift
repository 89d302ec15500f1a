// What a tool said beside its figures.

extension Finished {
  /// The lines of messages, without those of `--stats`.
  var messages: String {
    errors.split(separator: "\n").filter { !$0.hasPrefix("{") }.joined(separator: "\n")
  }
}
