// libavro as a judge: Apache's own reader of Avro in C.

import CAvro
import Foundation

@testable import KESCore

/// A schema that libavro has read.
@safe final class LibAvroSchema {
  fileprivate let handle: avro_schema_t

  /// Nil where libavro refuses it.
  init?(_ text: String) {
    var schema: avro_schema_t?
    let bytes = Array(text.utf8)
    let result = unsafe bytes.withUnsafeBytes {
      unsafe avro_schema_from_json_length($0.baseAddress, $0.count, &schema)
    }
    guard result == 0, let schema = unsafe schema else { return nil }
    unsafe handle = schema
  }

  /// Takes over a reference.
  fileprivate init(_ handle: avro_schema_t) { unsafe self.handle = handle }

  deinit { unsafe avro_schema_decref(handle) }
}

/// What libavro makes of data.
@safe final class LibAvroValue {
  private var value = unsafe avro_value_t()
  private let interface: UnsafeMutablePointer<avro_value_iface_t>

  /// A value of a schema, to be filled.
  init?(_ schema: LibAvroSchema) {
    guard let interface = unsafe avro_generic_class_from_schema(schema.handle) else { return nil }
    unsafe self.interface = interface
    if unsafe avro_generic_value_new(interface, &value) != 0 { return nil }
  }

  deinit {
    unsafe avro_value_decref(&value)
    unsafe kes_avro_interface_decref(interface)
  }

  /// Reads the datum that `bytes` begin with; false where there is none.
  func read(_ bytes: [UInt8]) -> Bool {
    // Copied to where nothing stands behind them, for the address sanitizer.
    unsafe withTightBytes(bytes) { tight in
      guard
        let reader = unsafe avro_reader_memory(
          tight.baseAddress?.assumingMemoryBound(to: CChar.self), Int64(tight.count))
      else { return false }
      defer { unsafe avro_reader_free(reader) }
      return unsafe avro_value_read(reader, &value) == 0
    }
  }

  fileprivate func readNext(of file: avro_file_reader_t) -> Bool {
    unsafe avro_file_reader_read_value(file, &value) == 0
  }

  enum Resolving { case unresolvable, refused, read }

  /// Reads the datum of another schema that `bytes` begin with, by libavro's own resolution.
  func resolve(_ bytes: [UInt8], from writer: LibAvroSchema, to reader: LibAvroSchema) -> Resolving
  {
    guard let resolver = unsafe avro_resolved_writer_new(writer.handle, reader.handle) else {
      return .unresolvable
    }
    defer { unsafe kes_avro_interface_decref(resolver) }
    var resolved = unsafe avro_value_t()
    guard unsafe avro_resolved_writer_new_value(resolver, &resolved) == 0 else {
      return .unresolvable
    }
    defer { unsafe avro_value_decref(&resolved) }
    unsafe avro_resolved_writer_set_dest(&resolved, &value)
    return unsafe withTightBytes(bytes) { tight in
      guard
        let source = unsafe avro_reader_memory(
          tight.baseAddress?.assumingMemoryBound(to: CChar.self), Int64(tight.count))
      else { return .refused }
      defer { unsafe avro_reader_free(source) }
      return unsafe avro_value_read(source, &resolved) == 0 ? .read : .refused
    }
  }

  /// In libavro's JSON; nil where it cannot write that (NaN, infinite numbers).
  var json: String? {
    var text: UnsafeMutablePointer<CChar>?
    guard unsafe avro_value_to_json(&value, 1, &text) == 0, let text = unsafe text else {
      return nil
    }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
  }

  var testValue: TestAvroValue? { unsafe LibAvroValue.testValue(of: &value) }

  private static func testValue(of value: inout avro_value_t) -> TestAvroValue? {
    switch unsafe kes_avro_type(&value) {
    case AVRO_NULL: .null
    case AVRO_RECORD: unsafe children(of: &value).map { .record($0.map(\.value)) }
    case AVRO_ARRAY: unsafe children(of: &value).map { .array($0.map(\.value)) }
    case AVRO_MAP: unsafe children(of: &value).map { .map($0) }
    case AVRO_UNION: unsafe branch(of: &value)
    default: unsafe primitive(of: &value)
    }
  }

  private static func primitive(of value: inout avro_value_t) -> TestAvroValue? {
    var integer: Int32 = 0
    var long: Int64 = 0
    var float: Float = 0
    var double: Double = 0
    switch unsafe kes_avro_type(&value) {
    case AVRO_BOOLEAN:
      return unsafe kes_avro_boolean(&value, &integer) == 0 ? .boolean(integer != 0) : nil
    case AVRO_INT32: return unsafe kes_avro_int(&value, &integer) == 0 ? .int(integer) : nil
    case AVRO_INT64: return unsafe kes_avro_long(&value, &long) == 0 ? .long(long) : nil
    case AVRO_FLOAT: return unsafe kes_avro_float(&value, &float) == 0 ? .of(float) : nil
    case AVRO_DOUBLE: return unsafe kes_avro_double(&value, &double) == 0 ? .of(double) : nil
    case AVRO_ENUM: return unsafe kes_avro_enum(&value, &integer) == 0 ? .symbol(Int(integer)) : nil
    default: return unsafe bytes(of: &value)
    }
  }

  private static func bytes(of value: inout avro_value_t) -> TestAvroValue? {
    var start: UnsafeRawPointer?
    var characters: UnsafePointer<CChar>?
    var length = 0
    switch unsafe kes_avro_type(&value) {
    case AVRO_BYTES:
      guard unsafe kes_avro_bytes(&value, &start, &length) == 0 else { return nil }
      return .bytes(unsafe Array(UnsafeRawBufferPointer(start: start, count: length)))
    case AVRO_FIXED:
      guard unsafe kes_avro_fixed(&value, &start, &length) == 0 else { return nil }
      return .fixed(unsafe Array(UnsafeRawBufferPointer(start: start, count: length)))
    case AVRO_STRING:
      guard unsafe kes_avro_string(&value, &characters, &length) == 0 else { return nil }
      // Without the NUL behind it.
      return .string(unsafe Array(UnsafeRawBufferPointer(start: characters, count: length - 1)))
    default: return nil
    }
  }

  private static func branch(of value: inout avro_value_t) -> TestAvroValue? {
    var index: Int32 = 0
    var inside = unsafe avro_value_t()
    guard unsafe kes_avro_discriminant(&value, &index) == 0,
      unsafe kes_avro_branch(&value, &inside) == 0
    else { return nil }
    return unsafe testValue(of: &inside).map { .branch(Int(index), $0) }
  }

  private static func children(of value: inout avro_value_t) -> [TestAvroEntry]? {
    var count = 0
    guard unsafe kes_avro_size(&value, &count) == 0 else { return nil }
    var found: [TestAvroEntry] = []
    for index in 0..<count {
      var child = unsafe avro_value_t()
      var name: UnsafePointer<CChar>?
      guard unsafe kes_avro_child(&value, index, &child, &name) == 0,
        let inside = unsafe testValue(of: &child)
      else { return nil }
      let key = unsafe name.map { unsafe Array(String(cString: $0).utf8) } ?? []
      found.append(TestAvroEntry(key: key, value: inside))
    }
    return found
  }
}

/// Lends a copy of `bytes` that fills an allocation of its own: what reads before or behind it is
/// seen by the address sanitizer (`make check-memory`).
func withTightBytes<Result>(
  _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Result
) -> Result {
  let tight = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
  defer { unsafe tight.deallocate() }
  unsafe tight.copyBytes(from: bytes)
  return unsafe body(UnsafeRawBufferPointer(tight))
}

/// The same as a span.
func withTightSpan<Result>(_ bytes: [UInt8], _ body: (Span<UInt8>) -> Result) -> Result {
  unsafe withTightBytes(bytes) { tight in
    unsafe tight.withMemoryRebound(to: UInt8.self) { unsafe body(Span(_unsafeElements: $0)) }
  }
}

/// A container file as libavro reads it.
enum LibAvroFile {
  /// The records of the file at `path`, to the first that libavro cannot read; nil where it cannot
  /// open it.
  static func read(_ path: String) -> [TestAvroValue]? {
    var opened: avro_file_reader_t?
    guard unsafe avro_file_reader(path, &opened) == 0, let reader = unsafe opened else {
      return nil
    }
    defer { unsafe avro_file_reader_close(reader) }
    guard let handle = unsafe avro_file_reader_get_writer_schema(reader) else { return nil }
    let schema = unsafe LibAvroSchema(handle)
    guard let value = LibAvroValue(schema) else { return nil }
    var values: [TestAvroValue] = []
    while unsafe value.readNext(of: reader), let record = value.testValue { values.append(record) }
    return values
  }

  /// Writes data of a schema, each encoded already, as libavro does; false where it cannot.
  static func write(
    _ data: [[UInt8]], of schema: LibAvroSchema, codec: String, blockSize: Int, to path: String
  ) -> Bool {
    var opened: avro_file_writer_t?
    guard
      unsafe avro_file_writer_create_with_codec(path, schema.handle, &opened, codec, blockSize)
        == 0,
      let writer = unsafe opened
    else { return false }
    for bytes in data {
      let result = unsafe bytes.withUnsafeBytes {
        unsafe avro_file_writer_append_encoded(writer, $0.baseAddress, Int64($0.count))
      }
      if result != 0 { return false }
    }
    return unsafe avro_file_writer_close(writer) == 0
  }
}
