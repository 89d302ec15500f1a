// Shell patterns, by table and against the C library.

import Glibc
import TestSupport
import Testing

@testable import KESCore

@Suite struct GlobTests {
  private static func matches(_ pattern: String, _ text: String) -> Bool {
    withUTF8Bytes(of: text) { Glob(pattern).matches($0) }
  }

  @Test(arguments: [
    ("", "", true), ("", "a", false), ("a", "a", true), ("a", "ab", false),
    ("*", "", true), ("*", "any/.thing", true), ("device-*", "device-12", true),
    ("device-*", "devices", false), ("*-1*2", "device-1122", true), ("?", "", false),
    ("device-?", "device-7", true), ("device-?", "device-77", false), ("?", "ü", true),
    ("[ä-ö]?", "ö𝄞", true), ("[0-4]", "5", false), ("[!0-4]", "5", true), ("[^0-4]", "4", false),
    ("[]a]", "]", true), ("[!]a]", "]", false), ("[a-]", "-", true), ("[b-a]", "a", false),
    ("[a\\]b]", "]", true), ("\\*", "*", true), ("\\*", "a", false), ("[", "[", true),
    ("[ab", "[ab", true), ("a\\", "a\\", true), ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false),
    ("a*b", "a\u{0}b", true),
  ])
  func matchesAsTheShellDoes(pattern: String, text: String, expected: Bool) {
    #expect(Self.matches(pattern, text) == expected)
  }

  @Test func agreesWithTheCLibraryOnRandomPatterns() {
    var generator = SeededGenerator(seed: 1)
    func word(_ alphabet: String, _ greatest: Int) -> String {
      let letters = Array(alphabet)
      let count = Int.random(in: 0...greatest, using: &generator)
      return String((0..<count).map { _ in letters.randomElement(using: &generator) ?? "a" })
    }
    var matched = 0
    for _ in 0..<20_000 {
      // A backslash at the end is an error there and a character here.
      let pattern = word("aabbc**?[]!-\\", 8) + "a"
      let text = word("abc-", 5) + (generator.chance(70) ? "a" : "")
      let expected = unsafe fnmatch(pattern, text, 0) == 0
      if expected { matched += 1 }
      #expect(Self.matches(pattern, text) == expected, "\(pattern) on \(text)")
      if Self.matches(pattern, text) != expected { return }
    }
    #expect(matched > 200)
  }
}
