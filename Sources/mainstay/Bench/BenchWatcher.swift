import Foundation
import Postgres

/// Looks whether a row of the benchmark is there, over one connection of its own.
///
/// `MAINSTAY_BENCH_WATCHER` names the harness's user of the database: then a look costs what it costs the C program, one prepared
/// statement without a transaction, and what is measured is the engine. Without it, it looks as the engine's role, under its policies.
struct BenchWatcher: Sendable {
    private let pool: PostgresPool
    private let isHarness: Bool

    init(_ stack: BenchStack, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        var environment = environment
        let user = environment["MAINSTAY_BENCH_WATCHER"] ?? ""
        self.isHarness = !user.isEmpty
        if isHarness { environment["PGUSER"] = user }
        var database = try PostgresConfiguration(environment: environment)
        database.applicationName = "mainstay bench watcher"
        self.pool = PostgresPool(configuration: database, size: 1, logger: stack.logger)
    }

    func sees(_ id: String, of workspace: UUID) async throws -> Bool {
        let scope = isHarness ? PostgresScope.unscoped : .workspaces([workspace])
        return try await !pool.query(scope, "select 1 from tickets where id = $1", id).isEmpty
    }
}
