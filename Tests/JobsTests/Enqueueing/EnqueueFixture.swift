import Foundation
import Postgres
import ServiceLifecycle
import TestSupport
import Testing

@testable import Jobs

/// A kind whose handler enqueues a note for each of its texts, and then fails as its payload says.
struct Spawn: JobPayload {
    static let kind = JobKind(name: "test.spawn", queue: "spawns", acceptance: .ledger, retry: Note.quick)

    var texts: [String]
    /// Attempts that fail, after they have enqueued, before one succeeds.
    var failures = 0
}

struct SpawnHandler: EffectHandler {
    func handle(_ job: Job<Spawn>, in transaction: PostgresTransaction) async throws -> JobResult? {
        for text in job.payload.texts { try transaction.enqueue(Note(text: text), workspace: job.workspace, trace: job.trace) }
        if job.attempt <= job.payload.failures { throw NoteFault() }
        return nil
    }
}

/// A long kind that enqueues on its way, and with its end.
struct LongSpawn: JobPayload {
    static let kind = JobKind(name: "test.long-spawn", queue: "long-spawns", acceptance: .ledger, retry: Note.quick)

    var text: String
}

struct LongSpawnHandler: RunHandler {
    func run(_ job: Job<LongSpawn>, context: RunContext) async throws {
        let text = job.payload.text
        _ = try await context.transaction { transaction in
            try transaction.enqueue(Note(text: text + " on its way"), workspace: job.workspace)
        }
        await #expect(throws: NoteFault.self) {
            try await context.transaction { transaction in
                try transaction.enqueue(Note(text: text + " never"), workspace: job.workspace)
                throw NoteFault()
            }
        }
        try await context.finish { transaction in
            try transaction.enqueue(Note(text: text + " at its end"), workspace: job.workspace)
        }
    }
}

extension EngineFixture {
    /// What a worker of this engine appends with.
    var ledger: LedgerAcceptance {
        let store = AcceptanceStore(pool: pool)
        return LedgerAcceptance(
            store: store, redis: redis, configuration: configuration, confirmations: Confirmations(store: store, logger: logger), logger: logger)
    }

    /// A worker that also serves the kinds that enqueue.
    func withSpawner(
        onBatch: @escaping @Sendable ([Job<Note>]) async throws -> Void = { _ in }, _ body: @Sendable (ServiceGroup) async throws -> Void
    ) async throws {
        var registry = HandlerRegistry()
        registry.register(batch: NoteHandler(onBatch: onBatch))
        registry.register(effect: SpawnHandler())
        registry.register(run: LongSpawnHandler())
        let worker = Worker(name: "spawner", registry: registry, pool: pool, redis: redis, configuration: configuration, logger: logger)
        try await run(worker, body)
    }

    /// Rows of this workspace.
    func count(_ sql: SQL) async throws -> Int {
        try #require(try await pool.query(.workspaces([workspace]), sql).first?.decode("rows", as: Int.self))
    }

    func acceptances() async throws -> Int { try await count("select count(*) as rows from acceptances") }

    func appendGroups() async throws -> Int { try await count("select count(*) as rows from append_groups") }

    func group(_ id: UUID) async throws -> JobGroupStatus {
        try #require(try await producer.group(id, workspace: workspace))
    }

    /// Waits until a group is closed and its follow-up is done.
    /// - Parameter open: members of other groups that have not ended.
    func expectFollowUp(_ group: JobGroup, open: Int = 0, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await eventually("the group is closed") { try await self.group(group.id).closedAt != nil }
        try await expect(group.then, .done, sourceLocation: sourceLocation)
        let status = try await self.group(group.id)
        #expect(status.remaining == 0 && status.dead == 0 && status.then == group.then, sourceLocation: sourceLocation)
        #expect(try await count("select count(*) as rows from job_group_members") == open, sourceLocation: sourceLocation)
    }
}
