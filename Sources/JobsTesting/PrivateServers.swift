import Foundation
import LocalStack
import Logging
import Postgres
import Schema
import Synchronization

/// A redis-server and a PostgreSQL that this process alone uses: started by the first test that names none, shared by the others,
/// ended and removed when the process ends in whatever way.
struct PrivateServers: Sendable {
    let redisURL: String

    private let stack: LocalStack
    private let endpoints: Endpoints
    /// Held for as long as the process lives.
    private let watchdog: Watchdog

    /// A database that all migrations have been run in: copying it takes 50 ms.
    private static let template = "mainstay_testing"
    private static let starting = Mutex<Task<PrivateServers, any Error>?>(nil)

    /// The servers of this process. The first call takes about two seconds; what could not be started once is not tried again.
    static func shared() async throws -> PrivateServers {
        // Unstructured, for the first caller's cancellation must not fail all the others.
        let task = starting.withLock { starting in
            if let starting { return starting }
            let started = Task.detached { try await Self.start() }
            starting = started
            return started
        }
        return try await task.value
    }

    /// Makes a database of a test's own.
    /// - Parameter tables: a script that the role `mainstay_owner` runs in it; empty for none.
    /// - Returns: its URL for the role that workers have.
    func makeDatabase(tables: String) async throws -> String {
        let name = "test_" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await create(name, from: Self.template)
        if !tables.isEmpty {
            _ = try await stack.psql("set session authorization \(LoginRole.owner.rawValue);\n\(tables)", database: name)
        }
        return endpoints.postgres(.server, database: name)
    }

    private func create(_ name: String, from template: String) async throws {
        // Both names are made here.
        _ = try await stack.psql("create database \(name) owner \(LoginRole.owner.rawValue) template \(template)", database: "postgres")
    }

    private static func start() async throws -> PrivateServers {
        let folder = try TemporaryFolder.make(in: ProcessInfo.processInfo.environment["MAINSTAY_TEST_DIR"] ?? "/tmp")
        let watchdog = try Watchdog(over: folder)
        var logger = Logger(label: "jobs.testing")
        logger.logLevel = .error
        let stack = LocalStack(folder: folder, roles: Schema.roles, profile: .test, logger: logger)
        let endpoints = try await stack.start()
        let servers = PrivateServers(redisURL: endpoints.redisURL, stack: stack, endpoints: endpoints, watchdog: watchdog)
        try await servers.create(template, from: "template0")
        // Closed afterwards: a database that somebody is connected to cannot be copied.
        try await PostgresPool.with(try PostgresConfiguration(url: endpoints.postgres(.owner, database: template)), logger: logger) { [logger] in
            _ = try await Migrator(pool: $0, logger: logger).run()
        }
        return servers
    }
}
