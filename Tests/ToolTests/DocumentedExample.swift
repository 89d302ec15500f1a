// A command of a document's examples: of the manual, the README, the tutorial, the recipes.

/// A command, and the lines that are shown below it.
struct DocumentedExample {
  var command: String
  var output: [String] = []
  /// Why it cannot be run, where a comment says so.
  var reasonNotToRun: String?

  private static let mark = ".\\\" not run: "

  /// The commands of literal blocks. One that ends with a backslash or a bar goes on in the next
  /// line; a comment before it says why it is not run.
  static func all(in blocks: [[String]]) -> [DocumentedExample] {
    var examples: [DocumentedExample] = []
    var reason: String?
    for line in blocks.joined() {
      if line.hasPrefix(mark) {
        reason = String(line.dropFirst(mark.count))
      } else if line.hasPrefix("$ ") {
        examples.append(
          DocumentedExample(command: String(line.dropFirst(2)), reasonNotToRun: reason))
        reason = nil
      } else if examples[examples.count - 1].goesOn {
        examples[examples.count - 1].command += "\n" + line
      } else {
        examples[examples.count - 1].output.append(line)
      }
    }
    return examples
  }

  /// Whether the next line belongs to the command.
  private var goesOn: Bool {
    output.isEmpty && (command.hasSuffix("\\") || command.hasSuffix("|"))
  }
}
