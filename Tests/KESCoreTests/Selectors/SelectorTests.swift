// What selectors mean: a table that stands alone, each line as jq 1.8 has it.

import Testing

@testable import KESCore

@Suite struct SelectorTests {
  /// An expression, a record, and what it comes to: JSON, or `nothing`.
  static let values: [(String, String, String)] = [
    // Paths.
    (".", #"{"a":1}"#, #"{"a":1}"#), (".a", "null", "null"), (".a.b.c", "{}", "null"),
    (".a.b?", #"{"a":5}"#, "nothing"), (".a?.b?", #"{"a":5}"#, "nothing"),
    ("(.a.b)?", "5", "nothing"), (".a.b??", "5", "nothing"),
    (#"(.a.b)? // "d""#, #"{"a":5}"#, #""d""#), (".[5]", "[1,2]", "null"),
    (".[-1]", "[1,2]", "2"), (".[-3]", "[1,2]", "null"), (".[0]", "null", "null"),
    (".[99999999999999999999]", "[1]", "null"), (".a[0][1]", #"{"a":[[1,2]]}"#, "2"),
    (#"."a b""#, #"{"a b":1}"#, "1"), (#".["@t"]"#, #"{"@t":1}"#, "1"),
    (#". "a""#, #"{"a":1}"#, "1"), (". .a", #"{"a":1}"#, "1"), (".a .b", #"{"a":{"b":1}}"#, "1"),
    (#".a . "b""#, #"{"a":{"b":1}}"#, "1"), (".and", #"{"and":1}"#, "1"),
    (#"."\u0061""#, #"{"a":1}"#, "1"), (".a", #"{"a":1,"\u0061":2}"#, "2"),
    (".a.b?", #"{"a":{"b":1},"a":3}"#, "nothing"), (".a | .b", #"{"a":{"b":1}}"#, "1"),
    ("(.a // .b).c", #"{"b":{"c":1}}"#, "1"), ("(.a // .b)[-1].c", #"{"b":[{"c":1,"c":2}]}"#, "2"),
    (#"(.a // .b)."\"""#, #"{"b":{"\u0022":[ ]}}"#, "[]"),
    // Slices.
    (".a[1:3]", #"{"a":"abcdef"}"#, #""bc""#), (".a[1:4]", #"{"a":"äöü😀x"}"#, #""öü😀""#),
    (".a[-2:]", #"{"a":"ab\u00e9d"}"#, #""éd""#), (".[1:]", "[1, 2 ,3 ]", "[2,3]"),
    (".[:-1]", "[1,2,3]", "[1,2]"), (".[2:1]", "[1,2,3]", "[]"), (".[5:]", "[1]", "[]"),
    (".[1:][0]", "[1,2]", "2"), (".[1:3]", "null", "null"), ("null[1:2]", "1", "null"),
    (#""abc"[1:]"#, "1", #""bc""#), (".[1:][1:]", #""äbcd""#, #""cd""#),
    // Truth and alternatives.
    (".a // .b // 3", #"{"b":0}"#, "0"), (#".a // "d""#, #"{"a":false}"#, #""d""#),
    (".a // false", #"{"a":null}"#, "false"), (".x // .a == 1", #"{"a":1}"#, "true"),
    ("(.x // .a) == 1", #"{"a":1}"#, "true"), (".a == 1 // false", #"{"a":1}"#, "true"),
    (".a // 0 > 9", #"{"a":1}"#, "1"), (#"(.a? | .b?) // "d""#, "5", #""d""#),
    (".a? and true", "5", "nothing"), ("false and .a?", "5", "false"),
    ("true or .a?", "5", "true"), (".a == 1 and .b == 2 or .c", #"{"a":1,"b":2}"#, "true"),
    ("true or false and false", "1", "true"), (".a == 1 | not", #"{"a":1}"#, "false"),
    (".a == 2 | not and true", #"{"a":1}"#, "true"), (".a and (.b | not)", #"{"a":""}"#, "true"),
    ("0 and {}", "1", "refused"),
    // Comparisons.
    (".a == 1.0 and .a == 1e0 and .a == 10e-1", #"{"a":1}"#, "true"),
    (".a == -1", #"{"a":-1.0}"#, "true"), (".a == 0", #"{"a":-0}"#, "true"),
    (".a > 9007199254740992", #"{"a":9007199254740993}"#, "true"),
    (".a == 0.1", #"{"a":0.1000000000000000055}"#, "false"),
    (".a > 1e308", #"{"a":1e1000}"#, "true"), (".a == 1e999", #"{"a":1e1000}"#, "false"),
    (".a == .b", #"{"a":1e-99999999999999999999,"b":10e-100000000000000000000}"#, "true"),
    (#"null < false and false < true and true < 0 and 0 < """#, "1", "true"),
    (#".a < .b and .b < .c"#, #"{"a":"z","b":[],"c":{}}"#, "true"),
    (".a != 5", "{}", "true"), (".a >= null", "{}", "true"), (".a == {}", "{}", "refused"),
    (".a < .b", #"{"a":"\uffff","b":"😀"}"#, "true"), (#".a < "ä""#, #"{"a":"a"}"#, "true"),
    (#".a == "\u00e9""#, #"{"a":"\u00E9"}"#, "true"), (#".a == "a/b""#, #"{"a":"a\/b"}"#, "true"),
    (".a == .b", #"{"a":"\n","b":"\u000a"}"#, "true"), ("IN(5.0, 6)", "5", "true"),
    (#"IN("x", null, -1)"#, "null", "true"), (#"IN("x", "y")"#, #""z""#, "false"),
    (#"IN("\n")"#, #""\u000a""#, "true"), ("IN(1)", "[1]", "false"),
    // Which of nothing and an error counts: the right side is asked first.
    (".a.b == (.c | .d?)", #"{"a":5,"c":5}"#, "nothing"),
    // Functions.
    (#"startswith("a")"#, #""\u0061b""#, "true"), (#"endswith("")"#, #""x""#, "true"),
    (#"contains("b\u0000")"#, #""ab\u0000c""#, "true"), (#"contains("")"#, #""""#, "true"),
    (#"has("a")"#, #"{"a":null}"#, "true"), (#"has("b")"#, #"{"a":null}"#, "false"),
    (#"has("a")"#, "null", "false"), (".a | has(0)", #"{"a":[1]}"#, "true"),
    ("has(1)", "[1]", "false"), ("has(-1)", "[1]", "false"),
    (#".[0:] | has(0)"#, "[1]", "true"), (#"(.x // .a) | has("b")"#, #"{"a":{"b":1}}"#, "true"),
    ("tostring", "1.0", #""1.0""#), ("tostring", "1e2", #""1E+2""#), ("tostring", "-0", #""-0""#),
    ("tostring", "0.00000010", #""1.0E-7""#), ("tostring", "0.000001", #""0.000001""#),
    ("tostring", "100e-2", #""1.00""#), ("tostring", "0e5", #""0E+5""#),
    ("tostring", "12345678901234567890123", #""12345678901234567890123""#),
    ("-1.50 | tostring", "1", #""-1.50""#), ("-0 | tostring", "1", #""0""#),
    ("005 | tostring", "1", #""5""#), (".5 | tostring", "1", #""0.5""#),
    ("tostring", "null", #""null""#), ("tostring", "true", #""true""#),
    (
      "tostring", #"{"b":1, "a":[1e2,"\u007f"],"\u0062":3}"#,
      #""{\"b\":3,\"a\":[1E+2,\"\\u007f\"]}""#
    ),
    ("tonumber", #""9007199254740993""#, "9007199254740993"), ("tonumber", "5", "5"),
    ("tonumber | tostring", #""+.5e1""#, #""5""#), ("tonumber | tostring", #""005""#, #""5""#),
    ("tonumber", #""nan""#, "null"), ("tonumber < 1", #""nan""#, "true"),
    ("tonumber == tonumber", #""NaN""#, "false"), ("tonumber | type", #""nan""#, #""number""#),
    ("tonumber > 1e999", #""Infinity""#, "true"),
    ("tonumber | tostring", #""-inf""#, #""-1.7976931348623157e+308""#),
    ("ascii_downcase", #""ÄBc""#, #""Äbc""#), ("ascii_upcase", #""äbC""#, #""äBC""#),
    (#"ltrimstr("conn")"#, #""conn12""#, #""12""#), (#"ltrimstr("x")"#, #""conn""#, #""conn""#),
    (#"rtrimstr("2")"#, #""conn12""#, #""conn1""#), (#"rtrimstr("")"#, #""a""#, #""a""#),
    ("length", #""äö😀""#, "3"), ("length", "-5.0", "5.0"), ("length | tostring", "-0.0", #""0.0""#),
    ("length", "null", "0"), ("length", "[1,[2,3]]", "2"), ("length", #"{"a":1,"a":2,"b":3}"#, "2"),
    ("type", "1", #""number""#), (".a | type", "{}", #""null""#), ("not", "null", "true"),
    // Comments and white space.
    (".a # c\n | # d \\\n e \n .b", #"{"a":{"b":1}}"#, "1"), ("1 # c \\\n 2", "1", "1"),
    ("test\n(\n\"a\"\n;\n\"i\"\n)", #""xA""#, "true"), ("\t.a\r\n", #"{"a":1}"#, "1"),
  ]

  @Test(arguments: values) func givesWhatJqGives(
    text: String, record: String, expected: String
  ) {
    let wanted: SelectorVerdict =
      switch expected {
      case "nothing": .nothing
      case "refused": .refused
      default: .value(JSONTree(expected))
      }
    #expect(verdict(text, record) == wanted)
  }

  /// What is an error in jq, and what kes does not do.
  static let faults: [(String, String, SelectorFault.Code)] = [
    (".a", "5", .noMembers), (".a", #""s""#, .noMembers), (".a", "[1]", .noMembers),
    (".[0]", "{}", .noElements), (".a.b", #"{"a":5}"#, .noMembers), (".a.b?", "5", .noMembers),
    (".a[0].b", #"{"a":[1]}"#, .noMembers), (#".a.b // "d""#, #"{"a":5}"#, .noMembers),
    (".a[1:3]", #"{"a":5}"#, .noSlice), ("true.a", "1", .noMembers), (".a | 1", "5", .noMembers),
    (#".a | "x""#, "5", .noMembers), (".a.b.c?", #"{"a":5}"#, .noMembers),
    ("(.c | .d?) == .a.b", #"{"a":5,"c":5}"#, .noMembers), (".a | .b?", "5", .noMembers),
    ("not .a", "1", .noMembers), (".a | (.b)?", "5", .noMembers),
    (#".a | test("x")?"#, "5", .noMembers),
    (#"test("a")"#, "null", .noString), (#"startswith("a")"#, "5", .noString),
    (#"contains("a")"#, #"["a"]"#, .noString), ("ascii_downcase", "null", .noString),
    (#"ltrimstr("a")"#, "5", .noString), (#"has("a")"#, #""s""#, .hasNoNames),
    (#"has("a")"#, "[1]", .hasNoNames), ("has(0)", "{}", .hasNoPlaces),
    ("tonumber", "true", .noNumber), ("tonumber", #"" 5""#, .noNumber),
    ("tonumber", #""0x10""#, .noNumber), ("tonumber", #""""#, .noNumber),
    ("tonumber", #""5\u0000""#, .noNumber), ("tonumber", #""nan1""#, .noNumber),
    ("length", "true", .noLength), (".a == .b", #"{"a":[],"b":[]}"#, .comparesContainers),
    (".a < .b", #"{"a":{},"b":{}}"#, .comparesContainers),
    (#"test("^(x+x+)+[^x]")"#, "\"\(String(repeating: "x", count: 64))\"", .matchLimit),
    ("tostring", String(repeating: "[", count: 400) + String(repeating: "]", count: 400), .tooDeep),
  ]

  @Test(arguments: faults) func failsWhereItMust(
    text: String, record: String, code: SelectorFault.Code
  ) {
    #expect(verdict(text, record) == .fault(code))
  }

  @Test func aFaultSaysWhatWentWrongAndTheWayOut() throws {
    let cases: [(String, String, String)] = [
      (
        #".a.b == "x""#, #"{"a":5}"#,
        #"--key .a.b == "x": .a is a number, which has no members, so no .b; with "?" behind it"#
      ),
      (".a", "[]", "--key .a: the record is an array, which has no members, so no .a; "),
      (
        #".t | test("x")"#, "{}",
        #"--key .t | test("x"): test("x") of null: it is for strings alone; (… // "") | …"#
      ),
      (
        ".a == .b", #"{"a":[],"b":[]}"#,
        "two arrays are compared, which jq can and kes cannot; compare members of them"
      ),
    ]
    for (text, record, expected) in cases {
      let selector = try SelectorUnderTest(text)
      let fault = try #require(selector.result(record).1)
      #expect(selector.selector.text(of: fault).contains(expected))
    }
  }

  @Test func aPlainPathIsKnown() throws {
    let path: [PathStep] = [.member(Array("a".utf8)), .member(Array("b c".utf8))]
    for text in [#".a."b c""#, #".["a"]["b c"]"#, #"(.a) | ."b c""#, #"(.a."b c")"#] {
      #expect(try SelectorUnderTest(text).selector.plainPath == path)
    }
    for text in [".", ".a[0]", ".a?", ".a // .b", "$message.key", ".a | length", #""a""#] {
      #expect(try SelectorUnderTest(text).selector.plainPath == nil)
    }
  }

  @Test func theMessageIsAskedThroughSlotsOfItsOwn() throws {
    let message = #"{"key":"k\u00e9","timestamp":5,"headers":{"h":"v"},"topic":"t"}"#
    let selector = try SelectorUnderTest(#"$message.headers.h == "v" and .a == $message.timestamp"#)
    #expect(selector.selector.usesMessage)
    #expect(selector.verdict(#"{"a":5.0}"#, message: message) == .value(.boolean(true)))
    #expect(try !SelectorUnderTest(".message").selector.usesMessage)
    let key = try SelectorUnderTest("$message.key")
    #expect(key.verdict("{}", message: message) == .value(.string(Array("ké".utf8))))
    let has = try SelectorUnderTest(#"$message.headers | has("x")"#)
    #expect(has.verdict("{}", message: message) == .value(.boolean(false)))
    let whole = try SelectorUnderTest("$message | length")
    #expect(whole.verdict("{}", message: message) == .value(.number("4")))
  }

  @Test func oneTrieServesAllSelectors() throws {
    var compiler = SelectorCompiler()
    _ = try compiler.add(".a.b", as: "--key")
    let count = compiler.wanted.count
    let second = try compiler.add(#".a.b == "x" and has("a")"#, as: "--start")
    #expect(compiler.wanted.count == count)
    #expect(second.number == 1)
  }
}
