// A selector run on a record of JSON, as tests want to say it.

import Testing

@testable import KESCore

/// What becomes of an expression on a record.
enum SelectorVerdict: Equatable, CustomStringConvertible {
  case value(JSONTree)
  case nothing
  case fault(SelectorFault.Code?)
  /// It is no selector.
  case refused

  var description: String {
    switch self {
    case .value(let tree): "\(tree)"
    case .nothing: "nothing"
    case .fault(let code): "a fault: \(code.map { "\($0)" } ?? "any")"
    case .refused: "refused"
    }
  }
}

/// One compiled selector with what it needs.
struct SelectorUnderTest {
  let selector: Selector
  let wanted: WantedPaths
  let wantedOfMessage: WantedPaths
  let warnings: [String]

  init(_ text: String, option: String = "--key") throws(Failure) {
    var compiler = SelectorCompiler()
    selector = try compiler.add(text, as: option)
    wanted = compiler.wanted
    wantedOfMessage = compiler.wantedOfMessage
    warnings = compiler.warnings
  }

  /// - Parameter message: `$message` as JSON.
  func result(_ record: String, message: String = "null") -> (SelectorVerdict, SelectorFault?) {
    var slots = RecordSlots(count: wanted.count)
    var reader = JSONTreeReader(bytes: Array(record.utf8))
    reader.value().fill(&slots, wanted)
    var scratch = SelectorScratch(messageSlots: wantedOfMessage.count)
    fill(&scratch.message, message)
    let bytes = Array(record.utf8)
    let result = selector.evaluate(bytes: bytes.span, slots: slots, scratch: &scratch)
    let truth = selector.holds(bytes: bytes.span, slots: slots, scratch: &scratch)
    switch (result, truth) {
    case (.value(let value), .holds), (.value(let value), .fails):
      let verdict = SelectorVerdict.value(tree(value, bytes, &scratch))
      // What is no number is true, and null where it is written.
      if case .holds = truth, !selector.text.contains("tonumber") {
        #expect(verdict != .value(.null) && verdict != .value(.boolean(false)))
      } else if case .fails = truth {
        #expect(verdict == .value(.null) || verdict == .value(.boolean(false)))
      }
      return (verdict, nil)
    case (.nothing, .fails): return (.nothing, nil)
    case (.fault(let fault), .fault): return (.fault(fault.code), fault)
    default:
      Issue.record("evaluate and holds disagree on \(selector.text)")
      return (.nothing, nil)
    }
  }

  func verdict(_ record: String, message: String = "null") -> SelectorVerdict {
    result(record, message: message).0
  }

  /// Fills the slots of the message as its reader does: all text in their own block.
  private func fill(_ slots: inout RecordSlots, _ message: String) {
    var reader = JSONTreeReader(bytes: Array(message.utf8))
    reader.value().fill(&slots, wantedOfMessage)
    slots.text.append(text: message)
    for slot in 0..<wantedOfMessage.count {
      let text = slots[slot].text
      slots[slot].text = TextRange(
        offset: Int(text.offset), length: text.length, isUnescaped: true)
    }
  }

  private func tree(
    _ value: SlotValue, _ bytes: [UInt8], _ scratch: inout SelectorScratch
  ) -> JSONTree {
    switch value.kind {
    case .missing, .null: return .null
    case .true: return .boolean(true)
    case .false: return .boolean(false)
    case .string:
      let plain = scratch.unescaped(value, bytes.span)
      return .string(scratch.withText(of: plain, bytes.span) { Array($0) })
    case .number, .array, .object:
      return JSONTree(scratch.withText(of: value, bytes.span) { String(decodingBytes: $0) })
    }
  }
}

extension Array where Element == UInt8 {
  init(_ bytes: Span<UInt8>) {
    self = []
    for index in 0..<bytes.count { append(bytes[index]) }
  }
}

/// What becomes of `text` on `record`.
func verdict(_ text: String, _ record: String) -> SelectorVerdict {
  guard let selector = try? SelectorUnderTest(text) else { return .refused }
  return selector.verdict(record)
}
