import Foundation
import Postgres
import Redis
import TestSupport
import Testing

@testable import Jobs

/// Jobs that Redis has lost without a trace: its epoch is the recorded one, and nobody else would ask for them.
@Suite(.timeLimit(.minutes(1))) struct SweepTests {
    @Test("an owed job that Redis does not hold is appended, wherever the others lie; one whose append is under way is the relay's")
    func missing() async throws {
        try await EngineFixture.with(configure: Self.small) { engine in
            _ = try await engine.acceptNotes(5)
            _ = try await engine.commit()
            let sweeper = UUID.version7()
            #expect(try await engine.relay().sweep(as: sweeper) == 0)
            try await engine.loseOne()
            #expect(try await engine.held() == 4)
            try await engine.turn()
            #expect(try await engine.relay().sweep(as: sweeper) == 1)
            #expect(try await engine.held() == 5)
        }
    }

    @Test("each acceptance is looked at once, and again with every passage from the beginning")
    func passages() async throws {
        try await EngineFixture.with(configure: Self.small) { engine in
            _ = try await engine.acceptNotes(3)
            let sweeper = UUID.version7()
            // The first turn ends a passage and the second comes to its end.
            for _ in 0..<2 {
                #expect(try await engine.relay().sweep(as: sweeper) == 0)
                try await engine.turn()
            }
            try await engine.loseOne()
            #expect(try await engine.relay().sweep(as: sweeper) == 0)
            try await RelayStore(pool: engine.pool).repeatSweep(after: .zero)
            try await engine.turn()
            #expect(try await engine.relay().sweep(as: sweeper) == 0, "it begins at the beginning with the next turn")
            try await engine.turn()
            #expect(try await engine.relay().sweep(as: sweeper) == 1)
        }
    }

    @Test("what is young, and what has an outcome, is not looked for; a replay of something old is")
    func ages() async throws {
        try await EngineFixture.with { engine in
            let ids = try await engine.acceptNotes(2)
            let store = RelayStore(pool: engine.pool)
            let first = UUID(high: 0, low: 0)
            #expect(try await store.look(after: first, age: .seconds(300), rows: 10)?.looked == nil)
            let look = try #require(await store.look(after: first, age: .zero, rows: 10))
            #expect(look.looked == 2 && Set(look.owed.map(\.name.id)) == Set(ids))
            try await engine.withWorker { _ in
                for id in ids { try await engine.expect(id, .done) }
            }
            let done = try #require(await store.look(after: first, age: .zero, rows: 10))
            #expect(done.looked == 2 && done.owed.isEmpty)
            #expect(try await store.look(after: done.last, age: .zero, rows: 10)?.looked == nil)

            let dead = try await engine.producer.accept(Note(text: "no", isPermanent: true), workspace: engine.workspace).id
            try await engine.withWorker { _ in try await engine.expect(dead, .dead) }
            let behind = try #require(await store.look(after: done.last, age: .zero, rows: 10)).last
            let letters = DeadLetterStore(pool: engine.pool)
            let letter = try #require(await letters.find(dead))
            let replay = try #require(await letters.replay(letter, partition: 0))
            try await AcceptanceStore(pool: engine.pool).confirm([replay.group])
            let replayed = try #require(await store.look(after: behind, age: .zero, rows: 10))
            #expect(replayed.owed.map(\.name.id) == [dead])
        }
    }

    @Test("one worker at a time has the turn; who lost it keeps nothing")
    func turns() async throws {
        try await EngineFixture.with { engine in
            let store = RelayStore(pool: engine.pool)
            let (one, other) = (UUID.version7(), UUID.version7())
            let place = UUID.version7()
            #expect(try await store.takeSweep(as: one, lease: .seconds(60)) == UUID(high: 0, low: 0))
            #expect(try await store.takeSweep(as: other, lease: .seconds(60)) == nil)
            #expect(try await store.keepSweep(at: place, as: one, rest: .zero))
            #expect(try await store.takeSweep(as: other, lease: .seconds(60)) == place)
            #expect(try await store.keepSweep(at: .version7(), as: one, rest: .zero) == false)
            try await store.endSweep(at: place, as: other, rest: .zero, passage: .seconds(60))
            #expect(try await store.takeSweep(as: one, lease: .seconds(60)) == UUID(high: 0, low: 0), "the first passage has ended")
        }
    }

    @Test("a worker sweeps by itself")
    func worker() async throws {
        try await EngineFixture.with(configure: { $0.sweepAge = .zero }) { engine in
            let ids = try await engine.acceptNotes(2)
            // As it is after a relay has seen this Redis whole.
            let epoch = UUID.version7()
            #expect(try await engine.queue().setEpoch(epoch.lowercased, seen: nil))
            try await RelayStore(pool: engine.pool).record(epoch: epoch, of: engine.queue().partition)
            try await engine.loseOne()
            try await engine.withWorker { _ in
                for id in ids { try await engine.expect(id, .done) }
                try await eventually { try await engine.isEmpty() }
            }
            #expect(try await engine.notes().count == 2)
        }
    }

    @Test("a reconciliation looks at pages of the ledger, of which most are done")
    func pages() async throws {
        try await EngineFixture.with { engine in
            let ids = try await engine.acceptNotes(7)
            let (store, partition) = (RelayStore(pool: engine.pool), engine.queue().partition)
            var (found, places) = ([UUID](), [UUID(high: 0, low: 0)])
            while let page = try await store.owed(in: partition, after: places[places.count - 1], looking: 3, inline: 1000) {
                found += page.owed.map(\.envelope.id)
                places.append(page.last)
            }
            #expect(found == ids.sorted { $0.words < $1.words } && places.count == 4)
            let elsewhere = try #require(await store.owed(in: QueuePartition(queue: "other", index: 0), after: places[0], looking: 3, inline: 1000))
            #expect(elsewhere.owed.isEmpty && elsewhere.last == places[1])
        }
    }

    /// So few in the lanes that some are parked.
    private static func small(_ configuration: inout JobsConfiguration) {
        configuration.sweepAge = .zero
        (configuration.window, configuration.burst) = (1, 1)
    }
}

extension EngineFixture {
    /// An acceptance whose append nobody has confirmed.
    fileprivate func commit() async throws -> UUID {
        let envelope = Envelope(
            id: .version7(), workspace: workspace, kind: Note.kind.name, version: 1, acceptedAt: Int64(Date().timeIntervalSince1970 * 1000),
            body: Array(try JSONEncoder().encode(Note(text: "under way"))))
        _ = try await AcceptanceStore(pool: pool).commit(
            [.init(envelope: envelope, queue: "notes", partition: 0, idempotency: nil)], group: .version7(), confirmed: [])
        return envelope.id
    }

    /// Deletes the first entry of the ready lane, behind the engine's back.
    fileprivate func loseOne() async throws {
        let lane = queue().keys.ready
        let first = try await redis.send(RedisCommand("XRANGE", .string(lane), "-", "+", "COUNT", 1))
        let id = try #require(first.array?.first?.array?.first?.string)
        _ = try await redis.send(RedisCommand("XDEL", .string(lane), .string(id)))
    }

    fileprivate func held() async throws -> Int { try await queue().heldJobs().count }

    /// The time for the next turn has come.
    fileprivate func turn() async throws {
        try await pool.execute(.role(.upkeep), "update ledger_sweep set turn_at = clock_timestamp()")
    }
}
