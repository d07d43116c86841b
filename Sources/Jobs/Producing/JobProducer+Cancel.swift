public import Foundation
import Redis

extension JobProducer {
    /// Asks for the end of a job: the worker that has it in its hands decides, and until then the job may still be done.
    ///
    /// One that waits for its time or its retry comes up at once, to be cancelled. One that waits in line is cancelled when its
    /// turn comes. A ``RunHandler`` hears it within a second (``RunContext/cancelRequested()``); a transaction that is
    /// under way is over within milliseconds and is not interrupted.
    ///
    /// - Returns: the status before the wish; final when there was nothing left to cancel. Nil for a job that this workspace does not have.
    /// - Throws: `JobError(.refused)` for a job of a kind that is not cancelled: its workers would grant nothing, so no wish is kept and it
    ///   does not come up before its time. `JobError(.idempotencyMismatch)` when the key was used for another request; nothing is asked for then. `PostgresError`,
    ///   `RedisError`: asking again is safe.
    public func cancel(_ id: UUID, workspace: UUID, idempotency: Idempotency? = nil) async throws -> JobStatus? {
        guard let status = try await status(id, workspace: workspace) else { return nil }
        guard !status.state.isFinal else { return status }
        guard isCancellable(kind: status.kind) else {
            throw JobError(.refused, subject: status.kind, message: "a job of the kind \(status.kind) cannot be cancelled")
        }
        try await ControlStore(pool: pool).requestCancellation(of: JobName(workspace: workspace, id: id), idempotency: idempotency)
        // Only quicker by it: a Redis that is away keeps its later jobs until their time.
        let partition = configuration.partition(of: workspace)
        await withDiscardingTaskGroup { group in
            for queue in monitor.queues {
                let queue = configuration.queue(QueuePartition(queue: queue, index: partition), on: redis)
                group.addTask { _ = try? await queue.hurry(id, timeout: .milliseconds(500)) }
            }
        }
        return status
    }
}
