// swift-tools-version: 6.1
import PackageDescription

// What crosses a target is `package`; the build refuses an import that a target does not list here
// (`--explicit-target-dependency-import-check error`), so this file is the table of rooms.
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let nioHTTP: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")

let package = Package(
    name: "mainstay",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "mainstay", targets: ["mainstay"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        // The YAML trait brings Yams: one configuration file beside the MAINSTAY_* variables.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // pkgConfig is left out for hiredis: its flags warn on every build.
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),

        // Empty but for the thread sanitizer, see there.
        .target(name: "Locks"),
        .target(
            name: "Redis",
            dependencies: [
                "CHiredis", "Locks", nio, logging, lifecycle, crypto,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .target(name: "Postgres", dependencies: ["CLibPQ", "Locks", nio, logging, lifecycle]),
        .target(
            name: "Jobs",
            dependencies: [
                "Locks", "Redis", "Postgres", nio, logging, lifecycle, crypto,
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            resources: [.embedInCode("Queue/Scripts")]),
        .target(
            name: "Web",
            dependencies: [
                hummingbird, httpTypes, nio, logging, lifecycle, crypto,
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "Metrics", package: "swift-metrics"),
            ]),
        .target(
            name: "Workspaces",
            dependencies: [
                "Jobs", "Postgres", "Redis", "Web", hummingbird, httpTypes, logging, lifecycle, crypto,
                httpClient, nio, nioHTTP,
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Metrics", package: "swift-metrics"),
            ]),
        .target(
            name: "Inference",
            dependencies: [
                "Jobs", "Postgres", "Redis", "Web", "Workspaces", hummingbird, httpTypes, httpClient, nio, logging, lifecycle,
                nioHTTP, crypto,
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            plugins: ["EmbedContract"]),
        .target(
            name: "Directory",
            dependencies: [
                "Jobs", "Postgres", "Redis", "Web", "Workspaces", hummingbird, httpTypes, logging, crypto,
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            resources: [.embedInCode("Pages/Templates")]),
        .target(
            name: "Support",
            dependencies: ["Jobs", "Postgres", "Web", hummingbird, httpTypes]),
        // The providers of models as servers of our own. It knows no feature, and none knows it.
        .target(name: "Emulators", dependencies: ["Web", hummingbird, httpTypes, nio, logging, lifecycle]),
        .target(
            name: "BuildMemory",
            dependencies: ["Jobs", "Postgres", "Redis", "Web", "Workspaces", hummingbird, httpTypes, logging]),
        .target(
            name: "Operations",
            dependencies: ["Jobs", "Postgres", "Redis", "Web", "Workspaces", hummingbird, httpTypes, logging, crypto]),
        // The SQL files become one generated Swift file, so that the program is a single file which works from everywhere.
        .plugin(name: "EmbedSQL", capability: .buildTool(), path: "ops/embed-sql", exclude: ["embed.sh"]),
        // And so do the published contracts, which the program serves.
        .plugin(name: "EmbedContract", capability: .buildTool(), path: "ops/embed-contract"),
        .target(
            name: "Schema", dependencies: ["Postgres", logging, crypto], path: "sql", exclude: ["migrations", "reports", "roles.sql"],
            plugins: ["EmbedSQL"]),
        .target(name: "LocalStack", dependencies: [logging]),
        // For tests of handlers: no product leans on it.
        .target(name: "JobsTesting", dependencies: ["Jobs", "LocalStack", "Locks", "Postgres", "Redis", "Schema", logging, lifecycle]),
        .executableTarget(
            name: "mainstay",
            dependencies: [
                "Redis", "Postgres", "Jobs", "Web", "Workspaces", "Inference", "Directory", "Support", "BuildMemory", "Operations", "Emulators",
                "Schema", "LocalStack",
                // For the benchmark's look at the database, which is the C program's.
                "CLibPQ",
                hummingbird, httpTypes, httpClient, nio, logging, lifecycle, crypto,
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ]),

        // What several test targets share: one private redis pair and postgres a test run, a database a suite.
        .target(
            name: "TestSupport", dependencies: ["LocalStack", "Locks", "Schema", "Postgres", "Redis", logging, lifecycle, httpClient, nio, nioHTTP],
            path: "Tests/TestSupport"),
        .testTarget(
            name: "RedisTests",
            dependencies: [
                "Locks", "Redis", "TestSupport", nio, logging, lifecycle,
                .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .testTarget(name: "PostgresTests", dependencies: ["Locks", "Postgres", "TestSupport", logging, lifecycle]),
        .testTarget(
            name: "JobsTests",
            dependencies: [
                "Jobs", "JobsTesting", "Locks", "LocalStack", "Postgres", "Redis", "TestSupport", nio, logging, lifecycle,
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]),
        .testTarget(name: "JobsTestingTests", dependencies: ["Jobs", "JobsTesting", "Postgres", "TestSupport"]),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "Web", "JobsTesting", "TestSupport", hummingbird, httpTypes, nio, logging, lifecycle, crypto,
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]),
        .testTarget(
            name: "WorkspacesTests",
            dependencies: [
                "Workspaces", "Web", "Jobs", "Postgres", "Redis", "TestSupport", "Locks", hummingbird, httpTypes, logging, crypto, nio, lifecycle,
                .product(name: "JWTKit", package: "jwt-kit"), .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Metrics", package: "swift-metrics"),
            ]),
        .testTarget(
            name: "InferenceTests",
            dependencies: [
                "Inference", "Emulators", "Jobs", "JobsTesting", "Web", "Workspaces", "Postgres", "Redis", "Schema", "TestSupport", hummingbird,
                httpTypes, nio, logging, lifecycle,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            exclude: ["Clients", "Wire/README.md"]),
        .testTarget(
            name: "DirectoryTests",
            dependencies: [
                "Directory", "Jobs", "JobsTesting", "Web", "Workspaces", "Postgres", "TestSupport", hummingbird, httpTypes, nio, logging,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        .testTarget(
            name: "SupportTests",
            dependencies: [
                "Support", "Jobs", "JobsTesting", "Web", "Postgres", "Schema", "TestSupport", hummingbird, httpTypes, nio, logging,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        .testTarget(
            name: "BuildMemoryTests",
            dependencies: [
                "BuildMemory", "Jobs", "JobsTesting", "Web", "Postgres", "Schema", "TestSupport", hummingbird, httpTypes, nio, logging,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        .testTarget(
            name: "OperationsTests",
            dependencies: [
                "Operations", "Jobs", "JobsTesting", "Web", "Workspaces", "Postgres", "Redis", "TestSupport", hummingbird, httpTypes, nio, logging,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        .testTarget(
            name: "EmulatorsTests",
            dependencies: ["Emulators", "JobsTesting", "TestSupport", "Web", httpClient, nio, nioHTTP, logging],
            exclude: ["Clients"]),
        .testTarget(name: "IsolationTests", dependencies: ["Postgres", "TestSupport", "Workspaces"]),
        .testTarget(name: "SchemaTests", dependencies: ["Schema", "Postgres", "TestSupport", logging]),
        .testTarget(name: "LocalStackTests", dependencies: ["LocalStack", "Postgres", "Redis", "TestSupport", logging]),
        .testTarget(
            name: "MainstayTests",
            dependencies: [
                "mainstay", "Emulators", "Inference", "Jobs", "JobsTesting", "Postgres", "Redis", "TestSupport", "Web", "Workspaces", logging, nio,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "mainstay", "TestSupport", "LocalStack", hummingbird, httpTypes, httpClient, nio, nioHTTP,
                .product(name: "HummingbirdTesting", package: "hummingbird"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["Clients"]),
        .testTarget(
            name: "ChaosTests",
            dependencies: ["mainstay", "TestSupport", "LocalStack"]),
        // Counts what a process does, so nothing else may run in it or beside it: a target of its own.
        .testTarget(name: "BudgetTests", dependencies: ["mainstay", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)

// `ops/test --sanitize thread` builds with a lock that this sanitizer sees (Sources/Locks), whose members come from another module
// than the one that is imported for them.
let isForThreadSanitizer = Context.environment["MAINSTAY_SANITIZER"] == "thread"

for target in package.targets where target.type != .system && target.type != .plugin {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),  // SE-0335
        isForThreadSanitizer ? .define("THREAD_SANITIZER") : .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
        .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    ]
}
