import Foundation
import Postgres
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1))) struct EngineTests {
    @Test("a ledger job is accepted, done once, acknowledged, and tells so")
    func ledger() async throws {
        try await EngineFixture.with { engine in
            let accepted = try await engine.producer.accept(Note(text: "one"), workspace: engine.workspace)
            #expect(try await engine.status(accepted.id)?.state == .queued)
            try await engine.withWorker { _ in
                let status = try await engine.finished(accepted.id)
                #expect(status.state == .done && status.attempts == 1 && status.kind == "test.note")
                try await eventually { try await engine.isEmpty() }
            }
            #expect(try await engine.notes() == ["one"])
        }
    }

    @Test("a stream job keeps its result, and another workspace does not see it")
    func stream() async throws {
        try await EngineFixture.with { engine in
            let accepted = try await engine.producer.accept(StreamNote(text: "four"), workspace: engine.workspace)
            #expect(try await engine.status(accepted.id)?.state == .queued)
            #expect(try await engine.producer.status(accepted.id, workspace: .version7()) == nil)
            try await engine.withWorker { _ in
                let status = try await engine.finished(accepted.id)
                #expect(status.result.map { String(decoding: $0, as: UTF8.self) }?.replacing(" ", with: "") == "{\"length\":4}")
                #expect(try await engine.producer.status(accepted.id, workspace: .version7()) == nil)
            }
        }
    }

    @Test("a body over the bound travels by reference, for both classes")
    func largeBodies() async throws {
        try await EngineFixture.with(configure: { $0.inlineBodyLimit = 100 }) { engine in
            let text = String(repeating: "long ", count: 1000)
            let first = try await engine.producer.accept(Note(text: text + "1"), workspace: engine.workspace)
            let second = try await engine.producer.accept(StreamNote(text: text + "2"), workspace: engine.workspace)
            try await engine.withWorker { _ in
                try await engine.expect(first.id, .done)
                try await engine.expect(second.id, .done)
            }
            #expect(try await engine.notes() == [text + "1", text + "2"])
        }
    }

    @Test("a failing job is tried again with its history, and is done in the end")
    func retries() async throws {
        try await EngineFixture.with { engine in
            let accepted = try await engine.producer.accept(Note(text: "third time", failures: 2), workspace: engine.workspace)
            try await engine.withWorker { _ in
                let status = try await engine.finished(accepted.id)
                #expect(status.state == .done && status.attempts == 3)
                try await eventually { try await engine.isEmpty() }
            }
            #expect(try await engine.queue().failure(of: accepted.id) == nil)
        }
    }

    @Test("a job that fails too often, or for good, is a dead letter; its replay is one replay")
    func deadLetters() async throws {
        try await EngineFixture.with { engine in
            let worn = try await engine.producer.accept(Note(text: "never", failures: 99), workspace: engine.workspace)
            let hopeless = try await engine.producer.accept(Note(text: "impossible", isPermanent: true), workspace: engine.workspace)
            let administration = JobAdministration(pool: engine.pool, redis: engine.redis, configuration: engine.configuration)
            try await engine.withWorker { _ in
                #expect(try await engine.finished(worn.id).attempts == 3)
                #expect(try await engine.finished(hopeless.id).attempts == 1)
                let letter = try #require(await administration.letters.find(worn.id))
                #expect(letter.code == "NoteFault" && String(decoding: letter.history, as: UTF8.self).contains("\"attempt\""))
                #expect(try await administration.letters.find(hopeless.id)?.code == "impossible")
                #expect(try await administration.replay(letter))
                #expect(try await administration.replay(letter) == false)
                try await eventually { try await engine.status(worn.id)?.state == .dead }
                try await eventually { try await engine.isEmpty() }
            }
            #expect(try await engine.notes() == [])
        }
    }

    @Test("one bad job of a batch is found, and its 49 neighbours commit")
    func badNeighbour() async throws {
        try await EngineFixture.with { engine in
            let ids = try await withThrowingTaskGroup(of: UUID.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        try await engine.producer.accept(Note(text: "n\(number)", isPermanent: number == 17), workspace: engine.workspace).id
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try await engine.withWorker { _ in
                var dead = 0
                for id in ids where try await engine.finished(id).state == .dead { dead += 1 }
                #expect(dead == 1)
            }
            #expect(try await engine.notes().count == 49)
        }
    }

    @Test("the same Idempotency-Key is the same job; another request under it is refused", arguments: [true, false])
    func idempotency(isLedger: Bool) async throws {
        try await EngineFixture.with { engine in
            @Sendable func accept(_ text: String, digest: UInt8) async throws -> Acceptance {
                let key = Idempotency(key: "k1", digest: [digest, 2, 3])
                while true {
                    do {
                        return isLedger
                            ? try await engine.producer.accept(Note(text: text), workspace: engine.workspace, idempotency: key)
                            : try await engine.producer.accept(StreamNote(text: text), workspace: engine.workspace, idempotency: key)
                    } catch let error as JobError where error.code == .inFlight {
                        // What a client does: ask again.
                        await Task.yield()
                    }
                }
            }
            let answers = try await withThrowingTaskGroup(of: Acceptance.self) { group in
                for _ in 0..<20 { group.addTask { try await accept("once", digest: 1) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.id)).count == 1)
            #expect(answers.filter { !$0.replayed }.count == 1)
            await #expect(throws: JobError.self) { _ = try await accept("other", digest: 9) }
            // Another workspace may use the same key.
            let stranger = try await engine.producer.accept(
                Note(text: "theirs"), workspace: .version7(), idempotency: Idempotency(key: "k1", digest: [7]))
            #expect(!stranger.replayed)
            try await engine.withWorker { _ in _ = try await engine.finished(answers[0].id) }
            #expect(try await engine.notes() == ["once"])
        }
    }

    @Test("an entry that is no job is buried, and the jobs around it are done")
    func unreadable() async throws {
        try await EngineFixture.with { engine in
            _ = try await engine.redis.send(RedisCommand("XADD", .string(engine.queue().keys.ready), "*", "h", "nonsense", "b", "x"))
            let accepted = try await engine.producer.accept(Note(text: "fine"), workspace: engine.workspace)
            try await engine.withWorker { _ in
                try await engine.expect(accepted.id, .done)
                try await eventually { try await engine.isEmpty() }
            }
            let letters = try await DeadLetterStore(pool: engine.pool).list(kind: "unreadable")
            #expect(letters.count == 1 && letters.first?.code == "unreadable")
        }
    }

    @Test("beyond the window jobs are parked by workspace, and all of them are done")
    func parking() async throws {
        try await EngineFixture.with(configure: { ($0.window, $0.burst) = (10, 0) }) { engine in
            let others = (0..<4).map { _ in UUID.version7() }
            for number in 0..<60 {
                _ = try await engine.producer.accept(Note(text: "p\(number)"), workspace: number % 2 == 0 ? engine.workspace : others[number % 4])
            }
            let backlog = try await eventualBacklog(engine, total: 60)
            // Ten of each lane that they came to.
            #expect((10...40).contains(backlog.ready) && backlog.parked == 60 - backlog.ready)
            #expect(try await engine.queue().heldJobs().count == 60)
            try await engine.withWorker { _ in try await eventually { try await engine.isEmpty() } }
            #expect(try await engine.notes().count == 30)
        }
    }

    @Test("the age of a queue is that of its oldest waiting job: one in a worker's hands does not count")
    func oldestAge() async throws {
        let (held, release) = (Signal(), Signal())
        try await EngineFixture.with { engine in
            _ = try await engine.producer.accept(Note(text: "long"), workspace: engine.workspace)
            try await eventually { try await engine.queue().measure().oldestAge != nil }
            try await engine.withWorker(onBatch: { _ in
                held.raise()
                await release.wait()
            }) { _ in
                await held.wait()
                let backlog = try await engine.queue().measure()
                #expect(backlog.running == 1 && backlog.oldestAge == nil)
                release.raise()
                try await eventually { try await engine.isEmpty() }
            }
        }
    }

    @Test("what is accepted is appended by its acceptance, and its group confirmed, while no relay runs")
    func appends() async throws {
        try await EngineFixture.with { engine in
            // A client that is not connected is given little time, and leaves the append to the relay.
            try await eventually { engine.redis.statistics.connected == engine.redis.statistics.connections }
            _ = try await engine.producer.accept(Note(text: "a"), workspace: engine.workspace)
            try await eventually { try await engine.queue().measure().ready == 1 }
            try await eventually { try await engine.pool.query(.role(.upkeep), "select id from append_groups").isEmpty }
        }
    }

    private func eventualBacklog(_ engine: EngineFixture, total: Int) async throws -> Backlog {
        try await engine.eventuallyAppended { try await engine.queue().measure().total == total }
        return try await engine.queue().measure()
    }
}
