// The options of a tool, and those of a command line among its words.

/// What `--help` says of a tool's options: their names, and which take a value.
struct ToolOptions {
  struct Option {
    /// The long name where it has one.
    let name: String
    let takesValue: Bool
  }

  /// An option as it stands on a command line.
  struct Given {
    /// `--limit` of `--limit=5`, `-t` of `-tevents`, `-50`.
    let written: String
    /// The whole word.
    let word: String
    /// Nil where the tool has no such option.
    let option: Option?
    /// Whether it takes a value that is not in the same word.
    let lacksValue: Bool
  }

  /// Those that add up when they are given again; of all others with a value one has to be left out.
  private static let repeatable: Set<String> = [
    "-X", "-F", "--registry-property", "--device", "--not-device", "--session", "--status",
    "--topic-config", "--key", "--time-format", "--start", "--end", "--where",
  ]

  /// The options with a value that have a letter and a long name.
  private static let longNames: [String: String] = [
    "-b": "--brokers", "-z": "--compression", "-G": "--group", "-o": "--offset", "-c": "--count",
  ]

  private var options: [Substring: Option] = [:]

  /// - Parameter help: the tool's `--help`.
  init(help: String) {
    for line in help.split(separator: "\n") where line.hasPrefix("  -") {
      let words = line.split(separator: " ")
      let names = words.prefix { $0.hasPrefix("-") }.map { $0.last == "," ? $0.dropLast() : $0 }
      let takesValue = words.dropFirst(names.count).first?.hasPrefix("<") ?? false
      let option = Option(name: String(names.last ?? ""), takesValue: takesValue)
      for name in names { options[name] = option }
    }
  }

  /// Whether the tool has an option of that name, dashes included.
  func has(_ name: some StringProtocol) -> Bool { options[Substring(name)] != nil }

  // MARK: Values that begin with a dash, as -1000 or -abc: the parser takes them for options

  /// `arguments` with an option that lacks its value, by the parser's `message`, and the word behind it
  /// as one word; nil where that word is an option, or there is none. What names an option of the tool is
  /// no value: `--device --help` lacks one.
  func joined(_ arguments: [String], message: String) -> [String]? {
    guard let option = message.firstMatch(of: /^Missing value for '(-\S+)( <|')/)?.1 else {
      return nil
    }
    let end = arguments.firstIndex(of: "--") ?? arguments.count
    for (index, word) in arguments[..<end].enumerated().dropLast() where word == option {
      let value = arguments[index + 1]
      if !value.hasPrefix("-") || isOption(value) { continue }
      var joined = arguments
      joined.replaceSubrange(index...index + 1, with: ["\(option)=\(value)"])
      return joined
    }
    return nil
  }

  /// Whether it is an option of the tool: `--name`, `--name=value`, `-c`, or several letters that all are.
  private func isOption(_ word: String) -> Bool {
    if word.hasPrefix("--") { return has(word.prefix { $0 != "=" }) }
    let letters = word.dropFirst()
    return !letters.isEmpty && letters.allSatisfy { has("-\($0)") }
  }

  // MARK: The words of a command line

  /// The first option that the tool does not have.
  func unknown(in arguments: [String]) -> Given? {
    given(in: arguments).first { $0.option == nil }
  }

  /// Whether an option may have been given again: to ask for help takes longer than most runs.
  static func mayRepeat(_ arguments: [String]) -> Bool {
    var seen: Set<String> = []
    for word in arguments where word.count > 1 && word.first == "-" {
      let names =
        word.hasPrefix("--")
        ? [String(word.prefix { $0 != "=" })]
        : Set(word.dropFirst()).map { longNames["-\($0)"] ?? "-\($0)" }
      for name in names where !repeatable.contains(name) {
        if !seen.insert(name).inserted { return true }
      }
    }
    return false
  }

  /// The name of the first option that was given again and does not add up.
  func repeated(in arguments: [String]) -> String? {
    var seen: Set<String> = []
    for case let option? in given(in: arguments).map(\.option) where option.takesValue {
      if !seen.insert(option.name).inserted && !ToolOptions.repeatable.contains(option.name) {
        return option.name
      }
    }
    return nil
  }

  /// All that are given, in their order.
  private func given(in arguments: [String]) -> [Given] {
    var given: [Given] = []
    var index = 0
    while index < arguments.count && arguments[index] != "--" {
      let word = arguments[index]
      index += 1
      if word.count < 2 || word.first != "-" { continue }
      let isOneName = word.hasPrefix("--") || UInt(word.dropFirst()) != nil
      given += isOneName ? [long(word)] : letters(word)
      let isValueNext = given.last?.lacksValue ?? false
      if isValueNext, index < arguments.count, !isOption(arguments[index]) { index += 1 }
    }
    return given
  }

  /// A name by itself, or with a value behind it.
  private func long(_ word: String) -> Given {
    let name = word.prefix { $0 != "=" }
    let option = options[name]
    let lacksValue = option?.takesValue == true && name.endIndex == word.endIndex
    return Given(written: String(name), word: word, option: option, lacksValue: lacksValue)
  }

  /// Letters behind one dash: what follows one that takes a value is that.
  private func letters(_ word: String) -> [Given] {
    var given: [Given] = []
    let last = word.index(before: word.endIndex)
    for place in word.indices.dropFirst() {
      let name = "-\(word[place])"
      let option = options[Substring(name)]
      let lacksValue = option?.takesValue == true && place == last
      given.append(Given(written: name, word: word, option: option, lacksValue: lacksValue))
      if option?.takesValue != false { break }
    }
    return given
  }
}
