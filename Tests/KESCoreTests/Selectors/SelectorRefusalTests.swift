// What is no selector, and what is said of it.

import Testing

@testable import KESCore

@Suite struct SelectorRefusalTests {
  /// What the failure says; empty without one.
  private func refusal(_ text: String) -> String {
    do {
      _ = try SelectorUnderTest(text)
      return ""
    } catch {
      #expect(error.kind == .usage)
      return error.description
    }
  }

  /// What jq has and kes has not, and how it is named.
  static let unknown: [(String, String)] = [
    (".a, .b", "several values, \",\""), (".a[]", "all elements of a value, \"[]\""),
    (".[]", "all elements of a value"), ("select(.a)", "\"select\""), ("def f: 1; f", "\"def\""),
    ("input", "\"input\""), ("now", "\"now\""), (".a + 1", "arithmetic, \"+\""),
    (".a -1", "arithmetic, \"-\""), ("-.a", "arithmetic, \"-\""), ("-(1)", "arithmetic"),
    (".a * 2", "arithmetic"), (".a / 2", "arithmetic"), (".a % 2", "arithmetic"),
    (".a = 1", "assignments, \"=\" (\"==\" compares)"), (".a |= 1", "assignments"),
    (".a //= 1", "assignments"), ("..", "all values below one"), ("[.a]", "arrays that are made"),
    ("{a:.a}", "objects that are made"), ("$x", "variables, \"$x\""), ("$__loc__", "variables"),
    ("@base64", "formats, \"@base64\""), ("\"\\(.a)\"", "text with values in it"),
    ("if .a then 1 else 2 end", "\"if\""), ("try .a", "\"try\""),
    ("reduce . as $x (0; 1)", "\"reduce\""),
    (".a as $x | $x", "\"as\""), ("label $x | 1", "\"label\""), ("any(.a)", "\"any\""),
    ("tojson", "\"tojson\""), ("test(.a)", "\"test\" of what is computed"),
    ("startswith(.a)", "\"startswith\" of what is computed"), (".[.a]", "names and places"),
    ("contains([\"a\"])", "\"contains\" of what is computed"), ("has(.a)", "\"has\" of what"),
    ("IN(.a)", "\"IN\" of what is computed"), ("IN(1; 2)", "\"IN\" of two streams"),
    (".[0.9]", "places with a fraction"), (".[1e2]", "places with a fraction"),
    ("reverse", "\"reverse\""), ("empty", "\"empty\""),
  ]

  @Test(arguments: unknown) func namesWhatJqHasAndTheWayThroughIt(text: String, what: String) {
    let refusal = refusal(text)
    #expect(refusal.contains("jq has \(what)"))
    let way = text.contains("\n") ? "EXPR" : text
    #expect(refusal.contains("jq -c '.k = (\(way))' | kes-segment --key .k"))
  }

  /// What is no jq either.
  static let wrong: [(String, String, Int)] = [
    ("", "expected a value, found the end", 0), (".a ==", "expected a value, found the end", 5),
    (".a .b )", "expected an operator or the end, found \")\"", 6),
    ("(.a", "expected an operator or \")\"", 3),
    (".a < 2 < 3", "comparisons do not chain", 7),
    (".a == 1 == true", "comparisons do not chain", 8),
    (". a", "expected a name of letters", 1), (".é", "expected a name of letters", 1),
    (".@t", "expected a name of letters", 1), (".$date", "expected a name of letters", 1),
    (".a.", "expected a name of letters", 3), (".[:]", "a slice needs a number", 3),
    (".a == 'x'", "strings stand in double quotes", 6),
    ("\"a", "a string without its closing quote", 0),
    ("\"\\a\"", "an escape that JSON does not have", 1),
    ("test(\"\\d\")", "an escape that JSON", 6),
    ("\"\\ud800\"", "half of a surrogate pair", 1), ("\"\\u12\"", "four hexadecimal digits", 1),
    (". == 0x10", "expected an operator or the end, found \"x10\"", 6),
    (". == +5", "jq has arithmetic", 5), ("foo", "neither jq nor kes has a function \"foo\"", 0),
    ("test()", "expected a string for \"test\", found \")\"", 5),
    ("length(1)", "takes nothing in parentheses", 6),
    ("test(\"a\";\"i\";\"x\")", "too much in the parentheses", 12),
    ("IN()", "expected a literal", 3),
    ("IN(1,)", "expected a literal", 5), ("startswith", "expected \"startswith(\"TEXT\")\"", 10),
    (".a\u{A0}", "a selector has no character", 2),
    (".a & .b", "a selector has no character \"&\"", 3),
    (".a.[\"b\"]", "expected \"[\" without a dot", 2),
    (".a?//1", "jq reads \"?//\" as one mark", 2), ("1 2", "expected an operator or the end", 2),
    (".a and", "expected a value, found the end", 6),
    ("test(\"a\"; \"q\")", "the flags i and x", 11),
    ("test(\"a\\\\qb\")", "\"\\q\" in a pattern is not the same everywhere", 7),
    ("test(\"é(\")", "a group that is not closed", 7),
  ]

  @Test(arguments: wrong) func marksThePlace(text: String, what: String, place: Int) {
    let lines = refusal(text).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.first?.contains(what) == true, "\(lines)")
    guard place >= 0, lines.count > 2 else { return }
    #expect(lines[1] == "  " + VisibleText.of(text))
    #expect(lines[2] == "  " + String(repeating: " ", count: place) + "^")
  }

  @Test func theMarkStandsUnderWideCharactersAndInTheRightLine() {
    let lines = refusal("# 日本\n.\"日本é\" == == 1 | \n.b").split(separator: "\n")
    #expect(lines[1] == "  .\"日本é\" == == 1 | ")
    #expect(lines[2] == "  " + String(repeating: " ", count: 12) + "^")
  }

  @Test func nestingAndLengthAreBounded() {
    let deep = { (count: Int) in
      String(repeating: "(", count: count) + ".a" + String(repeating: ")", count: count)
    }
    #expect(refusal(deep(100)).isEmpty)
    #expect(refusal(deep(101)).contains("nest more than 100 deep"))
    #expect(refusal(deep(30_000)).contains("nest more than 100 deep"))
    #expect(refusal(String(repeating: " ", count: 70_000)).contains("too long"))
    #expect(refusal(".a" + String(repeating: " or .a", count: 9000)).isEmpty)
    #expect(refusal(".a" + String(repeating: "?", count: 30_000)).isEmpty)
    #expect(refusal(".a" + String(repeating: " | not", count: 10_000)).isEmpty)
  }

  @Test func aComparisonBehindAnAlternativeIsWarnedOf() throws {
    let warnings = try SelectorUnderTest(".a // 0 > 9").warnings
    #expect(warnings.count == 1)
    #expect(warnings.first?.hasPrefix("--key: .a // 0 > 9 is .a // (0 > 9), as in jq; ") == true)
    #expect(try SelectorUnderTest(".a // .b and .c").warnings.count == 1)
    #expect(try SelectorUnderTest("(.a // 0) > 9").warnings.isEmpty)
    #expect(try SelectorUnderTest(".a // (0 > 9)").warnings.isEmpty)
    #expect(try SelectorUnderTest(".a > 1 // 2").warnings.isEmpty)
  }
}
