// JSON documents, read by jansson and written by us.

import KESCore
import Testing

struct JSONValueTests {
  @Test(arguments: [
    "null", "true", "[]", "{}", "-7", "9223372036854775807", "0.5", "\"\"",
    #"{"b":[1,2.5,{"a":null}],"a":"x"}"#, #""é\n\"\\""#, #""a\u0000b""#,
  ])
  func readingAndWritingGivesTheSameText(text: String) throws {
    #expect(try JSONValue(parsing: text).description == text)
  }

  @Test(arguments: [
    ("", 1), ("{", 1), ("[1,]", 1), ("{\"a\":1,\n\"a\":2}", 2), ("nul", 1), ("1 2", 1),
    ("\"\u{0}\"", 1),
  ])
  func whatIsNotJSONSaysWhere(text: String, line: Int) {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect(error?.line == line)
    #expect(error?.reason.isEmpty == false)
  }

  @Test func membersKeepTheirOrderAndAreFoundByName() throws {
    let document = try JSONValue(parsing: #"{"z":1,"a":"text","list":[true]}"#)
    #expect(document["z"]?.integer == 1)
    #expect(document["a"]?.text == "text")
    #expect(document["list"]?.elements == [.boolean(true)])
    #expect(document["none"] == nil)
  }

  @Test func nestingIsLimited() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
  }
}
