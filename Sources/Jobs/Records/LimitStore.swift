package import Foundation
import Postgres

/// What bounds a workspace in a queue, over the whole fleet.
package struct WorkspaceLimit: Sendable, Hashable {
    /// Nil for every workspace that has no limit of its own there.
    package let workspace: UUID?
    package let queue: String
    /// Jobs in workers' hands at once; nil for any number.
    package let running: Int?
    /// Jobs begun a second, a second's worth at once; nil for any number.
    package let perSecond: Double?

    package init(workspace: UUID?, queue: String, running: Int?, perSecond: Double?) {
        self.workspace = workspace
        self.queue = queue
        self.running = running
        self.perSecond = perSecond
    }
}

/// The table of limits. It belongs to operators and acts as upkeep.
struct LimitStore: Sendable {
    let pool: PostgresPool

    private static let everyone = UUID(high: 0, low: 0)

    func all() async throws -> [WorkspaceLimit] {
        try await pool.query(
            .role(.upkeep), "select workspace_id, queue, running, per_second from job_limits order by queue, workspace_id", timeout: .seconds(5)
        ).map { row in
            let workspace = try row.decode("workspace_id", as: UUID.self)
            return WorkspaceLimit(
                workspace: workspace == Self.everyone ? nil : workspace, queue: try row.decode("queue"),
                running: try row.decode("running", as: Int32?.self).map(Int.init), perSecond: try row.decode("per_second", as: Double?.self))
        }
    }

    func set(_ limit: WorkspaceLimit) async throws {
        _ = try await pool.execute(
            .role(.upkeep),
            """
            insert into job_limits (workspace_id, queue, running, per_second) values ($1, $2, $3, $4)
            on conflict (workspace_id, queue) do update
              set running = excluded.running, per_second = excluded.per_second, changed_at = mainstay_now()
            """, limit.workspace ?? Self.everyone, limit.queue, limit.running.map { Int32(clamping: $0) }, limit.perSecond)
    }

    /// - Returns: false when there was none.
    func clear(workspace: UUID?, queue: String) async throws -> Bool {
        try await pool.execute(
            .role(.upkeep), "delete from job_limits where workspace_id = $1 and queue = $2", workspace ?? Self.everyone, queue) > 0
    }
}
