// Text to a JSON document, by jansson: the one file that touches the library.

internal import CJansson

/// Text that is no JSON document.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Both from 1.
  public let line: Int
  public let column: Int
  public let reason: String

  public var description: String { "line \(line), column \(column): \(reason)" }
}

extension JSONValue {
  /// Reads one document. Objects whose members repeat a name are refused, and so are names with NUL
  /// characters and nesting deeper than jansson's limit of 2048.
  ///
  /// Throws `JSONError` where `text` is not JSON.
  public init(parsing text: String) throws(JSONError) {
    var fault = json_error_t()
    let flags = Int(JSON_DECODE_ANY) | Int(JSON_REJECT_DUPLICATES) | Int(JSON_ALLOW_NUL)
    let bytes = Array(text.utf8)
    let parsed = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
        unsafe json_loadb(characters.baseAddress, characters.count, flags, &fault)
      }
    }
    guard let root = unsafe parsed else {
      throw JSONError(
        line: Int(fault.line), column: Int(fault.column),
        reason: JSONValue.reason(&fault))
    }
    defer { unsafe json_decref(root) }
    self = unsafe JSONValue(root)
  }

  private static func reason(_ fault: inout json_error_t) -> String {
    unsafe withUnsafeBytes(of: &fault.text) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// A copy of jansson's value, which stays its owner's.
  private init(_ value: UnsafeMutablePointer<json_t>) {
    switch unsafe value.pointee.type {
    case JSON_TRUE: self = .boolean(true)
    case JSON_FALSE: self = .boolean(false)
    case JSON_INTEGER: self = .integer(Int64(unsafe json_integer_value(value)))
    case JSON_REAL: self = .real(unsafe json_real_value(value))
    case JSON_STRING:
      // Bytes in schemas' defaults may be 0.
      let text = unsafe UnsafeRawBufferPointer(
        start: json_string_value(value), count: json_string_length(value))
      self = .string(unsafe String(decoding: text, as: UTF8.self))
    case JSON_ARRAY:
      var elements: [JSONValue] = []
      for index in 0..<(unsafe json_array_size(value)) {
        if let element = unsafe json_array_get(value, index) {
          elements.append(unsafe JSONValue(element))
        }
      }
      self = .array(elements)
    case JSON_OBJECT:
      var members: [JSONMember] = []
      var place = unsafe json_object_iter(value)
      while let at = unsafe place {
        if let member = unsafe json_object_iter_value(at) {
          members.append(
            JSONMember(
              unsafe String(cString: json_object_iter_key(at)), unsafe JSONValue(member)))
        }
        unsafe place = json_object_iter_next(value, at)
      }
      self = .object(members)
    default: self = .null
    }
  }
}
