import ArgumentParser
import Foundation
import Jobs
import Logging
import Postgres
import Redis
import Workspaces

/// The stores that a command needs, opened from the settings.
struct Stores: Sendable {
    let pool: PostgresPool
    let redis: RedisClient
    let configuration: JobsConfiguration
    let logger: Logger

    /// Runs both stores for the length of `body`: for commands that ask something and end.
    static func with<R: Sendable>(
        _ settings: Settings, for command: String, logLevel: Logger.Level = .error, _ body: @Sendable (Stores) async throws -> R
    ) async throws -> R {
        var logger = Logger(label: "mainstay.\(command)")
        logger.logLevel = logLevel
        let stores = Stores(
            pool: PostgresPool(configuration: try settings.postgres(for: command), size: 2, logger: logger),
            redis: RedisClient(configuration: try settings.redis(for: command), logger: logger), configuration: try settings.jobs(), logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await stores.redis.run() }
            group.addTask { try await stores.pool.run() }
            let result: R
            do {
                result = try await body(stores)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
            return result
        }
    }

    /// The workspace of a slug that somebody typed.
    /// - Throws: `ValidationError` when there is none.
    func workspace(_ slug: String) async throws -> UUID {
        guard let found = try await WorkspaceStore(pool: pool, multiUser: true).find(slug: slug) else {
            throw ValidationError("there is no workspace \"\(slug)\"; `mainstay workspace list` shows them")
        }
        return found.id
    }

    var administration: JobAdministration { JobAdministration(pool: pool, redis: redis, configuration: configuration) }
}
