// A schema as a document, for comparing.

/// The JSON document of a schema. Two are equal where they hold the same, whatever the white space
/// and the order of members, which JSON gives no meaning (RFC 8259, section 4).
struct SchemaDocument: Hashable, Sendable {
  private let value: JSONValue

  /// Throws `JSONError` where `text` is not JSON.
  init(parsing text: String) throws(JSONError) {
    value = try JSONValue(parsing: text).withSortedMembers
  }
}
