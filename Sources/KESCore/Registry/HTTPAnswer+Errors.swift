// The API's errors in an answer.

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
