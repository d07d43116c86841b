public import Foundation
public import Postgres

extension PostgresTransaction {
    /// Enqueues a job in this transaction: the job is there if and only if the transaction commits.
    ///
    /// It works in the transaction of a ``BatchHandler`` or ``EffectHandler``, in those of a ``RunContext``, and in
    /// ``JobProducer/transaction(_:timeout:_:)``. The rows go out with the transaction's last statements, so it costs no round
    /// trip; after the commit the job is appended at once, or some seconds later by a relay when Redis is away.
    ///
    /// A handler whose own row is its job's outcome may, in rare moments, commit twice for one job: when two copies of the job are
    /// in two workers at the same instant. Where that must not make two jobs, give an `id` that follows from the first
    /// (`.derived(from: job.id, step: 1)`): accepting an id twice is one job.
    ///
    /// - Parameters:
    ///   - workspace: one of those that this transaction is scoped to, or PostgreSQL refuses the transaction.
    ///   - id: a version 7 or derived id when it has to be known or repeatable; a new one without it.
    ///   - notBefore: no worker begins the job before; nil, or a time that has passed, for at once.
    ///   - priority: its class; that of its kind without it.
    ///   - trace: that of the work that this job comes from (`job.trace`).
    /// - Returns: the job's id.
    /// - Throws: `JobError(.notTransactional)` for a stream kind, and for a transaction that is none of the engine's;
    ///   `.backlogFull` and `.workspaceBacklogFull` in a producer's transaction. It throws before anything is enqueued; the transaction
    ///   can go on.
    @discardableResult
    public func enqueue<Payload: JobPayload>(
        _ payload: Payload, workspace: UUID, id: UUID? = nil, notBefore: Date? = nil, priority: JobPriority? = nil, trace: TraceParent? = nil
    ) throws -> UUID {
        let jobs = try TransactionJobs.open(for: self)
        let item = try jobs.item(
            Payload.kind, key: payload.key, body: try PayloadEncoder.encode(payload), workspace: workspace, id: id ?? .version7(),
            notBefore: notBefore, priority: priority,
            // An id that the caller chose may have been accepted before.
            marks: id == nil ? [] : .seen, trace: trace)
        try jobs.note([item])
        return item.envelope.id
    }

    /// Runs a body that may enqueue in a transaction that somebody else began, such as a test's: the rows are added at the body's
    /// end, and a relay appends what they promise once the transaction has committed.
    package func enqueueing<R: Sendable>(
        _ configuration: JobsConfiguration = JobsConfiguration(), _ body: @Sendable () async throws -> R
    ) async throws -> R {
        try await TransactionJobs.collecting(in: self, configuration, body).value
    }
}
