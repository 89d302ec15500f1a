// libcurl behind a safe face: the library, loaded when first needed, and one handle.

internal import CCurl

/// The functions of libcurl, once loaded.
///
/// Holds what `kes_curl_load` made and frees it. Handles keep their library alive.
@safe
final class CurlLibrary: @unchecked Sendable {
  // Sendable: the table of functions is written before any thread sees it, and the count of open
  // handles is atomic; curl's functions may run on several threads, one for a handle.
  fileprivate let pointer: OpaquePointer

  /// The name of the library on every Linux; its major version has been 4 since 2006.
  static let name = "libcurl.so.4"

  /// The process's, loaded by whoever asks first.
  static let shared = Result { () throws(Failure) in try CurlLibrary(loading: name) }

  /// Throws `.libraryMissing`.
  init(loading name: String) throws(Failure) {
    var reason = [CChar](repeating: 0, count: 512)
    guard let loaded = unsafe kes_curl_load(name, &reason, reason.count) else {
      let text = reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
      throw .transfer(.libraryMissing, String(decoding: text, as: UTF8.self))
    }
    unsafe pointer = loaded
  }

  deinit { unsafe kes_curl_unload(pointer) }

  /// How many handles and lists of headers are open.
  var openCount: Int { Int(unsafe kes_curl_open_count(pointer)) }

  fileprivate func reason(_ code: CURLcode) -> String {
    unsafe String(cString: kes_curl_reason(pointer, code))
  }
}

/// Owns a handle of libcurl, which keeps its connections from request to request; with
/// `CurlLibrary` the only one that touches the C module. One request at a time.
@safe
struct CurlHandle: ~Copyable {
  /// An answer may have so many bytes: a schema of that size is a mistake.
  static let greatestAnswer = 16 << 20

  private let library: CurlLibrary
  private let handle: UnsafeMutableRawPointer
  /// Where curl words what went wrong.
  private let errorText: UnsafeMutablePointer<CChar>
  private let settings: RegistrySettings

  /// Throws a failure where memory is exhausted.
  init(_ library: CurlLibrary, settings: RegistrySettings) throws(Failure) {
    guard let opened = unsafe kes_curl_open(library.pointer) else {
      throw .transfer(.libraryMissing, "no handle: out of memory")
    }
    self.library = library
    unsafe handle = opened
    unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    self.settings = settings
  }

  deinit {
    unsafe kes_curl_close(library.pointer, handle)
    unsafe errorText.deallocate()
  }

  /// Makes `request` and waits for its answer, of whatever status; redirects are not followed.
  ///
  /// - Parameter goesOn: asked at least once a second, and when a signal comes; false ends the waiting.
  /// Throws `Failure`.
  mutating func answer(
    to request: HTTPRequest, while goesOn: @escaping () -> Bool = { true }
  ) throws(Failure) -> HTTPAnswer {
    unsafe kes_curl_reset(library.pointer, handle)
    unsafe errorText.pointee = 0
    let body = AnswerBody(limit: CurlHandle.greatestAnswer)
    let headers = try HeaderList(library)
    try setTransport(request.url)
    try setCredentials(settings.credentials(for: request.url))
    try setRequest(request, headers)
    try check(
      unsafe kes_curl_set_receiver(
        library.pointer, handle, receiveAnswer, Unmanaged.passUnretained(body).toOpaque()))
    let watch = TransferWatch(goesOn)
    try check(
      unsafe kes_curl_set_progress(
        library.pointer, handle, watchTransfer, Unmanaged.passUnretained(watch).toOpaque()))
    // Curl holds pointers to these until the transfer is over.
    let code = withExtendedLifetime((body, watch)) {
      withExtendedLifetime(headers) { unsafe kes_curl_perform(library.pointer, handle) }
    }
    if body.isTooLong {
      throw .transfer(.badAnswer, "more than \(CurlHandle.greatestAnswer) bytes")
    }
    try check(code, of: request.url)
    return takeAnswer(body)
  }

  // MARK: Options

  private func setTransport(_ url: RegistryURL) throws(Failure) {
    unsafe kes_curl_set_error_buffer(library.pointer, handle, errorText)
    // Timeouts without signals, which belong to the tool.
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_TIMEOUT_MS, Int(settings.requestTimeoutMilliseconds))
    try set(CURLOPT_CONNECTTIMEOUT_MS, Int(settings.connectionTimeoutMilliseconds))
    if url.isLoopback { try set(CURLOPT_PROXY, "") }
    if let path = settings.authorityFile { try set(CURLOPT_CAINFO, path) }
    if let path = settings.certificateFile { try set(CURLOPT_SSLCERT, path) }
    if let path = settings.keyFile { try set(CURLOPT_SSLKEY, path) }
  }

  private func setCredentials(_ credentials: HTTPCredentials?) throws(Failure) {
    switch credentials {
    case .basic(let user, let password):
      try set(CURLOPT_HTTPAUTH, kes_curl_auth_basic)
      try set(CURLOPT_USERNAME, user)
      try set(CURLOPT_PASSWORD, password)
    case .bearer(let token):
      try set(CURLOPT_HTTPAUTH, kes_curl_auth_bearer)
      try set(CURLOPT_XOAUTH2_BEARER, token)
    case nil: break
    }
  }

  private func setRequest(
    _ request: HTTPRequest, _ headers: borrowing HeaderList
  ) throws(Failure) {
    try set(CURLOPT_URL, request.url.base + request.path)
    if let body = request.body { try set(CURLOPT_COPYPOSTFIELDS, body) }
    try set(CURLOPT_CUSTOMREQUEST, request.method)
    try set(CURLOPT_USERAGENT, "kes")
    try check(unsafe kes_curl_set_headers(library.pointer, handle, headers.first))
  }

  private func set(_ option: CURLoption, _ value: Int) throws(Failure) {
    try check(unsafe kes_curl_set_number(library.pointer, handle, option, value))
  }

  private func set(_ option: CURLoption, _ text: String) throws(Failure) {
    try check(unsafe kes_curl_set_text(library.pointer, handle, option, text))
  }

  // MARK: Results

  private func takeAnswer(_ body: AnswerBody) -> HTTPAnswer {
    let retryAfter = unsafe kes_curl_offset(library.pointer, handle, CURLINFO_RETRY_AFTER)
    let redirect = unsafe kes_curl_text(library.pointer, handle, CURLINFO_REDIRECT_URL)
    return HTTPAnswer(
      status: unsafe kes_curl_number(library.pointer, handle, CURLINFO_RESPONSE_CODE),
      body: body.text,
      retryAfterMilliseconds: retryAfter > 0 ? Int64(clamping: retryAfter) * 1000 : nil,
      redirect: unsafe redirect.map { unsafe String(cString: $0) })
  }

  /// Throws what `code` means, unless it means success.
  private func check(_ code: CURLcode, of url: RegistryURL? = nil) throws(Failure) {
    if code == CURLE_OK { return }
    let text = unsafe String(cString: errorText)
    var fault = CurlHandle.fault(of: code)
    var reason = text.isEmpty ? library.reason(code) : text
    if let url, url.isSecure, settings.certificateFile == nil { explain(&fault, &reason, code) }
    throw .transfer(fault, reason)
  }

  /// A server that asks for our certificate says so, or only ends the connection.
  private func explain(_ fault: inout RegistryFault, _ reason: inout String, _ code: CURLcode) {
    if reason.contains("alert certificate required") {
      fault = .badCertificate
      reason = "the server asks for one, and none is named: \(reason)"
      return
    }
    let isEnded = [CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR].contains(code)
    let wasShaken =
      unsafe kes_curl_offset(library.pointer, handle, CURLINFO_APPCONNECT_TIME_T) > 0
    let isRefused = code == CURLE_SSL_CONNECT_ERROR && reason.contains("alert")
    if isRefused || isEnded && wasShaken {
      reason += "; it may ask for a certificate, which ssl.certificate.location names"
    }
  }

  private static func fault(of code: CURLcode) -> RegistryFault {
    switch code {
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
      CURLE_SSL_INVALIDCERTSTATUS:
      .untrusted
    case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CRL_BADFILE,
      CURLE_SSL_CIPHER:
      .badCertificate
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
      .badAnswer
    case CURLE_UNKNOWN_OPTION, CURLE_NOT_BUILT_IN, CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT:
      .libraryMissing
    default: .unreachable
    }
  }
}

/// Owns the headers of a request.
@safe
private struct HeaderList: ~Copyable {
  private let library: CurlLibrary
  private(set) var first: UnsafeMutablePointer<curl_slist>?

  /// The content types that the API asks for; and a body is sent without asking first.
  private static let headers = [
    "Accept: application/vnd.schemaregistry.v1+json, application/json; q=0.5",
    "Content-Type: application/vnd.schemaregistry.v1+json",
    "Expect:",
  ]

  init(_ library: CurlLibrary) throws(Failure) {
    self.library = library
    unsafe first = nil
    for header in HeaderList.headers {
      guard let longer = unsafe kes_curl_add_header(library.pointer, first, header) else {
        throw .transfer(.libraryMissing, "no header: out of memory")
      }
      unsafe first = longer
    }
  }

  deinit { unsafe kes_curl_free_headers(library.pointer, first) }
}

/// The bytes of an answer, as curl hands them over.
private final class AnswerBody {
  private var bytes = ByteBlock()
  private let limit: Int
  private(set) var isTooLong = false

  init(limit: Int) { self.limit = limit }

  var text: String { bytes.withBytes { String(decodingBytes: $0) } }

  /// Whether the bytes were taken.
  func append(_ more: Span<UInt8>) -> Bool {
    isTooLong = more.count > limit - bytes.count
    if !isTooLong { bytes.append(more) }
    return !isTooLong
  }
}

/// Who waits for a transfer.
private final class TransferWatch {
  let goesOn: () -> Bool

  init(_ goesOn: @escaping () -> Bool) { self.goesOn = goesOn }
}

/// Called by curl while a transfer is under way: anything but 0 ends it. `context` is the
/// `TransferWatch`, which whoever makes the request keeps alive.
@c(kes_registry_watch_transfer)
private func watchTransfer(
  _ context: UnsafeMutableRawPointer?, _ expected: Int, _ received: Int, _ toSend: Int,
  _ sent: Int
) -> Int32 {
  guard let context = unsafe context else { return 0 }
  let watch = unsafe Unmanaged<TransferWatch>.fromOpaque(context).takeUnretainedValue()
  return watch.goesOn() ? 0 : 1
}

/// Called by curl with each piece of an answer: returns how much of it was taken, and less than all
/// ends the transfer. `context` is the `AnswerBody`, which whoever makes the request keeps alive.
@c(kes_registry_receive_answer)
private func receiveAnswer(
  _ piece: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let piece = unsafe piece, let context = unsafe context else { return 0 }
  let body = unsafe Unmanaged<AnswerBody>.fromOpaque(context).takeUnretainedValue()
  let bytes = unsafe UnsafeRawBufferPointer(start: piece, count: size * count)
  return body.append(unsafe bytes.bindMemory(to: UInt8.self).span) ? size * count : 0
}

/// A request to one URL.
struct HTTPRequest: Sendable {
  /// `GET`, `POST` and so on.
  var method: String
  var url: RegistryURL
  /// Begins with a slash, escaped; goes behind the path of `url`.
  var path: String
  /// JSON.
  var body: String?
}

/// An answer of whatever status.
struct HTTPAnswer: Sendable {
  var status: Int
  /// U+FFFD where it was not UTF-8.
  var body: String
  /// What the header `Retry-After` asks for; nil where it is missing.
  var retryAfterMilliseconds: Int64?
  /// Where a redirect leads.
  var redirect: String?
}
