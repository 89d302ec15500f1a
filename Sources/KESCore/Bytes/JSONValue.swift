// A JSON document as a tree of values, read by jansson: schemas, answers of a registry, configuration.

internal import CJansson

/// A value of JSON (RFC 8259). Not for the record path, which scans bytes.
public indirect enum JSONValue: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// A number without fraction and exponent that fits into 64 bits.
  case integer(Int64)
  case real(Double)
  case string(String)
  case array([JSONValue])
  /// In the order of the document.
  case object([JSONMember])

  /// The value of a member; nil where this is no object, or has no such member.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  public var text: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  public var integer: Int64? {
    if case .integer(let value) = self { return value }
    return nil
  }

  public var elements: [JSONValue]? {
    if case .array(let elements) = self { return elements }
    return nil
  }

  /// What kind of value this is, for messages.
  public var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "a truth value"
    case .integer, .real: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSONValue {
  /// The same with the members of every object by their names: JSON gives their order no meaning
  /// (RFC 8259, section 4).
  public var withSortedMembers: JSONValue {
    switch self {
    case .array(let elements): .array(elements.map(\.withSortedMembers))
    case .object(let members):
      .object(
        members.map { JSONMember($0.name, $0.value.withSortedMembers) }
          .sorted { $0.name < $1.name })
    default: self
    }
  }
}

/// A member of a JSON object.
public struct JSONMember: Hashable, Sendable {
  public let name: String
  public let value: JSONValue

  public init(_ name: String, _ value: JSONValue) {
    self.name = name
    self.value = value
  }
}

extension JSONValue: CustomStringConvertible {
  /// The document as text, without white space.
  public var description: String { ByteBlock.text { append(to: &$0) } }

  private func append(to output: inout ByteBlock) {
    switch self {
    case .null: output.append("null")
    case .boolean(let value): output.append(value ? "true" : "false")
    case .integer(let value): output.append(decimal: value)
    case .real(let value): output.append(shortest: value)
    case .string(let text): JSONValue.append(text, to: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        element.append(to: &output)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let members):
      output.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        JSONValue.append(member.name, to: &output)
        output.append(UInt8(ascii: ":"))
        member.value.append(to: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  private static func append(_ text: String, to output: inout ByteBlock) {
    let bytes = Array(text.utf8)
    JSONText.appendString(bytes.span, to: &output)
  }
}

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
      var next = unsafe json_object_iter(value)
      while let at = unsafe next {
        if let member = unsafe json_object_iter_value(at) {
          members.append(
            JSONMember(
              unsafe String(cString: json_object_iter_key(at)), unsafe JSONValue(member)))
        }
        unsafe next = json_object_iter_next(value, at)
      }
      self = .object(members)
    default: self = .null
    }
  }
}
