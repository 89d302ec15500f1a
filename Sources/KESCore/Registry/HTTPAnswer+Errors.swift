// The API's errors in an answer.

/// The error codes of the API (Confluent Schema Registry, API reference, "Errors").
enum RegistryErrorCode: Int64 {
  case subjectNotFound = 40401
  case versionNotFound = 40402
  case schemaNotFound = 40403
  case incompatibleSchema = 409
  case invalidSchema = 42201
}

extension HTTPAnswer {
  /// The API's code, where the answer is an error that has one.
  var errorCode: RegistryErrorCode? {
    // Some servers make more digits of it.
    if status == 409 { return .incompatibleSchema }
    guard status >= 400, let document = try? JSONValue(parsing: body) else { return nil }
    return document["error_code"]?.integer.flatMap(RegistryErrorCode.init(rawValue:))
  }

  /// What the server says is wrong, as part of a message.
  var message: String? {
    guard let document = try? JSONValue(parsing: body) else { return nil }
    return document["message"]?.text?.asOneLine()
  }

  /// The status, and what the server says is wrong.
  var complaint: String {
    if let redirect {
      return "status \(status), a redirect to \(redirect.asOneLine())"
    }
    return "status \(status)" + (message.map { ": " + $0 } ?? "")
  }
}
