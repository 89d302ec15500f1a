// The schemas that one output's data have, as encoders need them.

/// One of the schemas that an output's data have.
final class AvroForm {
  /// The writer's number of it.
  let number: Int
  /// Makes closings data of it.
  private var closings: AvroClosingEncoder

  init(number: Int, closings: consuming AvroClosingEncoder) {
    self.number = number
    self.closings = closings
  }

  func append(_ closing: Closing, of outcome: borrowing Outcome, to output: inout ByteBlock) {
    closings.append(closing, of: outcome, to: &output)
  }
}

/// What is written for records of each schema that has come, made when the first of them comes.
///
/// Where the output has one schema, that is one form.
struct AvroForms: ~Copyable {
  private let writer: any AvroWriter
  private let target: AvroTarget
  private let marksDuplicates: Bool
  private let schema: (AvroSchema) -> AvroSchema
  /// By the numbers of the records' schemas.
  private var forms: [AvroForm?] = []
  private var chosen: AvroForm?
  private var chosenNumber: UInt16 = 0

  /// - Parameters:
  ///   - marksDuplicates: whether closings have the field `duplicate`.
  ///   - schema: what is written for records of a schema of the target's.
  init(
    writer: any AvroWriter, target: AvroTarget, marksDuplicates: Bool = false,
    schema: @escaping (AvroSchema) -> AvroSchema
  ) {
    self.writer = writer
    self.target = target
    self.marksDuplicates = marksDuplicates
    self.schema = schema
  }

  /// Whether the data that come next are those of records whose schema has `number` already.
  @inline(__always)
  func isChosen(_ number: UInt16) -> Bool { number == chosenNumber && chosen != nil }

  /// Has the data that come next be those of records whose schema has `number`, 0 for records that are
  /// not Avro. Constant time; a schema is compiled where it is new.
  @inline(__always)
  mutating func choose(_ number: UInt16, _ cuts: inout AvroBlockCuts) {
    if !isChosen(number) { change(to: number, &cuts) }
  }

  @inline(never)
  private mutating func change(to number: UInt16, _ cuts: inout AvroBlockCuts) {
    let form = form(of: number)
    (chosen, chosenNumber) = (form, number)
    cuts.form = form.number
  }

  /// Appends a closing as data of what is chosen.
  func append(_ closing: Closing, of outcome: borrowing Outcome, to output: inout ByteBlock) {
    chosen?.append(closing, of: outcome, to: &output)
  }

  private mutating func form(of number: UInt16) -> AvroForm {
    let place = Int(number)
    while forms.count <= place { forms.append(nil) }
    if let known = forms[place] { return known }
    let written = schema(target.schemas.schema(target.written(number)))
    let form = AvroForm(
      number: writer.begin(written),
      closings: AvroClosingEncoder(
        to: written, marksDuplicates: marksDuplicates, named: target.sessions.session))
    forms[place] = form
    return form
  }
}
