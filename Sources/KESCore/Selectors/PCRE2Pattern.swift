// PCRE2 (8-bit): a compiled pattern, and the room that matching needs.

internal import CPCRE2

/// A pattern compiled by PCRE2, with its machine code where PCRE2 makes that.
///
/// Nothing of it changes once it is made, so that threads may share it (pcre2api, "Multithreading").
@safe
final class PCRE2Pattern: @unchecked Sendable {
  private let code: OpaquePointer
  private let isCompiledToMachineCode: Bool

  /// What PCRE2 says of a pattern, and where in it.
  struct Refusal: Error {
    let reason: String
    let offset: Int
  }

  /// Compiles `pattern`, in which a line ends with a line feed alone.
  /// - Parameters:
  ///   - isUTF: Whether it, and what is searched, may hold characters beyond ASCII.
  ///   - usesProperties: Whether classes and case are those of Unicode.
  init(_ pattern: [UInt8], isUTF: Bool, usesProperties: Bool) throws(Refusal) {
    let context = unsafe pcre2_compile_context_create_8(nil)
    defer { unsafe pcre2_compile_context_free_8(context) }
    unsafe pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_LF))
    unsafe pcre2_set_bsr_8(context, UInt32(PCRE2_BSR_UNICODE))
    var options = UInt32(PCRE2_DOLLAR_ENDONLY)
    if isUTF { options |= UInt32(PCRE2_UTF) }
    if usesProperties { options |= UInt32(PCRE2_UCP) }
    var fault: Int32 = 0
    var offset = 0
    let code = unsafe pcre2_compile_8(pattern, pattern.count, options, &fault, &offset, context)
    guard let code = unsafe code else {
      throw Refusal(reason: PCRE2Pattern.reason(fault), offset: offset)
    }
    unsafe self.code = code
    isCompiledToMachineCode =
      unsafe pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE)) == 0
  }

  deinit { unsafe pcre2_code_free_8(code) }

  private static func reason(_ fault: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let length = unsafe pcre2_get_error_message_8(fault, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, Int(length))), as: UTF8.self)
  }

  /// Whether PCRE2 knows binary properties and a script's own characters (from 10.40 on).
  static let knowsProperties: Bool = {
    let probe = Array("\\p{sc:Greek}\\p{Alphabetic}".utf8)
    return (try? PCRE2Pattern(probe, isUTF: true, usesProperties: true)) != nil
  }()

  /// Whether the pattern is found in `text`, which is UTF-8 (ASCII without `isUTF`); nil where that would
  /// take more steps than the matcher allows.
  func isFound(in text: Span<UInt8>, _ matcher: borrowing PatternMatcher) -> Bool? {
    let found = unsafe text.withUnsafeBufferPointer { bytes -> Int32 in
      // PCRE2 before 10.41 takes no null pointer, not even for nothing.
      var nothing: UInt8 = 0
      return unsafe withUnsafePointer(to: &nothing) { nothing in
        unsafe match(bytes.baseAddress ?? nothing, bytes.count, matcher)
      }
    }
    if found >= 0 { return true }
    return found == PCRE2_ERROR_NOMATCH ? false : nil
  }

  private func match(
    _ text: UnsafePointer<UInt8>, _ length: Int, _ matcher: borrowing PatternMatcher
  ) -> Int32 {
    if isCompiledToMachineCode {
      let found = unsafe pcre2_jit_match_8(
        code, text, length, 0, 0, matcher.data, matcher.context)
      if found != PCRE2_ERROR_JIT_STACKLIMIT { return found }
    }
    // Without machine code the heap is the stack.
    let options = UInt32(PCRE2_NO_UTF_CHECK) | UInt32(PCRE2_NO_JIT)
    return unsafe pcre2_match_8(code, text, length, 0, options, matcher.data, matcher.context)
  }
}

/// The room that matching needs; for any pattern, one a thread.
@safe
struct PatternMatcher: ~Copyable {
  /// How many steps are taken at most for one text; Oniguruma's own bound, and so jq's.
  private static let greatestSteps: UInt32 = 10_000_000

  fileprivate let data: OpaquePointer
  fileprivate let context: OpaquePointer

  init() {
    guard let data = unsafe pcre2_match_data_create_8(1, nil),
      let context = unsafe pcre2_match_context_create_8(nil)
    else { preconditionFailure("out of memory") }
    unsafe pcre2_set_match_limit_8(context, PatternMatcher.greatestSteps)
    unsafe self.data = data
    unsafe self.context = context
  }

  deinit {
    unsafe pcre2_match_data_free_8(data)
    unsafe pcre2_match_context_free_8(context)
  }
}
