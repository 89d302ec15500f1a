// What nobody sees stands as an escape, and nothing else does.

import Testing

@testable import KESCore

@Suite struct VisibleTextTests {
  @Test(arguments: [
    ("", ""), ("device-3", "device-3"), (#"a\nb"#, #"a\nb"#), ("äß→東京", "äß→東京"),
    ("\u{8}\t\n\u{B}\u{C}\r\u{1B}\u{7F}", #"\b\t\n\u000b\f\r\u001b\u007f"#),
    ("a\u{9B}2J", #"a\u009b2J"#), ("\u{A0}x\u{3000}", #"\u00a0x\u3000"#),
    ("\u{FEFF}{", #"\ufeff{"#), ("a\u{200B}b\u{2060}c\u{AD}d", #"a\u200bb\u2060c\u00add"#),
    ("x\u{202E}gpj.exe\u{2069}", #"x\u202egpj.exe\u2069"#), ("\u{61C}\u{200F}", #"\u061c\u200f"#),
    ("a\u{2028}b\u{2029}c\u{85}", #"a\u2028b\u2029c\u0085"#),
    ("ab\u{E0041}\u{E007F}", #"ab\udb40\udc41\udb40\udc7f"#), ("\u{2800}", #"\u2800"#),
    // Letters of all scripts, and marks upon them.
    ("e\u{301} שלום مرحبا नमस्ते 한국어", "e\u{301} שלום مرحبا नमस्ते 한국어"),
    ("\u{FFFD}", "\u{FFFD}"),
  ]) func whatNobodySeesIsAnEscape(text: String, visible: String) {
    #expect(VisibleText.of(text) == visible)
  }

  @Test(arguments: [
    "😀", "👍🏽", "❤️", "☎️ 1️⃣ #️⃣", "👨‍👩‍👧‍👦", "🕵️‍♂️", "👁️‍🗨️", "🏳️‍🌈", "🧑🏿‍🚀", "🇩🇪",
  ]) func emojiStand(text: String) {
    #expect(VisibleText.of(text) == text)
  }

  @Test(arguments: [
    ("a\u{200D}b", #"a\u200db"#), ("😀\u{200D}", #"😀\u200d"#), ("\u{200D}😀", #"\u200d😀"#),
    ("😀\u{200D}\u{200D}😀", #"😀\u200d\u200d😀"#), ("a\u{FE0F}", #"a\ufe0f"#),
    ("1\u{FE0F}", #"1\ufe0f"#), ("😀\u{FE0F}", #"😀\ufe0f"#), ("❤️\u{FE0F}", #"❤️\ufe0f"#),
    ("❤\u{FE0E}", #"❤\ufe0e"#), ("1\u{200D}2", #"1\u200d2"#),
    ("🏴\u{E0067}\u{E007F}", #"🏴\udb40\udc67\udb40\udc7f"#), ("می\u{200C}خواهم", #"می\u200cخواهم"#),
  ]) func whatMakesNoEmojiIsAnEscape(text: String, visible: String) {
    #expect(VisibleText.of(text) == visible)
  }

  /// The judge is Swift's own table of characters.
  @Test func theTableIsThatOfUnicode() {
    var wrong: [String] = []
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let properties = scalar.properties
      let isUnseen =
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case .spaceSeparator: value != 0x20
        default: properties.isDefaultIgnorableCodePoint
        }
      let isOurs = [0x2800, 0xFFF9, 0xFFFA, 0xFFFB].contains(value)
      let text = String(scalar)
      if (VisibleText.of(text) != text) != (isUnseen || isOurs) {
        wrong.append(String(value, radix: 16))
      }
    }
    #expect(wrong.isEmpty)
  }

  @Test(arguments: [
    ([0x61, 0x9B, 0x62], "a\u{FFFD}b"), ([0xE2, 0x80], "\u{FFFD}\u{FFFD}"), ([0xFF], "\u{FFFD}"),
    ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xC0, 0x9B], "\u{FFFD}\u{FFFD}"),
  ]) func whatIsNotUTF8SteersNothing(bytes: [UInt8], visible: String) {
    var output = ByteBlock()
    VisibleText.append(bytes.span, to: &output)
    #expect(output.withBytes { String(decodingBytes: $0) } == visible)
  }
}
