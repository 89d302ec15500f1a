// The C library's strptime, strftime and timegm: the judges of time patterns.

import Foundation
import Testing

@testable import KESCore

/// What the C library makes of times; its header hides strptime from Swift, so it is looked up by name.
enum LibcTime {
  private typealias Strptime =
    @convention(c) (
      UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutablePointer<tm>
    ) -> UnsafeMutablePointer<CChar>?

  /// What a text tells.
  struct Reading {
    /// Since the epoch, of whatever the fields are.
    var seconds: Int
    /// Whether the whole text was read.
    var isWhole: Bool
    /// Whether there is such a day, second and offset; strptime itself does not ask.
    var isReal: Bool
  }

  /// nil where strptime refuses the text. What it does not tell is that of 1970-01-01.
  static func read(_ text: String, _ pattern: String) throws -> Reading? {
    guard let symbol = unsafe dlsym(nil, "strptime") else { throw CocoaError(.featureUnsupported) }
    // It is the C library's function of that name.
    let strptime = unsafe unsafeBitCast(symbol, to: Strptime.self)
    var fields = unsafe tm()
    unsafe fields.tm_year = 70
    unsafe fields.tm_mday = 1
    var rest = 0
    let isRead = unsafe text.withCString { bytes in
      unsafe pattern.withCString { format in
        guard let end = unsafe strptime(bytes, format, &fields) else { return false }
        rest = unsafe strlen(end)
        return true
      }
    }
    guard isRead else { return nil }
    let date = unsafe CivilDate(
      year: Int64(fields.tm_year) + 1900, month: Int64(fields.tm_mon) + 1,
      day: Int64(fields.tm_mday))
    let offset = unsafe fields.tm_gmtoff
    let isReal = unsafe date.isReal && fields.tm_sec <= 60 && abs(offset) < 86_400
    let seconds = unsafe timegm(&fields) - offset
    return Reading(seconds: seconds, isWhole: rest == 0, isReal: isReal)
  }

  /// strftime of a time in UTC.
  static func write(_ seconds: Int, _ pattern: String) -> String {
    var time = time_t(seconds)
    var fields = unsafe tm()
    unsafe gmtime_r(&time, &fields)
    var buffer = [CChar](repeating: 0, count: 512)
    let length = unsafe strftime(&buffer, buffer.count, pattern, &fields)
    return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
