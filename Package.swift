// swift-tools-version: 6.2
import PackageDescription

// One shared list, so that every target is held to the same rules.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "p2pchat",
    products: [.executable(name: "p2pchat", targets: ["p2pchat"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C: system libraries behind module maps, and the one C target.
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        .systemLibrary(name: "CGlibc"),
        .target(name: "CTerminal", linkerSettings: [.linkedLibrary("readline"), .linkedLibrary("ncursesw")]),

        // Cryptography and keys.
        .target(name: "Sodium", dependencies: ["CSodium"], swiftSettings: settings),
        .target(name: "Noise", dependencies: ["Sodium"], swiftSettings: settings),
        .target(name: "Identity", dependencies: ["Sodium"], swiftSettings: settings),

        // The log and the map of a directory: pure.
        .target(name: "Transparency", dependencies: ["Sodium"], swiftSettings: settings),

        // What travels.
        .target(
            name: "Wire",
            dependencies: [
                "Transparency", "Identity", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["p2pchat.proto"],
            swiftSettings: settings),
        .target(
            name: "Link",
            dependencies: ["Noise", "Identity", "Sodium", .product(name: "Crypto", package: "swift-crypto")]
                + nio,
            swiftSettings: settings),

        // The directory, seen from a client, and the server.
        .target(
            name: "Directory", dependencies: ["Transparency", "Wire", "Identity", "Sodium"],
            swiftSettings: settings),
        .target(
            name: "DirectoryServer",
            dependencies: ["Directory", "Transparency", "Wire", "Identity", "Sodium", grdb],
            swiftSettings: settings),

        // A directory that lies on purpose: for the tests and the demonstration, which alone may import it (Scripts/check-walls).
        .target(
            name: "Lies",
            dependencies: ["DirectoryServer", "Directory", "Transparency", "Wire", "Identity"],
            swiftSettings: settings),

        // Chat.
        .target(
            name: "Store", dependencies: ["Wire", "Identity", "Sodium", grdb, sqlite], swiftSettings: settings
        ),
        .target(name: "Files", dependencies: ["Wire", "Identity", "Sodium"], swiftSettings: settings),
        .target(
            name: "Chat", dependencies: ["Directory", "Store", "Files", "Wire", "Identity"],
            swiftSettings: settings),
        .target(name: "Terminal", dependencies: ["CTerminal", "CQREncode"], swiftSettings: settings),

        .executableTarget(
            name: "p2pchat",
            dependencies: [
                "Chat", "Files", "Terminal", "DirectoryServer", "Directory", "Transparency", "Store", "Link",
                "Identity", "Wire",
                "Lies", "Sodium", "CGlibc", log,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + nio,
            swiftSettings: settings),

        // Tests, one target a module.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(name: "SodiumTests", dependencies: ["Sodium", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "NoiseTests", dependencies: ["Noise", "Sodium", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "IdentityTests", dependencies: ["Identity", "Sodium", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "TransparencyTests", dependencies: ["Transparency", "Sodium", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "WireTests",
            dependencies: ["Wire", "Transparency", "Identity", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "LinkTests",
            dependencies: [
                "Link", "Noise", "Identity", "Sodium", "TestSupport",
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
            ] + nio,
            exclude: ["Vectors"],
            swiftSettings: settings),
        .executableTarget(
            name: "log-writer",
            dependencies: ["Directory", "DirectoryServer", "Transparency", "Wire", "Identity", "Sodium"],
            path: "Tests/LogWriter",
            swiftSettings: settings),
        .testTarget(
            name: "DirectoryTests",
            dependencies: [
                "Directory", "DirectoryServer", "Lies", "log-writer", "Transparency", "Wire", "Identity",
                "Sodium", "TestSupport", grdb,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StoreTests",
            dependencies: ["Store", "Wire", "Identity", "Sodium", "TestSupport", grdb],
            swiftSettings: settings),
        .testTarget(
            name: "FilesTests", dependencies: ["Files", "Wire", "Identity", "Sodium", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ChatTests",
            dependencies: [
                "Chat", "Directory", "DirectoryServer", "Transparency", "Store", "Files", "Wire", "Identity",
                "Sodium", "TestSupport",
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "terminal-probe", dependencies: ["Terminal"], path: "Tests/TerminalProbe",
            swiftSettings: settings),
        .testTarget(
            name: "TerminalTests", dependencies: ["Terminal", "terminal-probe", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ScreenTests",
            dependencies: [
                "p2pchat", "Chat", "Directory", "Files", "Terminal", "Store", "Wire", "Identity", "Sodium",
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "hostile-peer", dependencies: ["Link", "Identity", "Wire", "Sodium"],
            path: "Tests/HostilePeer",
            swiftSettings: settings),
        .testTarget(
            name: "SettingsTests",
            dependencies: [
                "p2pchat", "TestSupport", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "HomeTests",
            dependencies: ["p2pchat", "Directory", "Store", "Identity", "Sodium", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "CommandTests", dependencies: ["p2pchat", "hostile-peer", "Terminal", "TestSupport"],
            exclude: ["transcripts", "small-disk.sh", "small-state.sh", "tiny-disk.sh", "README.md"],
            swiftSettings: settings),
    ]
)

// Measurements, behind P2PCHAT_BENCH=1 (make bench), so that the default build stays small.
if Context.environment["P2PCHAT_BENCH"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "p2pchat-bench",
            dependencies: [
                "Chat", "DirectoryServer", "Directory", "Transparency", "Store", "Link", "Identity", "Wire",
                grdb,
            ],
            path: "Benchmarks",
            swiftSettings: settings))
}
