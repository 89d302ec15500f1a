// What every drawing of a timeline does.

/// Draws a timeline: as often as it is shown.
public protocol TimelineEncoder: Sendable {
  func encode(_ timeline: borrowing Timeline, to output: inout ByteBlock)
}
