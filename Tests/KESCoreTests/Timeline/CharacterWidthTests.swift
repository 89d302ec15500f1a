// How wide text is on a terminal.

import Testing

@testable import KESCore

@Suite struct CharacterWidthTests {
  @Test(
    arguments: [
      ("", 0), ("device-3", 8), ("Gerät", 5), ("Ger\u{E4}t", 5), ("温度計", 6), ("센서", 4), ("ｱ", 1),
      ("Ａ", 2), ("🛰", 1), ("😀", 2), ("e\u{301}", 1), ("a\u{200D}b", 2),
      ("\u{1112}\u{1161}\u{11AB}", 2), ("\u{3000}", 2), ("\u{2FFFD}", 2),
    ])
  func countsColumns(text: String, columns: Int) {
    #expect(TerminalText.width(text) == columns)
    #expect(withUTF8Bytes(of: text) { TerminalText.width($0) } == columns)
  }

  @Test(
    arguments: [
      ("device-3", 8, "device-3"), ("device-3", 7, "device…"), ("温度計", 5, "温度…"),
      ("温度計", 4, "温…"), ("温度計", 1, "…"), ("ab", 0, ""),
      ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
    ])
  func cutsWhatIsTooWide(text: String, columns: Int, cut: String) {
    #expect(TerminalText.fitted(text, columns: columns, ending: "…") == cut)
    #expect(TerminalText.width(cut) <= columns)
  }

  @Test func namesAreShownWithoutWhatSteersATerminal() {
    let name = "a\u{1B}[31mä\u{9B}"
    #expect(
      withUTF8Bytes(of: name) { TerminalText.shown($0, isUTF8: true) } == #"a\u001b[31mä\u009b"#)
    #expect(
      withUTF8Bytes(of: name) { TerminalText.shown($0, isUTF8: false) } == #"a\u001b[31m?\u009b"#)
  }
}
