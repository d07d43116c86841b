public import Foundation
public import Postgres

extension JobProducer {
    /// A transaction in one workspace whose body may write rows and enqueue jobs
    /// (``Postgres/PostgresTransaction/enqueue(_:workspace:id:notBefore:priority:trace:)``,
    /// ``Postgres/PostgresTransaction/enqueueGroup(_:then:workspace:id:notBefore:trace:)``): all of it is there, or nothing.
    ///
    /// ```swift
    /// let job = try await producer.transaction(workspace) { transaction in
    ///     transaction.submit("insert into orders (workspace_id, id) values ($1, $2)", workspace, order)
    ///     return try transaction.enqueue(ShipOrder(order: order), workspace: workspace)
    /// }
    /// ```
    ///
    /// It is not repeated. When the connection breaks during the commit, nobody knows whether it happened
    /// (`PostgresError.commitUnknown`); what did happen is carried out.
    ///
    /// What the workspace has in the queues is looked at before it begins, and so once for all that it enqueues.
    ///
    /// - Parameter timeout: for all of it; the pool's own when nil.
    /// - Throws: what `body` throws, and then nothing was done; `PostgresError`.
    public func transaction<R: Sendable>(
        _ workspace: UUID, timeout: Duration? = nil, _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        // The body cannot ask: it enqueues without waiting.
        let refusals = await monitor.refusals(of: workspace)
        let admit: @Sendable (String) throws -> Void = { [monitor] queue in
            if let refusal = monitor.refusal(by: queue) ?? refusals[queue] { throw refusal }
        }
        let (value, jobs) = try await pool.transaction(.workspaces([workspace]), timeout: timeout) { transaction in
            try await TransactionJobs.collecting(in: transaction, configuration, admit: admit) { try await body(transaction) }
        }
        await acceptance.append(jobs)
        return value
    }
}
