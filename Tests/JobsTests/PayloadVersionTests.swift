import Foundation
import Postgres
import TestSupport
import Testing

@testable import Jobs

/// A payload whose first version had one name; this release knows two.
private struct Greeting: JobPayload, Equatable {
    static let kind = JobKind(name: "test.greeting", version: 2, queue: "notes", acceptance: .ledger, retry: Note.quick)
    var given: String
    var family: String?

    static func upcast(_ body: [UInt8], from version: Int) throws -> Greeting {
        guard version == 1 else { throw PermanentJobError("version \(version) of a greeting is not known", code: "unknown_version") }
        struct First: Decodable {
            var name: String
        }
        let words = try JSONDecoder().decode(First.self, from: Data(body)).name.split(separator: " ", maxSplits: 1).map(String.init)
        return Greeting(given: words.first ?? "", family: words.count > 1 ? words[1] : nil)
    }
}

private struct GreetingHandler: EffectHandler {
    func handle(_ job: Job<Greeting>, in transaction: PostgresTransaction) async throws -> JobResult? {
        let text = "\(job.payload.family ?? "-"), \(job.payload.given)"
        transaction.submit("insert into notes (workspace_id, id, text) values ($1, $2, $3)", job.workspace, job.id, text)
        return nil
    }
}

@Suite(.timeLimit(.minutes(1))) struct PayloadVersionTests {
    private var registry: HandlerRegistry {
        var registry = HandlerRegistry()
        registry.register(effect: GreetingHandler())
        return registry
    }

    @Test("a kind of version 2 reads version 1, and leaves what it does not know to the release that made it")
    func versions() throws {
        let first = try registry.decode(Array(#"{"name":"Ada Lovelace"}"#.utf8), kind: "test.greeting", version: 1)
        #expect((first as? Greeting) == Greeting(given: "Ada", family: "Lovelace"))
        let second = try registry.decode(Array(#"{"given":"Ada"}"#.utf8), kind: "test.greeting", version: 2)
        #expect((second as? Greeting) == Greeting(given: "Ada"))
        #expect(throws: PermanentJobError.self) { try registry.decode(Array(#"{"name":"Ada"}"#.utf8), kind: "test.greeting", version: 2) }
        let third = #expect(throws: JobError.self) { try registry.decode(Array(#"{"given":"Ada"}"#.utf8), kind: "test.greeting", version: 3) }
        #expect(third?.code == .laterVersion)
        let error = #expect(throws: JobError.self) { try registry.decode([], kind: "test.other", version: 1) }
        #expect(error?.code == .unknownKind)
    }

    @Test("what the release before enqueued is carried out by this one, and what a later one did waits for a worker of that")
    func deploy() async throws {
        try await EngineFixture.with { engine in
            func enqueued(_ body: String, version: Int) async throws -> UUID {
                let kind = JobKind(name: Greeting.kind.name, version: version, queue: "notes", acceptance: .ledger)
                return try await engine.producer.accept(kind: kind, body: Array(body.utf8), workspace: engine.workspace).id
            }
            let first = try await enqueued(#"{"name":"Ada Lovelace"}"#, version: 1)
            let third = try await enqueued(#"{"names":["Ada"]}"#, version: 3)
            try await engine.run(engine.worker(serving: registry)) { _ in
                try await engine.expect(first, .done)
                try await eventually { try await engine.status(third)?.state == .retrying }
            }
            #expect(try await engine.notes() == ["Lovelace, Ada"])
            #expect(try await engine.status(third)?.attempts == 0, "none has begun")
            #expect(try await DeadLetterStore(pool: engine.pool).find(third) == nil)
        }
    }

    @Test("kinds and versions of a later release, be they batch, effect or run, keep their attempt however often an older worker meets them")
    func rollout() async throws {
        try await EngineFixture.with { engine in
            let ids = try await [
                engine.producer.accept(Parcel<Batched, Later>(text: "batch"), workspace: engine.workspace).id,
                engine.producer.accept(Parcel<Single, Later>(text: "effect"), workspace: engine.workspace).id,
                engine.producer.accept(Parcel<Long, Later>(text: "run"), workspace: engine.workspace).id,
                engine.producer.accept(Parcel<Unheard, Later>(text: "unknown"), workspace: engine.workspace).id,
            ]
            // More often than their policy has attempts.
            for meeting in 1...Note.quick.maximumAttempts + 1 {
                try await engine.run(engine.worker(serving: parcels(of: Present.self))) { _ in
                    try await eventually("all wait in meeting \(meeting)") { try await engine.postponed().count == ids.count }
                }
                let postponed = try await engine.postponed()
                #expect(Set(postponed.map(\.envelope.id)) == Set(ids) && postponed.allSatisfy { $0.envelope.attempt == 1 })
                for job in postponed {
                    let due = try #require(job.due)
                    #expect(due.timeIntervalSinceNow <= 30)
                    #expect(try await engine.status(job.envelope.id)?.state == .retrying)
                    #expect(try await engine.queue(job.envelope.kind == Parcel<Long, Later>.kind.name ? "long" : "notes").hurry(job.envelope.id))
                }
            }
            var registry = parcels(of: Later.self)
            registry.register(effect: ParcelEffect<Unheard, Later>())
            try await engine.run(engine.worker(serving: registry)) { _ in
                for id in ids { try await engine.expect(id, .done) }
            }
            #expect(try await engine.notes() == ["batch 1", "effect 1", "run 1", "unknown 1"])
            for id in ids { #expect(try await DeadLetterStore(pool: engine.pool).find(id) == nil) }
        }
    }

    @Test("what no worker has known for a day is a dead letter that says so; what is merely old, or was replayed, has its day before it")
    func patience() async throws {
        try await EngineFixture.with { engine in
            let longAgo = Int64(Date().timeIntervalSince1970 * 1000) - 25 * 3600 * 1000
            func envelope(_ kind: String, version: Int) -> Envelope {
                Envelope(
                    id: .version7(), workspace: engine.workspace, kind: kind, version: version, acceptedAt: longAgo, body: Array("{}".utf8))
            }
            func refused(_ code: String) throws -> [UInt8] {
                Array(try JSONEncoder().encode(StatusNotes.Note(after: nil, .init(attempt: 1, error: code, code: code, at: longAgo), attempts: 0)))
            }
            let unknown = envelope("test.gone", version: 1)
            let later = envelope(Greeting.kind.name, version: 3)
            let old = envelope("test.gone", version: 1)
            try await engine.queue().postpone([
                .init(entry: nil, envelope: unknown, delay: .zero, failure: try refused("unknown_kind")),
                .init(entry: nil, envelope: later, delay: .zero, failure: try refused("later_version")),
                .init(entry: nil, envelope: old, delay: .zero, failure: []),
            ])
            let letters = DeadLetterStore(pool: engine.pool)
            try await engine.run(engine.worker(serving: registry)) { _ in
                try await eventually {
                    guard try await letters.find(unknown.id) != nil, try await letters.find(later.id) != nil else { return false }
                    return try await engine.postponed().map(\.envelope.id) == [old.id]
                }
                let letter = try #require(await letters.find(unknown.id))
                #expect(letter.code == "unknown_kind" && letter.error.contains("no worker of a release that knows it came"))
                #expect(try await letters.find(later.id)?.code == "later_version")
                let administration = JobAdministration(pool: engine.pool, redis: engine.redis, configuration: engine.configuration)
                #expect(try await administration.replay(letter))
                try await eventually { try await Set(engine.postponed().map(\.envelope.id)) == [old.id, unknown.id] }
            }
        }
    }
}

extension EngineFixture {
    fileprivate func worker(serving registry: HandlerRegistry) -> Worker {
        Worker(name: "test", registry: registry, pool: pool, redis: redis, configuration: configuration, logger: logger)
    }

    /// What waits for a worker of another release. Nothing of what is due is among it, such as what was hurried.
    fileprivate func postponed() async throws -> [WaitingJob] {
        var jobs: [WaitingJob] = []
        for name in ["notes", "long"] { jobs += try await queue(name).waiting() }
        return jobs.filter { $0.place == .later && ($0.due ?? .distantPast) > Date() }
    }
}

// MARK: Two releases

private protocol Release: Sendable {
    static var version: Int { get }
}

private enum Present: Release { static let version = 2 }
private enum Later: Release { static let version = 3 }

private protocol Way: Sendable {
    static var name: String { get }
    static var queue: String { get }
}

private enum Batched: Way { static let (name, queue) = ("test.batched", "notes") }
private enum Single: Way { static let (name, queue) = ("test.single", "notes") }
private enum Long: Way { static let (name, queue) = ("test.lengthy", "long") }
/// Only the later release has it.
private enum Unheard: Way { static let (name, queue) = ("test.unheard", "notes") }

/// What goes one of the ways, as one of the releases makes it.
private struct Parcel<W: Way, R: Release>: JobPayload {
    static var kind: JobKind { JobKind(name: W.name, version: R.version, queue: W.queue, acceptance: .ledger, retry: Note.quick) }
    var text: String
}

extension PostgresTransaction {
    /// Leaves a note of a job and of the attempt in which it was done.
    fileprivate func submitNote<W: Way, R: Release>(of job: Job<Parcel<W, R>>) {
        submit(
            "insert into notes (workspace_id, id, text) values ($1, $2, $3)", job.workspace, job.id, "\(job.payload.text) \(job.attempt)")
    }
}

private struct ParcelBatch<R: Release>: BatchHandler {
    func handle(_ jobs: [Job<Parcel<Batched, R>>], in transaction: PostgresTransaction) async throws {
        for job in jobs { transaction.submitNote(of: job) }
    }
}

private struct ParcelEffect<W: Way, R: Release>: EffectHandler {
    func handle(_ job: Job<Parcel<W, R>>, in transaction: PostgresTransaction) async throws -> JobResult? {
        transaction.submitNote(of: job)
        return nil
    }
}

private struct ParcelRun<R: Release>: RunHandler {
    func run(_ job: Job<Parcel<Long, R>>, context: RunContext) async throws {
        try await context.finish { transaction in transaction.submitNote(of: job) }
    }
}

private func parcels<R: Release>(of release: R.Type) -> HandlerRegistry {
    var registry = HandlerRegistry()
    registry.register(batch: ParcelBatch<R>())
    registry.register(effect: ParcelEffect<Single, R>())
    registry.register(run: ParcelRun<R>())
    return registry
}
