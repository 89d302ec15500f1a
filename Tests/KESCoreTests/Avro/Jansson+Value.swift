// Any JSON text as a value, by jansson.

import CJansson

@testable import KESCore

extension Jansson {
  /// The document; nil where the bytes are none. Strings may hold NUL, names may not; numbers that
  /// are infinite are the strings "Infinity" and "-Infinity".
  ///
  /// - Parameter isLenient: whether names may repeat and hold NUL, of which then nothing is left.
  static func value(_ bytes: [UInt8], isLenient: Bool = false) -> JSONValue? {
    // Too large for jansson, and nothing else that our writers write.
    var text = String(decoding: bytes, as: UTF8.self)
      .replacing("-1e999", with: "\"-Infinity\"").replacing("1e999", with: "\"Infinity\"")
    if isLenient { text = text.replacing("\\u0000", with: "") }
    var error = json_error_t()
    let flags = JSON_ALLOW_NUL | JSON_DECODE_ANY | (isLenient ? 0 : JSON_REJECT_DUPLICATES)
    let parsed = unsafe Array(text.utf8).withUnsafeBufferPointer { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) {
        unsafe json_loadb($0.baseAddress, $0.count, Int(flags), &error)
      }
    }
    guard let root = unsafe parsed else { return nil }
    defer { unsafe json_decref(root) }
    return unsafe value(root)
  }

  /// A copy of a value of jansson.
  static func value(_ value: UnsafeMutablePointer<json_t>) -> JSONValue {
    switch unsafe value.pointee.type {
    case JSON_TRUE: .boolean(true)
    case JSON_FALSE: .boolean(false)
    case JSON_INTEGER: .integer(Int64(unsafe json_integer_value(value)))
    case JSON_REAL: .real(unsafe json_real_value(value))
    case JSON_STRING: .string(unsafe text(json_string_value(value), json_string_length(value)))
    case JSON_ARRAY: unsafe elements(of: value)
    case JSON_OBJECT: unsafe members(of: value)
    default: .null
    }
  }

  private static func text(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
    unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
  }

  private static func elements(of value: UnsafeMutablePointer<json_t>) -> JSONValue {
    .array(
      (0..<(unsafe json_array_size(value))).compactMap { index in
        unsafe json_array_get(value, index).map { unsafe Jansson.value($0) }
      })
  }

  private static func members(of value: UnsafeMutablePointer<json_t>) -> JSONValue {
    var members: [JSONMember] = []
    var place = unsafe json_object_iter(value)
    while let at = unsafe place {
      if let member = unsafe json_object_iter_value(at) {
        let key = unsafe text(json_object_iter_key(at), json_object_iter_key_len(at))
        members.append(JSONMember(key, unsafe Jansson.value(member)))
      }
      unsafe place = json_object_iter_next(value, at)
    }
    return .object(members)
  }
}
