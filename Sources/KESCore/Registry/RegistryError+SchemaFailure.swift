// What a failing registry means to whoever asked for a schema.

extension RegistryError {
  /// The failure as decoders and framings tell of it.
  public var asSchemaFailure: SchemaFailure {
    let kind: SchemaFailure.Kind =
      switch kind {
      case .environment: .unavailable
      case .badData: .badData
      case .configuration: .configuration
      }
    return SchemaFailure(kind: kind, message: description)
  }
}
