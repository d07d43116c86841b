import Foundation
import Postgres
import Redis
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// Who holds few jobs while somebody else's have all of a worker's units.
@Suite(.timeLimit(.minutes(1))) struct ExpressTests {
    @Test("while batches of a flood hold all units, jobs of another workspace are done, and no batch has both")
    func express() async throws {
        try await EngineFixture.with(configure: { $0.burst = 10 }) { engine in
            let hold = HoldUp()
            try await engine.withFlood(heldUpBy: hold) { _ in
                for turn in 1...3 {
                    try await engine.append((0..<5).map { _ in HoldUp.few }, in: engine.workspace)
                    try await eventually("the few are done") { try await engine.notes().count == turn * 5 }
                }
                #expect(hold.held == engine.configuration.batchConcurrency, "no batch of the flood has ended, and none was begun beyond the units")
                hold.release.raise()
                try await eventually { try await engine.isEmpty() }
            }
            #expect(hold.mixed == 0)
        }
    }

    @Test("a queue that is paused in a flood begins nothing of the few either; resumed, it does them while the units are still held")
    func pause() async throws {
        try await EngineFixture.with(configure: { $0.burst = 10 }) { engine in
            let hold = HoldUp()
            let control = QueueControl(pool: engine.pool)
            try await engine.withFlood(heldUpBy: hold) { _ in
                #expect(try await control.pause("notes", reason: nil))
                // Until the worker has heard of it, it goes on taking jobs.
                try await eventually("a job is left alone while others are done") {
                    try await engine.append([HoldUp.few], in: engine.workspace)
                    for _ in 0..<5 {
                        let other = try await engine.producer.accept(StreamNote(text: "other"), workspace: engine.workspace)
                        try await engine.expect(other.id, .done)
                    }
                    return try await engine.length(of: .ready(.normal)) > 0
                }
                #expect(try await control.resume("notes"))
                try await eventually("what was left is done") { try await engine.length(of: .ready(.normal)) == 0 }
                #expect(hold.held == engine.configuration.batchConcurrency)
                hold.release.raise()
                try await eventually { try await engine.isEmpty() }
            }
        }
    }

    @Test("a worker that leaves in a flood gives its express read up, finishes what it began and hands the rest back")
    func leave() async throws {
        try await EngineFixture.with(configure: { $0.burst = 10 }) { engine in
            try await engine.withFlood(heldUpBy: HoldUp()) { await $0.triggerGracefulShutdown() }
            let backlog = try await engine.queue().measure()
            #expect(backlog.running == 0 && backlog.workers == 0 && backlog.ready > 0, "\(backlog)")
        }
    }
}

/// A handler that lets batches with bulk jobs wait, and counts those that have other jobs beside them.
private final class HoldUp: Sendable {
    static let (bulk, few) = ("bulk", "few")

    let release = Signal()
    private let counts = Mutex((held: 0, mixed: 0))

    var held: Int { counts.withLock { $0.held } }
    var mixed: Int { counts.withLock { $0.mixed } }

    func pass(_ jobs: [Job<Note>]) async {
        let bulk = jobs.count { $0.payload.text == Self.bulk }
        guard bulk > 0 else { return }
        counts.withLock { counts in
            counts.held += 1
            if bulk < jobs.count { counts.mixed += 1 }
        }
        await release.wait()
    }
}

extension EngineFixture {
    /// Runs `body` while batches of a flood hold all units of a worker.
    fileprivate func withFlood(heldUpBy hold: HoldUp, _ body: @Sendable (ServiceGroup) async throws -> Void) async throws {
        try await flood()
        try await withWorker(onBatch: { jobs in await hold.pass(jobs) }) { group in
            defer { hold.release.raise() }
            try await eventually("all units are busy") { hold.held == configuration.batchConcurrency }
            try await body(group)
        }
    }

    /// More jobs of one workspace than a few units take at first; as many as count as few lie in the ready lane.
    private func flood() async throws {
        try await queue().ensureGroup()
        let texts = (0..<400).map { $0 < configuration.burst ? HoldUp.few : HoldUp.bulk }
        try await append(texts, in: .version7())
    }

    fileprivate func append(_ texts: [String], in workspace: UUID) async throws {
        try await queue().append(
            try texts.map { text in
                Envelope(
                    id: .version7(), workspace: workspace, kind: Note.kind.name, version: 1, acceptedAt: 1,
                    body: Array(try JSONEncoder().encode(Note(text: text))))
            })
    }

    fileprivate func length(of lane: Lane) async throws -> Int {
        try await redis.send(RedisCommand("XLEN", .string(queue().keys.lane(lane)))).integer ?? -1
    }
}
