// The registries that one suite is run against.

import Foundation
import TestSupport
import Testing

@testable import KESCore

/// A kind of registry.
enum RegistryKind: String, CaseIterable, CustomTestStringConvertible {
  case directory
  /// The server of the test target, over real sockets.
  case server
  /// A real registry, named by `KES_TEST_REGISTRY`.
  case real

  static let realURL = ProcessInfo.processInfo.environment["KES_TEST_REGISTRY"]

  /// Those that are there.
  static var available: [RegistryKind] { realURL == nil ? [.directory, .server] : allCases }

  var testDescription: String { rawValue }
}

/// A registry, and subjects of its own in it, which go away with it.
final class RegistryUnderTest {
  let registry: any SchemaRegistry
  private let suffix = UUID().uuidString
  private var directory: TemporaryDirectory?
  private var server: RegistryServer?
  private var client: RegistryClient?
  private var used: Set<SubjectName> = []

  init(_ kind: RegistryKind) throws {
    switch kind {
    case .directory:
      let scratch = try TemporaryDirectory()
      directory = scratch
      registry = try DirectorySchemaRegistry(path: scratch.path)
    case .server:
      let own = try RegistryServer()
      server = own
      registry = try HTTPSchemaRegistry(urls: own.url)
    case .real:
      let urls = RegistryKind.realURL ?? ""
      let environment = ProcessInfo.processInfo.environment
      registry = try HTTPSchemaRegistry(urls: urls, environment: environment)
      client = RegistryClient(
        urls: try RegistryURL.parse(list: urls),
        settings: try RegistrySettings(properties: [:], environment: environment), clock: .real)
    }
  }

  /// A subject that nobody else has.
  func subject(_ name: String) -> SubjectName {
    let subject = SubjectName("kes-test-\(name)-\(suffix)")
    used.insert(subject)
    return subject
  }

  deinit {
    for subject in used {
      let path = "/subjects/" + PercentEncoding.encoded(segment: subject.text)
      // First from sight, then for good.
      _ = try? client?.answer("DELETE", path)
      _ = try? client?.answer("DELETE", path + "?permanent=true")
    }
  }

  /// A schema that nobody else has: a record with these fields, each with its default.
  func schema(_ fields: [String] = [], name: String = "Event") -> String {
    let list = fields.map { #"{"name":"\#($0)","type":"long","default":0}"# }
    let space = "kes.test.u" + suffix.replacingOccurrences(of: "-", with: "")
    return #"""
      {"type":"record","name":"\#(name)","namespace":"\#(space)","fields":[\#(list.joined(separator: ","))]}
      """#
  }
}
