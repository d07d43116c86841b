import Foundation
import Jobs
import Logging
import Postgres
import Schema
import Workspaces

/// The token that a private stack's own commands use: for the default workspace, with every scope of a workspace.
enum FirstToken {
    /// - Parameter earlier: a token that was made before; it is kept while it still opens the door.
    static func ensure(_ earlier: String?, databaseURL: String) async throws -> String {
        var logger = Logger(label: "mainstay.up")
        logger.logLevel = .error
        return try await PostgresPool.with(try PostgresConfiguration(url: databaseURL), logger: logger) { [logger] pool in
            try await ensure(earlier, pool: pool, logger: logger)
        }
    }

    private static func ensure(_ earlier: String?, pool: PostgresPool, logger: Logger) async throws -> String {
        let workspaces = Workspaces(pool: pool, multiUser: false, logger: logger)
        if let earlier, try await workspaces.authenticator.identity(bearer: earlier) != nil { return earlier }
        let made = try await workspaces.tokens.create(
            workspace: Workspace.defaultID, user: nil, name: "mainstay up", scopes: Scope.workspace, by: .system("up"))
        guard let secret = made.secret else { throw UpFault("the first token could not be made") }
        return secret.text
    }
}

extension Migration {
    /// Brings a database up to date, and makes the days that its first rows are to lie in.
    /// - Returns: how many files were run.
    static func run(url: String) async throws -> Int {
        var logger = Logger(label: "mainstay.migrate")
        logger.logLevel = .warning
        return try await PostgresPool.with(try PostgresConfiguration(url: url), logger: logger) { [logger] pool in
            let count = try await Migrator(pool: pool, logger: logger).run().count
            await DayTable.makeAllDays(in: pool, as: .unscoped, logger: logger)
            return count
        }
    }
}
