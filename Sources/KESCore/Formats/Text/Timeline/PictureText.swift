// Numbers and names in the markup of a picture.

/// What the parts of a picture write alike.
enum PictureText {
  /// A place in pixels, to a tenth.
  static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let (whole, tenth) = abs(tenths).quotientAndRemainder(dividingBy: 10)
    return tenth == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(tenth)"
  }

  /// A name as it is shown, not yet escaped for markup: without what nobody sees.
  static func name(_ bytes: Span<UInt8>) -> String { TerminalText.shown(bytes, isUTF8: true) }

  /// The class of a status in the style sheet.
  static func style(_ status: SessionStatus?) -> String { "\(status?.symbol ?? "open")" }
}
