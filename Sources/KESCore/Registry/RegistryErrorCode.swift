// The API's numbers for what is wrong.

/// The error codes of the API (Confluent Schema Registry, API reference, "Errors").
enum RegistryErrorCode: Int64 {
  case subjectNotFound = 40401
  case versionNotFound = 40402
  case schemaNotFound = 40403
  case incompatibleSchema = 409
  case invalidSchema = 42201
}
