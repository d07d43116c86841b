import Foundation
import Postgres
import Synchronization

/// What one transaction leaves in the queues if it commits: the jobs that its body enqueued, and the follow-ups of the groups
/// that it closed.
///
///     body ──enqueue──▶ noted here ──rows──▶ with the last statements ──COMMIT──▶ appended to Redis, confirmed
///                                                                       └─ rolled back: nothing is left, nowhere
///
/// A transaction that is tried again has another one of these, so nothing of the try before it is left in there. What is not
/// appended after the commit, because Redis is away or the process dies, is the relay's: the rows stand under an append group,
/// as those of every acceptance do.
final class TransactionJobs: Sendable {
    /// That of the transaction whose body the current task runs.
    @TaskLocal static var current: TransactionJobs?

    private struct State {
        var items: [AcceptanceStore.Item] = []
        var names: Set<JobName> = []
        var groups: [JobGroupStore.New] = []
        /// What the database accepted itself, by the append groups that it made for it.
        var followUps: [UUID: [AcceptanceStore.Item]] = [:]
        /// The append group of `items`; set when they are submitted, and then no more are taken. Groups are in the order of their
        /// commits, as near as can be.
        var group: UUID?
    }

    let configuration: JobsConfiguration
    private let transaction: ObjectIdentifier
    /// Throws for a queue that takes no more of the transaction's workspace.
    private let admit: @Sendable (String) throws -> Void
    private let state = Mutex(State())

    init(
        of transaction: PostgresTransaction, _ configuration: JobsConfiguration, admit: @escaping @Sendable (String) throws -> Void = { _ in }
    ) {
        self.transaction = ObjectIdentifier(transaction)
        self.configuration = configuration
        self.admit = admit
    }

    /// Runs the body of a transaction, and adds to the transaction what it enqueued.
    static func collecting<R: Sendable>(
        in transaction: PostgresTransaction, _ configuration: JobsConfiguration, admit: @escaping @Sendable (String) throws -> Void = { _ in },
        _ body: @Sendable () async throws -> R
    ) async throws -> (value: R, jobs: TransactionJobs) {
        let jobs = TransactionJobs(of: transaction, configuration, admit: admit)
        let value = try await $current.withValue(jobs) { try await body() }
        jobs.submit(in: transaction)
        return (value, jobs)
    }

    /// Where `transaction` notes its jobs.
    /// - Throws: `JobError(.notTransactional)` when it is none of the engine's.
    static func open(for transaction: PostgresTransaction) throws -> TransactionJobs {
        guard let current = Self.current, current.transaction == ObjectIdentifier(transaction) else {
            throw JobError(
                .notTransactional, subject: "transaction",
                message: "jobs are enqueued in the transaction of a handler, of a RunContext or of JobProducer.transaction, and this is another one")
        }
        return current
    }

    // MARK: What the body enqueues

    /// A job in the form in which it is kept.
    /// - Throws: `JobError(.notTransactional)` for a kind whose acceptance is no row; `.backlogFull`,
    ///   `.workspaceBacklogFull`.
    func item(
        _ kind: JobKind, key: JobKey?, body: [UInt8], workspace: UUID, id: UUID, notBefore: Date? = nil, priority: JobPriority? = nil,
        marks: Envelope.Marks, trace: TraceParent?
    ) throws -> AcceptanceStore.Item {
        guard kind.acceptance == .ledger else {
            throw JobError(
                .notTransactional, subject: kind.name,
                message: "a stream kind is accepted by Redis alone, which no transaction can take back; only ledger kinds are enqueued in one")
        }
        try admit(kind.queue)
        let envelope = Envelope(
            accepting: body, of: kind, id: id, workspace: workspace, notBefore: notBefore, priority: priority, key: key, marks: marks, trace: trace)
        return AcceptanceStore.Item(
            envelope: envelope, queue: kind.queue, partition: configuration.partition(of: workspace), idempotency: nil, notBefore: notBefore)
    }

    /// Notes jobs, and the group that they are the members of. An id that comes twice is one job.
    /// - Throws: `JobError(.notTransactional)` after the body has ended.
    func note(_ items: [AcceptanceStore.Item], group: JobGroupStore.New? = nil) throws {
        let isTaken = state.withLock { state in
            guard state.group == nil else { return false }
            for item in items where state.names.insert(JobName(item.envelope)).inserted { state.items.append(item) }
            if let group { state.groups.append(group) }
            return true
        }
        guard isTaken else {
            throw JobError(.notTransactional, subject: "transaction", message: "its body has ended, and it takes no more jobs")
        }
    }

    /// Adds the rows of what was noted to the transaction. From here on it takes no more.
    func submit(in transaction: PostgresTransaction) {
        let group = UUID.version7()
        let (items, groups) = state.withLock { state in
            state.group = group
            return (state.items, state.groups)
        }
        for new in groups { JobGroupStore.submit(new, in: transaction) }
        guard !items.isEmpty else { return }
        transaction.submit("insert into append_groups (id) values ($1)", group)
        AcceptanceStore.submit(items, group: group, in: transaction)
    }

    // MARK: What the database accepts itself

    /// Notes the acceptances that closed groups wrote. What cannot be read here the relay reads.
    func note(followUps rows: [PostgresRow]) {
        for row in rows {
            guard let owed = try? RelayStore.owed(row), let group = try? row.decode("append_group", as: UUID.self) else { continue }
            let item = AcceptanceStore.Item(
                envelope: owed.envelope, queue: owed.partition.queue, partition: owed.partition.index, idempotency: nil, notBefore: owed.notBefore)
            state.withLock { $0.followUps[group, default: []].append(item) }
        }
    }

    // MARK: After the commit

    /// What is to be appended to Redis, and the append group that is to be confirmed after that.
    struct Accepted: Sendable {
        let group: UUID
        let items: [AcceptanceStore.Item]
    }

    var accepted: [Accepted] {
        state.withLock { state in
            var accepted = state.followUps.map { Accepted(group: $0.key, items: $0.value) }
            if let group = state.group, !state.items.isEmpty { accepted.append(Accepted(group: group, items: state.items)) }
            return accepted
        }
    }
}
