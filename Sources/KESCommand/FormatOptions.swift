// The format of what the record-writing tools write.

public import ArgumentParser
public import KESCore

/// The formats that records are written in.
public enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable { case json, text }

/// `--format`, for the tools that write records; kes-read has more to choose from.
public struct FormatOptions: ParsableArguments {
  @Option(help: "How to write: json lines for the next program, or text for people.")
  public var format: OutputFormat = .json

  public init() {}

  /// Makes `output` write in the chosen format.
  ///
  /// - Parameter isFile: whether it goes to a file, which is not coloured by itself.
  public func apply(to output: OutputStream, color: ColorChoice, isFile: Bool) {
    guard format == .text else { return }
    let rewriter = TextRewriter(style: TextStyle(isColored: color.isColored(isFile: isFile)))
    output.rewrite = { rewriter.rewrite($0, to: &$1) }
  }
}
