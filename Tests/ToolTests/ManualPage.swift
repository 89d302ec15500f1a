// A page of the manual, as its mdoc source has it.

import Foundation

/// One page of `man`: its sections, options and literal blocks.
struct ManualPage {
  /// What the lines of a section are.
  struct Section {
    let title: String
    var lines: [String] = []
  }

  let name: String
  /// The sections (`.Sh`), in order.
  let sections: [Section]

  /// Reads a page, `kes-read.1`, of the source tree.
  init(_ name: String) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = root.appendingPathComponent("man/\(name)")
    self.init(name: name, source: try String(contentsOf: page, encoding: .utf8))
  }

  init(name: String, source: String) {
    self.name = name
    var sections = [Section(title: "")]
    for line in source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix(".Sh ") {
        sections.append(Section(title: String(line.dropFirst(4))))
      } else {
        sections[sections.count - 1].lines.append(line)
      }
    }
    self.sections = sections
  }

  func lines(of title: String) -> [String] { sections.first { $0.title == title }?.lines ?? [] }

  /// The literal blocks (`.Bd -literal`) of a section, their lines as they are shown; comments
  /// (`.\"`) stay in their places.
  func literalBlocks(of title: String) -> [[String]] {
    var blocks: [[String]] = []
    var isInside = false
    for line in lines(of: title) {
      if line.hasPrefix(".Bd -literal") {
        blocks.append([])
        isInside = true
      } else if line == ".Ed" {
        isInside = false
      } else if isInside {
        blocks[blocks.count - 1].append(ManualPage.shown(line))
      }
    }
    return blocks
  }

  /// A line without the escapes of mdoc.
  static func shown(_ line: String) -> String {
    if line.hasPrefix(".\\\"") { return line }
    return [("\\&", ""), ("\\-", "-"), ("\\(dq", "\""), ("\\(aq", "'"), ("\\e", "\\")]
      .reduce(line) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
  }
}

extension ManualPage {
  /// The options, each with the group (`.Ss`) it stands in.
  var options: [DocumentedOption] {
    var options: [DocumentedOption] = []
    var group = ""
    var isOption = false
    for line in lines(of: "OPTIONS") {
      if line.hasPrefix(".Ss ") {
        group = ManualPage.shown(String(line.dropFirst(4)))
        isOption = false
      } else if line.hasPrefix(".It ") {
        let names = ManualPage.optionNames(line)
        isOption = !names.isEmpty
        if isOption { options.append(DocumentedOption(names: names, group: group, text: line)) }
      } else if line == ".El" {
        isOption = false
      } else if isOption {
        options[options.count - 1].text += "\n" + line
      }
    }
    return options
  }

  /// The options that the page leaves to kes-options(7), each with the group (`.Ss`) that names it.
  var sharedOptions: [(names: [String], group: String)] {
    var options: [(names: [String], group: String)] = []
    var group = ""
    var isList = false
    for line in lines(of: "OPTIONS") {
      if line.hasPrefix(".Ss ") { group = ManualPage.shown(String(line.dropFirst(4))) }
      if line == ".Xr kes-options 7 :" {
        isList = true
      } else if isList && line.hasPrefix(".Fl ") {
        options.append((ManualPage.optionNames(line.replacing(".Fl", with: ".It Fl")), group))
      } else if !line.hasPrefix(".Ar ") {
        isList = false
      }
    }
    return options
  }

  /// The options that `.It Fl c , Fl Fl count Ar n` is about: `-c` and `--count`.
  private static func optionNames(_ item: String) -> [String] {
    let words = item.split(separator: " ").map(String.init)
    return words.indices.compactMap { index in
      let isFlag = index > 0 && words[index - 1] == "Fl" && words[index] != "Fl"
      guard isFlag else { return nil }
      return (index > 1 && words[index - 2] == "Fl" ? "--" : "-") + words[index]
    }
  }
}
