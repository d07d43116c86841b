import Foundation
import Postgres
import Redis
import TestSupport
import Testing

@testable import Jobs

/// How much one workspace may have in a queue, so that it does not close the queue for the others.
@Suite(.timeLimit(.minutes(1))) struct WorkspaceBoundTests {
    /// Four jobs of a workspace, of which a lane takes one and the others are parked: they count alike.
    private static let few: @Sendable (inout JobsConfiguration) -> Void = {
        $0.backlogBound = 100
        $0.workspaceBacklogBound = 4
        ($0.window, $0.burst) = (1, 0)
    }

    private static func isSeen(_ count: Int, in queue: String, by engine: EngineFixture) async throws {
        try await engine.eventuallyAppended("the queue is seen to hold \(count) jobs") {
            (engine.producer.backlogs[queue]?.due ?? 0) >= count
        }
    }

    @Test(
        "it is half of the queue's, unless it is set",
        arguments: [(1_000_000, nil, 500_000), (1, nil, 1), (1_000_000, 7, 7)] as [(Int, Int?, Int)])
    func standard(_ queue: Int, _ own: Int?, _ expected: Int) {
        var configuration = JobsConfiguration()
        (configuration.backlogBound, configuration.workspaceBacklogBound) = (queue, own)
        #expect(configuration.workspaceBound == expected)
    }

    @Test("who is over it is refused, at once and for later, while others are accepted; a repeat is answered", arguments: [true, false])
    func over(isLedger: Bool) async throws {
        try await EngineFixture.with(configure: Self.few) { engine in
            @Sendable func accept(
                _ workspace: UUID, notBefore: Date? = nil, priority: JobPriority? = nil, _ key: Idempotency? = nil
            ) async throws -> Acceptance {
                isLedger
                    ? try await engine.producer.accept(
                        Note(text: "n"), workspace: workspace, notBefore: notBefore, priority: priority, idempotency: key)
                    : try await engine.producer.accept(
                        StreamNote(text: "n"), workspace: workspace, notBefore: notBefore, priority: priority, idempotency: key)
            }
            let (full, other) = (engine.workspace, UUID.version7())
            let first = try await accept(full, priority: .high, Idempotency(key: "k", digest: [1]))
            for priority in [JobPriority.normal, .normal, .low] { _ = try await accept(full, priority: priority) }
            try await Self.isSeen(4, in: isLedger ? "notes" : "streams", by: engine)

            for notBefore in [nil, Date(timeIntervalSinceNow: 3600)] {
                let refused = await #expect(throws: JobError.self) { _ = try await accept(full, notBefore: notBefore) }
                #expect(refused?.code == .workspaceBacklogFull && (refused?.retryAfter ?? .zero) >= .seconds(1))
                #expect(try await !accept(other, notBefore: notBefore).replayed)
            }
            let again = try await accept(full, Idempotency(key: "k", digest: [1]))
            #expect(again.id == first.id && again.replayed)
            let refusals: [(Idempotency, JobError.Code)] = [
                (Idempotency(key: "k", digest: [2]), .idempotencyMismatch), (Idempotency(key: "new", digest: [1]), .workspaceBacklogFull),
            ]
            for (key, code) in refusals {
                let error = await #expect(throws: JobError.self) { _ = try await accept(full, key) }
                #expect(error?.code == code)
            }
            try await engine.withWorker { _ in
                try await engine.expect(first.id, .done)
                try await eventually("there is room again") {
                    do {
                        return try await !accept(full).replayed
                    } catch let error as JobError where error.code == .workspaceBacklogFull {
                        return false
                    }
                }
            }
        }
    }

    @Test("those of one call count for each other: of many at once no more are accepted than one workspace may have")
    func together() async throws {
        try await EngineFixture.with(configure: Self.few) { engine in
            let accepted = try await withThrowingTaskGroup(of: Bool.self, returning: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do {
                            _ = try await engine.producer.accept(StreamNote(text: "n"), workspace: engine.workspace)
                            return true
                        } catch let error as JobError where error.code == .workspaceBacklogFull {
                            return false
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(accepted == 4)
            #expect(try await engine.queue("streams").heldCount(of: engine.workspace) == 4)
            #expect(try await engine.queue("streams").heldCount(of: .version7()) == 0)
        }
    }

    @Test("a large body whose job was refused for it is not left behind")
    func bodies() async throws {
        try await EngineFixture.with(configure: {
            Self.few(&$0)
            $0.inlineBodyLimit = 100
        }) { engine in
            let long = StreamNote(text: String(repeating: "long ", count: 1000))
            for _ in 0..<4 { _ = try await engine.producer.accept(StreamNote(text: "short"), workspace: engine.workspace) }
            let refused = await #expect(throws: JobError.self) { _ = try await engine.producer.accept(long, workspace: engine.workspace) }
            #expect(refused?.code == .workspaceBacklogFull)
            #expect(try await engine.pool.query(.workspaces([engine.workspace]), "select id from job_bodies").isEmpty)
        }
    }

    @Test("it holds for transactions and groups, and not for what the installation owes to itself")
    func transactions() async throws {
        try await EngineFixture.with(configure: Self.few) { engine in
            let producer = engine.producer
            let (full, other) = (engine.workspace, UUID.version7())
            @Sendable func group(_ workspace: UUID, _ key: Idempotency? = nil) async throws -> JobGroup {
                try await producer.acceptGroup(
                    ["a", "b", "c", "d"].map { Note(text: $0) }, then: Note(text: "then"), workspace: workspace, idempotency: key)
            }
            @Sendable func enqueue(_ workspace: UUID) async throws -> UUID {
                try await producer.transaction(workspace) { try $0.enqueue(Note(text: "e"), workspace: workspace) }
            }
            let key = Idempotency(key: "g", digest: [1])
            let first = try await group(full, key)
            try await Self.isSeen(4, in: "notes", by: engine)

            let refusedGroup = await #expect(throws: JobError.self) { _ = try await group(full) }
            let refusedJob = await #expect(throws: JobError.self) { _ = try await enqueue(full) }
            #expect(refusedGroup?.code == .workspaceBacklogFull && refusedJob?.code == .workspaceBacklogFull)
            let again = try await group(full, key)
            #expect(again.id == first.id && again.replayed)
            _ = try await enqueue(other)
            _ = try await group(other)
            #expect(try await !producer.accept(Note(text: "owed"), workspace: full, isOwed: true).replayed)
        }
    }

    @Test("what Redis does not tell is not known, and refuses nobody")
    func withoutRedis() async throws {
        try await EngineFixture.with { engine in
            // Nobody runs this client, so it never connects: what is asked of it waits in vain.
            let absent = RedisClient(configuration: try RedisConfiguration(url: "redis://127.0.0.1:1/0"), logger: engine.logger)
            let backlogs = WorkspaceBacklogs(redis: absent, configuration: engine.configuration, logger: engine.logger)
            #expect(await backlogs.count(of: engine.workspace, in: "notes") == nil)
        }
    }
}
