package import Foundation
package import Postgres

/// Stops and starts queues, and bounds workspaces in them, for operators.
///
/// A paused queue accepts jobs, and no worker takes any from it: those that were taken before are finished. It is heard within
/// a second by all workers, now and after a restart, until somebody resumes it.
package struct QueueControl: Sendable {
    private let store: ControlStore
    private let limits: LimitStore

    package init(pool: PostgresPool) {
        store = ControlStore(pool: pool)
        limits = LimitStore(pool: pool)
    }

    /// - Parameter reason: for those who wonder why nothing moves.
    /// - Returns: false when it was paused already; the reason is the new one then.
    package func pause(_ queue: String, reason: String?) async throws -> Bool { try await store.pause(queue, reason: reason) }

    /// - Returns: false when it was not paused.
    package func resume(_ queue: String) async throws -> Bool { try await store.resume(queue) }

    package func paused() async throws -> [PausedQueue] { try await store.paused() }

    /// What bounds workspaces, by queue.
    package func workspaceLimits() async throws -> [WorkspaceLimit] { try await limits.all() }

    /// Sets a limit, or changes it. Workers keep to it within a second; jobs in their hands are finished.
    package func limit(_ limit: WorkspaceLimit) async throws { try await limits.set(limit) }

    /// - Returns: false when there was none.
    package func unlimit(workspace: UUID?, queue: String) async throws -> Bool { try await limits.clear(workspace: workspace, queue: queue) }
}
