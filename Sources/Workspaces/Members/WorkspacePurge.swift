package import Foundation
import Jobs
package import Logging
package import Postgres

/// Takes away what is left of workspaces that were deleted and not restored in time: all their rows in all tables, then themselves.
///
/// Every worker runs it. Page by page, each in a transaction of its own, so that no lock is held for long and whoever goes on after a
/// crash goes on where it happened.
package struct WorkspacePurge: PeriodicTask {
    package let name = "workspaces.purge"
    /// Against a grace of days.
    package let interval = Duration.seconds(900)

    /// Rows that one transaction deletes: a fraction of a second's work.
    private static let rows = 5_000
    /// Workspaces of a round.
    private static let workspaces = 100

    private let pool: PostgresPool
    private let logger: Logger

    package init(pool: PostgresPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    /// One round. A workspace that cannot be purged does not keep the others from it; its error comes at the end.
    package func run() async throws {
        var fault: (any Error)?
        let due = try await pool.transaction(.role(.upkeep)) { try await PurgeStore.due(limit: Self.workspaces, in: $0) }
        for workspace in due {
            try Task.checkCancellation()
            do {
                let deleted = try await purge(workspace)
                if deleted > 0 {
                    logger.notice(
                        "A deleted workspace was purged", metadata: ["workspace": "\(workspace.lowercased)", "rows": "\(deleted)"])
                }
            } catch {
                fault = fault ?? error
            }
        }
        if let fault { throw fault }
    }

    /// Purges one workspace whose time is up.
    /// - Returns: how many rows were deleted.
    package func purge(_ workspace: UUID) async throws -> Int {
        var total = 0
        while true {
            let deleted = try await pool.transaction(.role(.upkeep), timeout: .seconds(60)) { transaction in
                try await Self.step(of: workspace, in: transaction)
            }
            total += deleted
            guard deleted > 0 else { return total }
            try Task.checkCancellation()
        }
    }

    /// One page of a purge, in a session of upkeep.
    /// - Returns: how many rows were deleted; 0 when nothing is left.
    package static func step(of workspace: UUID, in session: some PostgresSession) async throws -> Int {
        try await PurgeStore.purge(workspace, rows: rows, in: session)
    }
}
