// swift-tools-version:6.2
// The package: one library, four filters over it, and their tests.

import PackageDescription

/// What every Swift target of ours is built with (see CONTRIBUTING.md, "Settings").
let houseSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// One of the four tools: a short executable over the shared command library.
func tool(_ name: String, _ more: Target.Dependency...) -> Target {
  .executableTarget(
    name: name,
    dependencies: [
      "KESCore", "KESCommand",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ] + more,
    swiftSettings: houseSettings)
}

let package = Package(
  name: "kes",
  products: [
    .library(name: "KESCore", targets: ["KESCore"]),
    .executable(name: "kes-produce", targets: ["kes-produce"]),
    .executable(name: "kes-segment", targets: ["kes-segment"]),
    .executable(name: "kes-read", targets: ["kes-read"]),
    .executable(name: "kes-purge", targets: ["kes-purge"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
    .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
    // The codecs of Avro files.
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSnappy", pkgConfig: "snappy", providers: [.apt(["libsnappy-dev"])]),
    .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
    .systemLibrary(name: "CZstandard", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    // The regular expressions of selectors.
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CBzip2", providers: [.apt(["libbz2-dev"])]),
    // Compiled against libcurl's header alone: the library is loaded when it is first needed.
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    // The judge of what we read and write as Avro: for tests only.
    .systemLibrary(name: "CAvro", pkgConfig: "avro-c", providers: [.apt(["libavro-dev"])]),
    // Likewise librdkafka.
    .target(name: "CRdkafka", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(name: "CSignals"),
    .target(name: "CByteScan"),
    .target(name: "CPrefetch"),
    .target(
      name: "KESCore",
      dependencies: [
        "CByteScan", "CBzip2", "CCurl", "CJansson", "CLMDB", "CLZMA", "CPCRE2", "CPrefetch",
        "CRdkafka", "CSignals", "CSnappy", "CZlib", "CZstandard",
      ],
      exclude: [
        "README.md", "Bytes/README.md", "Records/README.md", "Selectors/README.md",
        "Formats/README.md", "Registry/README.md", "Sessions/README.md", "State/README.md",
        "Kafka/README.md", "Streams/README.md", "Topics/README.md", "Run/README.md",
        "Application/README.md",
      ],
      swiftSettings: houseSettings),
    // What kes-read alone shows: tables, figures, drawings.
    .target(
      name: "KESViews", dependencies: ["KESCore"], exclude: ["README.md"],
      swiftSettings: houseSettings),
    .target(
      name: "KESCommand",
      dependencies: [
        "KESCore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: houseSettings),
    tool("kes-produce"),
    tool("kes-segment"),
    tool("kes-read", "KESViews"),
    tool("kes-purge"),
    // What both test targets use: servers on the loopback interface, topics, seeds.
    .target(
      name: "TestSupport", dependencies: ["KESCore"], path: "Tests/TestSupport",
      swiftSettings: houseSettings),
    // What they call of librdkafka beside what the tools do.
    .target(name: "CRdkafkaTest", dependencies: ["CRdkafka"], path: "Tests/CRdkafkaTest"),
    // A Kafka cluster for tests, as a process.
    .executableTarget(
      name: "kes-test-cluster", dependencies: ["CRdkafka", "CRdkafkaTest"],
      path: "Tests/kes-test-cluster", swiftSettings: houseSettings),
    .testTarget(
      name: "KESCoreTests",
      dependencies: [
        "KESCore", "KESViews", "CAvro", "CJansson", "CRdkafka", "CRdkafkaTest", "TestSupport",
        "kes-test-cluster",
      ],
      swiftSettings: houseSettings),
    .testTarget(
      name: "ToolTests",
      dependencies: [
        "KESCore", "KESCommand", "kes-produce", "kes-segment", "kes-read", "kes-purge",
        "TestSupport", "kes-test-cluster",
      ],
      exclude: ["Cases", "Python"],
      swiftSettings: houseSettings),
  ]
)
