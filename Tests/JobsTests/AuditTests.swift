import Foundation
import Postgres
import Redis
import TestSupport
import Testing

@testable import Jobs

private let kinds = [
    Note.kind, StreamNote.kind, JobKind(name: "ticket.create", queue: "tickets", acceptance: .ledger, outcome: .ownTable),
    JobKind(name: "run.execute", queue: "runs", acceptance: .stream),
]

extension EngineFixture {
    fileprivate func audit(byWorkspace: Bool = false, meanwhile: @escaping @Sendable () async throws -> Void = {}) async throws -> AuditResult {
        try await Audit(pool: pool, redis: redis, configuration: configuration, kinds: kinds, clock: Meanwhile(act: meanwhile)).run(
            byWorkspace: byWorkspace)
    }

    fileprivate func envelope(_ text: String = "n") throws -> Envelope {
        Envelope(
            id: .version7(), workspace: workspace, kind: Note.kind.name, version: 1, acceptedAt: Int64(Date().timeIntervalSince1970 * 1000),
            marks: .seen, body: Array(try JSONEncoder().encode(Note(text: text))))
    }

    /// Commits an acceptance without an append. As long as its group stands, the relay would append it.
    fileprivate func commit(isConfirmed: Bool) async throws -> Envelope {
        let envelope = try self.envelope()
        let group = UUID.version7()
        let store = AcceptanceStore(pool: pool)
        _ = try await store.commit([.init(envelope: envelope, queue: "notes", partition: 0, idempotency: nil)], group: group, confirmed: [])
        if isConfirmed { try await store.confirm([group]) }
        return envelope
    }

    fileprivate func finish(_ id: UUID, kind: String = Note.kind.name, _ state: OutcomeState = .done) async throws {
        try await pool.execute(
            .workspaces([workspace]),
            "insert into outcomes (workspace_id, id, kind, state, attempts, accepted_at) values ($1, $2, $3, $4, 1, now())", workspace, id, kind,
            state.rawValue)
    }

    fileprivate func delete(_ key: String) async throws {
        _ = try await redis.send(RedisCommand("DEL", .string(key)))
    }
}

extension AuditResult {
    fileprivate func sums(_ queue: String = "notes", _ acceptance: JobKind.Acceptance = .ledger) -> AuditSums {
        rows.filter { $0.place.queue == queue && $0.place.acceptance == acceptance }.reduce(AuditSums()) { $0 + $1.sums }
    }
}

@Suite(.timeLimit(.minutes(1))) struct AuditTests {
    @Test("where nothing was accepted every known queue has a row of zeros")
    func empty() async throws {
        try await EngineFixture.with { engine in
            let result = try await engine.audit()
            #expect(result.rows.map(\.place.queue) == ["notes", "runs", "streams", "tickets"])
            #expect(result.total == AuditSums() && result.total.isClean && result.findings.isEmpty && result.gaps.isEmpty)
        }
    }

    @Test("what is done, dead or of a stream kind is counted with its outcome")
    func done() async throws {
        try await EngineFixture.with { engine in
            let ids = try await engine.acceptNotes(3)
            let dead = try await engine.producer.accept(Note(text: "no", isPermanent: true), workspace: engine.workspace)
            let stream = try await engine.producer.accept(StreamNote(text: "s"), workspace: engine.workspace)
            try await engine.withWorker { _ in
                for id in ids { try await engine.expect(id, .done) }
                try await engine.expect(dead.id, .dead)
                try await engine.expect(stream.id, .done)
                try await eventually { try await engine.isEmpty() }
                try await eventually { try await engine.isEmpty("streams") }
            }
            let result = try await engine.audit()
            let sums = result.sums()
            #expect(sums.accepted == 4 && sums.done == 3 && sums.dead == 1 && sums.isBalanced, "\(sums)")
            #expect(result.sums("streams", .stream).done == 1)
            #expect(result.total.isClean && result.total.waiting == 0)
        }
    }

    @Test("what waits is found in its place: ready, running, parked, later, and each workspace has its own row")
    func waiting() async throws {
        try await EngineFixture.with(configure: { ($0.window, $0.burst) = (2, 0) }) { engine in
            _ = try await engine.acceptNotes(5)
            let later = try await engine.commit(isConfirmed: true)
            try await engine.queue().postpone([.init(entry: nil, envelope: later, delay: .seconds(600), failure: [])])
            let connection = engine.redis.blockingConnection()
            _ = try await engine.queue().healingGroup {
                try await engine.queue().perform(.together(count: 1), worker: UUID.version7().lowercased, block: .seconds(2), on: connection)
            }
            await connection.close()
            let sums = try await engine.audit().sums()
            #expect(sums.ready == 1 && sums.running == 1 && sums.parked == 3 && sums.later == 1, "\(sums)")
            #expect(sums.accepted == 6 && sums.isBalanced && sums.isClean)

            _ = try await engine.producer.accept(StreamNote(text: "theirs"), workspace: .version7())
            _ = try await engine.producer.accept(StreamNote(text: "ours"), workspace: engine.workspace)
            let rows = try await engine.audit(byWorkspace: true).rows.filter { $0.place.queue == "streams" }
            #expect(rows.count == 2 && rows.allSatisfy { $0.sums.ready == 1 && $0.place.acceptance == .stream })
        }
    }

    @Test("a job that was deleted from Redis behind the engine's back is found, named, and comes back as the audit says")
    func lost() async throws {
        try await EngineFixture.with { engine in
            let ids = try await engine.acceptNotes(2)
            let partition = engine.queue().partition
            // As it is after a relay has seen this Redis whole.
            let epoch = UUID.version7()
            #expect(try await engine.queue().setEpoch(epoch.lowercased, seen: nil))
            try await RelayStore(pool: engine.pool).record(epoch: epoch, of: partition)
            let first = try await engine.redis.send(RedisCommand("XRANGE", .string(engine.queue().keys.ready), "-", "+", "COUNT", 1))
            var found = ReadEntries()
            found.add(first.array ?? [], from: .ready(.normal))
            let entry = try #require(found.entries.first)
            _ = try await engine.redis.send(RedisCommand("XDEL", .string(engine.queue().keys.ready), .string(entry.key.id)))

            let result = try await engine.audit()
            #expect(result.sums().unaccounted == 1 && result.sums().ready == 1 && result.sums().isBalanced)
            #expect(!result.total.isClean)
            #expect(result.findings.map(\.job) == [entry.envelope.id] && result.findings.first?.reason == .unaccounted)
            let gap = try #require(result.gaps.first)
            #expect(gap.partition == partition && gap.jobs == 1 && !gap.isRelayed)

            try await engine.delete(gap.epochKey)
            #expect(try await engine.audit().gaps.first?.isRelayed == true)
            try await engine.withWorker { _ in
                for id in ids { try await engine.expect(id, .done) }
                try await eventually { try await engine.isEmpty() }
            }
            let after = try await engine.audit()
            #expect(after.sums().done == 2 && after.total.isClean)
        }
    }

    @Test("what is committed and not yet appended is on its way, not lost")
    func onTheWay() async throws {
        try await EngineFixture.with { engine in
            _ = try await engine.commit(isConfirmed: false)
            let sums = try await engine.audit().sums()
            #expect(sums.onTheWay == 1 && sums.unaccounted == 0 && sums.isBalanced && sums.isClean)
        }
    }

    @Test("a job that is missing at the first look and comes to light at the second is not reported", arguments: ["entry", "outcome", "group"])
    func comesToLight(_ how: String) async throws {
        try await EngineFixture.with { engine in
            let envelope = try await engine.commit(isConfirmed: true)
            let result = try await engine.audit {
                switch how {
                case "entry": try await engine.queue().append([envelope])
                case "outcome": try await engine.finish(envelope.id)
                default:
                    // Accepted again, as by a replay.
                    _ = try await AcceptanceStore(pool: engine.pool).commit(
                        [.init(envelope: envelope, queue: "notes", partition: 0, idempotency: nil)], group: .version7(), confirmed: [])
                }
            }
            let sums = result.sums()
            #expect(sums.isClean && sums.isBalanced && sums.ready + sums.done + sums.onTheWay == 1, "\(sums)")
        }
    }

    @Test("entries of jobs that are done or have another entry are counted and no fault; one that is acknowledged meanwhile is none")
    func doubled() async throws {
        try await EngineFixture.with { engine in
            let (done, twice) = (try await engine.commit(isConfirmed: true), try await engine.commit(isConfirmed: true))
            try await engine.finish(done.id)
            try await engine.queue().append([done, twice, twice])
            let result = try await engine.audit()
            #expect(result.sums().doubledEntries == 2 && result.sums().done == 1 && result.sums().ready == 1, "\(result.sums())")
            #expect(result.total.isClean && result.sums().isBalanced)

            let acknowledged = try await engine.audit { try await engine.delete(engine.queue().keys.ready) }
            #expect(acknowledged.sums().doubledEntries == 0 && acknowledged.sums().ready == 1)
        }
    }

    @Test("of stream kinds a note without an entry and a run that began are found; what went with its note is not")
    func streams() async throws {
        try await EngineFixture.with { engine in
            let lost = try await engine.producer.accept(StreamNote(text: "a"), workspace: engine.workspace).id
            let gone = try await engine.producer.accept(StreamNote(text: "b"), workspace: engine.workspace).id
            let run = UUID.version7()
            try await engine.pool.execute(
                .workspaces([engine.workspace]),
                "insert into runs (workspace_id, id, provider, model, accepted_at) values ($1, $2, 'p', 'm', now())", engine.workspace, run)
            let keys = engine.queue("streams").keys
            #expect(try await engine.audit().sums("streams", .stream).ready == 2)
            try await engine.delete(keys.ready)
            try await engine.delete(keys.accepted(gone.lowercased))
            let result = try await engine.audit()
            #expect(Set(result.findings.map(\.job)) == [lost, run])
            #expect(result.sums("streams", .stream).unaccounted == 1 && result.sums("runs", .stream).unaccounted == 1)
            #expect(result.gaps.allSatisfy { $0.acceptance == .stream && !$0.isRelayed } && result.gaps.count == 2)
        }
    }

    @Test("a ticket without an acceptance is unexplained, but not when its day was dropped; a second outcome is a fault")
    func unexplained() async throws {
        try await EngineFixture.with { engine in
            var generator = SystemRandomNumberGenerator()
            let now = Int64(Date().timeIntervalSince1970 * 1000)
            let (old, new) = (UUID.version7(milliseconds: now - 40 * 86_400_000, using: &generator), UUID.version7())
            for id in [old, new] {
                try await engine.pool.execute(
                    .workspaces([engine.workspace]),
                    "insert into tickets (workspace_id, id, accepted_at, priority, subject, body) values ($1, $2, now(), 'low', 's', 'b')",
                    engine.workspace, id)
            }
            let single = try await engine.audit()
            #expect(single.sums("tickets").unexplained == 1 && single.findings.map(\.job) == [new] && single.total.isClean)
            try await engine.finish(new, kind: "ticket.create", .dead)
            let double = try await engine.audit()
            #expect(double.sums("tickets").doubledOutcomes == 1 && double.sums("tickets").unexplained == 1 && !double.total.isClean)
            #expect(double.findings.first?.reason == .doubledOutcome)
        }
    }

    @Test("pages show all that a partition holds, and what moves behind them is located")
    func pages() async throws {
        try await EngineFixture.with(configure: { ($0.window, $0.burst) = (600, 0) }) { engine in
            let queue = engine.queue()
            let envelopes = try (0..<1800).map { try engine.envelope("\($0)") }
            try await queue.append(envelopes)
            let (promoted, waiting) = (try engine.envelope(), try engine.envelope())
            try await queue.postpone([.init(entry: nil, envelope: waiting, delay: .seconds(600), failure: [])])
            var pages = queue.held()
            var found: [HeldJob] = []
            while let page = try await pages.next() {
                #expect(page.count <= HeldPages.size)
                found += page
            }
            #expect(found.count == 1801 && Set(found.map(\.id)) == Set((envelopes + [waiting]).map(\.id)))
            #expect(found.count { $0.place == .ready } == 600 && found.count { $0.place == .later } == 1)
            #expect(found.allSatisfy { $0.workspace == engine.workspace && $0.kind == Note.kind.name } && pages.unreadable == 0)

            _ = try await engine.redis.send(
                RedisCommand("XADD", .string(queue.keys.ready), "*", "h", .bytes(promoted.header), "b", .bytes(promoted.body)))
            let (moved, later) = try await pages.locate([promoted.id, waiting.id])
            #expect(moved.map(\.id) == [promoted.id] && later == [waiting.id])
        }
    }
}
