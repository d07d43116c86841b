import Foundation
import Postgres
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// Memory is bounded by bytes: large bodies are in a worker's hands a few at a time, and in a relay's never.
@Suite(.timeLimit(.minutes(1))) struct BodyMemoryTests {
    // MARK: Chunks

    @Test(
        "a chunk has as many bodies in a row as there is room for, and at least one",
        arguments: [
            ([], []), ([8, 8, 8], [0..<2, 2..<3]), ([1, 20, 1], [0..<1, 1..<2, 2..<3]), ([0, 9, 0, 9], [0..<3, 3..<4]), ([0, 0, 0], [0..<3]),
            ([20], [0..<1]), ([16, 1], [0..<1, 1..<2]),
        ] as [([Int], [Range<Int>])])
    func chunks(_ sizes: [Int], _ expected: [Range<Int>]) {
        let chunks = BodyChunk.chunks(of: sizes, most: 16)
        #expect(chunks.map(\.range) == expected)
        #expect(chunks.map(\.bytes) == expected.map { sizes[$0].reduce(0, +) })
    }

    // MARK: Budget

    @Test("two chunks are held at once; a body beyond all of the room waits for all of it, and the line waits behind it")
    func budget() async throws {
        let budget = BodyBudget(chunk: 10)
        let (first, second, large) = (Holder(10, of: budget), Holder(10, of: budget), Holder(50, of: budget))
        let holding = [first, second].map { holder in Task { try await holder.hold() } }
        for holder in [first, second] { await holder.begun.wait() }
        let waiting = Task { try await large.hold() }
        try await eventually { budget.waiting == 1 }
        let small = Task { try await budget.holding(1) {} }
        try await eventually { budget.waiting == 2 }
        first.release.raise()
        try await holding[0].value
        #expect(budget.waiting == 2 && !large.begun.isRaised)
        second.release.raise()
        await large.begun.wait()
        #expect(budget.waiting == 1)
        large.release.raise()
        for task in [holding[1], waiting, small] { try await task.value }
    }

    @Test("who is cancelled in the line leaves it, and those behind come on")
    func cancelled() async throws {
        let budget = BodyBudget(chunk: 10)
        let first = Holder(11, of: budget)
        let holding = Task { try await first.hold() }
        await first.begun.wait()
        let large = Task { try await budget.holding(20) {} }
        try await eventually { budget.waiting == 1 }
        let small = Task { try await budget.holding(5) {} }
        try await eventually { budget.waiting == 2 }
        large.cancel()
        await #expect(throws: CancellationError.self) { try await large.value }
        try await small.value
        first.release.raise()
        try await holding.value
        try await budget.holding(20) {}
    }

    // MARK: A worker

    @Test("a batch with stored bodies is committed in chunks of bytes, all of its jobs once; one of inline bodies is one batch")
    func worker() async throws {
        try await EngineFixture.with { engine in
            let batches = Mutex<[Int]>([])
            var registry = HandlerRegistry()
            registry.register(batch: NoteHandler { jobs in batches.withLock { $0.append(jobs.count) } })
            let worker = try await engine.registered()
            let executor = Executor(
                registry: registry, worker: worker, outcomes: OutcomeStore(pool: engine.pool), letters: DeadLetterStore(pool: engine.pool),
                ledger: engine.ledger, controls: Controls(), draining: Signal(), clock: ContinuousClock(), logger: engine.logger,
                bodies: BodyBudget(chunk: 2500))
            let texts = [1000, 1001, 1002, 3000, 1003].map { String(repeating: "x", count: $0) }
            try await executor.execute(try await engine.read(texts, limit: 100), in: engine.queue())
            #expect(batches.withLock { $0 } == [2, 1, 1, 1])
            #expect(try await Set(engine.notes()) == Set(texts))
            #expect(try await engine.isEmpty())

            batches.withLock { $0 = [] }
            try await executor.execute(try await engine.read(texts, limit: .max), in: engine.queue())
            #expect(batches.withLock { $0 } == [5])
            #expect(try await engine.notes().count == 10)
        }
    }

    // MARK: The relay

    @Test("the relay reads no body beyond the inline limit: of it the stream carries the reference, and the job is done")
    func relay() async throws {
        try await EngineFixture.with(configure: {
            $0.inlineBodyLimit = 100
            $0.relayAge = .zero
        }) { engine in
            let texts = ["short", String(repeating: "long ", count: 1000)]
            let store = RelayStore(pool: engine.pool)
            let jobs = try texts.map { try engine.envelope(of: $0) }
            _ = try await AcceptanceStore(pool: engine.pool).commit(
                jobs.map { .init(envelope: $0, queue: "notes", partition: 0, idempotency: nil) }, group: .version7(), confirmed: [])
            let expected: [Envelope.Marks] = [.seen, [.seen, .stored]]
            let page = try #require(
                await store.owed(in: engine.queue().partition, after: UUID(high: 0, low: 0), looking: 10, inline: 100))
            #expect(Self.marks(page.owed, jobs) == expected)
            #expect(page.owed.filter { $0.envelope.body.isEmpty }.map(\.envelope.id) == [jobs[1].id])
            let found = Mutex<[RelayStore.Owed]>([])
            // Given up, so that the group stands as it was.
            await #expect(throws: NoteFault.self) {
                _ = try await store.unconfirmed(olderThan: .zero, inline: 100) { owed in
                    found.withLock { $0 = owed }
                    throw NoteFault()
                }
            }
            #expect(Self.marks(found.withLock { $0 }, jobs) == expected)
            try await engine.withWorker { _ in
                for job in jobs { try await engine.expect(job.id, .done) }
            }
            #expect(try await Set(engine.notes()) == Set(texts))
        }
    }

    @Test("nor does the sweep, of jobs that it appends")
    func sweep() async throws {
        try await EngineFixture.with { engine in
            let jobs = [try engine.envelope(of: "short"), try engine.envelope(of: String(repeating: "long ", count: 1000))]
            let group = UUID.version7()
            let acceptances = AcceptanceStore(pool: engine.pool)
            _ = try await acceptances.commit(
                jobs.map { .init(envelope: $0, queue: "notes", partition: 0, idempotency: nil) }, group: group, confirmed: [])
            try await acceptances.confirm([group])
            let owed = try await RelayStore(pool: engine.pool).owed(among: jobs.map { JobName($0) }, inline: 100)
            #expect(Self.marks(owed, jobs) == [.seen, [.seen, .stored]])
        }
    }

    private static func marks(_ owed: [RelayStore.Owed], _ jobs: [Envelope]) -> [Envelope.Marks] {
        jobs.compactMap { job in owed.first { $0.envelope.id == job.id }?.envelope.marks }
    }
}

/// Holds some of a budget from `begun` to `release`.
private struct Holder: Sendable {
    let bytes: Int
    let budget: BodyBudget
    let begun = Signal()
    let release = Signal()

    init(_ bytes: Int, of budget: BodyBudget) {
        (self.bytes, self.budget) = (bytes, budget)
    }

    func hold() async throws {
        try await budget.holding(bytes) {
            begun.raise()
            await release.wait()
        }
    }
}

extension EngineFixture {
    fileprivate func envelope(of text: String) throws -> Envelope {
        Envelope(
            id: .version7(), workspace: workspace, kind: Note.kind.name, version: 1, acceptedAt: Int64(Date().timeIntervalSince1970 * 1000),
            body: Array(try JSONEncoder().encode(Note(text: text))))
    }

    /// Entries of fresh jobs in a worker's hands, in the order of `texts`.
    /// - Parameter limit: larger bodies lie in PostgreSQL.
    fileprivate func read(_ texts: [String], limit: Int) async throws -> [Entry] {
        let envelopes = try texts.map { try envelope(of: $0) }
        let carried = envelopes.map { $0.carried(limit: limit) }
        for (whole, carried) in zip(envelopes, carried) where carried.lacksBody {
            try await OutcomeStore(pool: pool).keep(body: whole.body, of: whole.id, workspace: workspace)
        }
        try await queue().append(carried)
        let connection = redis.blockingConnection()
        let found = try await queue().healingGroup {
            try await queue().perform(.together(count: texts.count), worker: UUID.version7().lowercased, block: .seconds(2), on: connection)
        }
        await connection.close()
        return try envelopes.map { envelope in try #require(found.entries.first { $0.envelope.id == envelope.id }) }
    }
}
