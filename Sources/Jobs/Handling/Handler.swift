public import Postgres

/// Redelivery is a type and not a comment: a handler says by its protocol what may happen to it. There is no fourth.
///
/// - ``EffectHandler``: one job, one transaction. May run again; its effects cannot happen twice.
/// - ``BatchHandler``: the same for many jobs at once, for kinds that come by the thousand.
/// - ``RunHandler``: long, with effects outside of the database. The engine never repeats it behind its back.

/// Handles many jobs of one kind in one transaction.
///
/// The transaction is scoped to exactly the workspaces of `jobs`, fenced, and carries the outcomes. When the method
/// throws, the batch is split until the bad job stands alone, so an error costs its neighbours a second run and
/// nothing else. Statements that need no answer are best `submit`ted: then the whole batch is one round trip.
///
/// The engine waits for the transaction's own database and counts no attempt meanwhile. Any other store that the method misses is a
/// failure of the attempt.
///
/// - Important: do nothing here that a rollback does not undo.
public protocol BatchHandler<Payload>: Sendable {
    associatedtype Payload: JobPayload
    func handle(_ jobs: [Job<Payload>], in transaction: PostgresTransaction) async throws
}

/// Handles one job in one transaction; the returned value is kept with the outcome. What is missed counts as with ``BatchHandler``.
///
/// - Important: do nothing here that a rollback does not undo.
public protocol EffectHandler<Payload>: Sendable {
    associatedtype Payload: JobPayload
    func handle(_ job: Job<Payload>, in transaction: PostgresTransaction) async throws -> JobResult?
}

/// Handles one long job whose effects leave the database.
///
/// It ends by ``RunContext/finish(_:error:result:_:)``, which commits its last writes together with the outcome.
/// A thrown error means that nothing outside has happened yet and the job may be tried again; once something has,
/// the handler must finish, and say honestly how. A job that comes again after its worker died has
/// ``RunContext/isRedelivered``: the handler's own rows say how far it came.
public protocol RunHandler<Payload>: Sendable {
    associatedtype Payload: JobPayload
    func run(_ job: Job<Payload>, context: RunContext) async throws
}
