// What is wrong with Avro data, in words.

/// Words the fault of a rejected record or block.
struct AvroFaultMessage {
  let rejection: Rejection
  let greatestRecord: Int
  /// What holds the records.
  var enclosure: StaticString = "block"

  var text: String {
    switch rejection.fault {
    case .tooLong:
      "a record longer than \(greatestRecord) bytes; --max-record SIZE allows longer ones"
    case .invalidUTF8: "a string that is not UTF-8" + ofField
    case .aheadOfClock: AheadLimit.text(ahead: rejection.ahead)
    case .expectedBranch: "expected an event" + ofField
    case .unknownBranch: "an event that the schema does not have"
    case .unwritableTime: "a time that the unit of the output's schema cannot hold"
    case .unknownStatus: "a status that the schema does not have"
    case .expectedString: "expected a string" + ofField
    case .expectedNumber: "expected a number" + ofField
    case .expectedBoolean: "expected true or false" + ofField
    case .tooDeep: "more than \(AvroReader.greatestDepth) types inside each other" + rest
    case .truncated where rejection.part == .first: "the block is cut short" + rest
    case .truncated: "a value goes on behind the end of its \(enclosure)" + rest
    case .badLong: "a number that is too long" + rest
    case .badLength: "a length that is negative" + rest
    case .badCount: "a count of items that its \(enclosure) cannot hold" + rest
    case .badBoolean: "a boolean that is neither 0 nor 1" + rest
    case .badBranch: "a branch that its union does not have" + rest
    case .badSymbol: "a symbol that its enum does not have" + rest
    case .unresolvedSymbol: "a symbol that the reader's enum does not have"
    case .leftOver: "bytes behind the \(enclosure)'s last record"
    case .badBlock: "not the beginning of a block"
    case .wrongSync: "the block does not end with the file's sync marker" + rest
    case .badCompression: "the block cannot be expanded" + rest
    case .wrongChecksum: "the block's checksum is wrong: its data are damaged" + rest
    case .hugeExpansion:
      "the block becomes longer than \(AvroContainerDecoder.greatestBlock) bytes, the most that is"
        + " expanded; write smaller blocks" + rest
    case .hugeBlock:
      "a block longer than \(AvroContainerDecoder.greatestBlock) bytes, the most that is read; write"
        + " smaller blocks, unless it is damage that seems one"
    default: "not an event"
    }
  }

  private var ofField: String {
    rejection.field == .none ? "" : " for \"\(rejection.field.text)\""
  }

  /// How many records go with it.
  private var rest: String {
    rejection.recordCount > 1 ? "; \(rejection.recordCount) records are lost with it" : ""
  }
}
