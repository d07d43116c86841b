import Foundation
import Postgres
import TestSupport
import Testing

@testable import Jobs

/// Jobs that are accepted for a caller which does not wait in a task.
@Suite(.timeLimit(.minutes(1))) struct BeginningTests {
    /// What a begun acceptance came to; nil when nothing was begun.
    private static func begun<Payload: JobPayload>(_ payload: Payload, _ engine: EngineFixture) async throws -> Acceptance? {
        let (answers, answer) = AsyncStream.makeStream(of: Result<Acceptance, any Error>.self)
        guard engine.producer.begin(payload, workspace: engine.workspace, then: { answer.yield($0) }) else { return nil }
        var iterator = answers.makeAsyncIterator()
        let found = try #require(await iterator.next())
        return try found.get()
    }

    @Test("it is accepted as any other, and done")
    func done() async throws {
        try await EngineFixture.with { engine in
            let ledger = try #require(try await Self.begun(Note(text: "ledger"), engine))
            let stream = try #require(try await Self.begun(StreamNote(text: "stream"), engine))
            #expect(!ledger.replayed && ledger.state == .queued && ledger.id != stream.id)
            #expect(try await engine.producer.status(stream.id, workspace: engine.workspace)?.state == .queued)
            try await engine.withWorker { _ in
                try await engine.expect(ledger.id, .done)
                try await engine.expect(stream.id, .done)
            }
        }
    }

    @Test("a hundred at once are a hundred jobs")
    func many() async throws {
        try await EngineFixture.with { engine in
            let ids = try await withThrowingTaskGroup(of: UUID?.self, returning: Set<UUID>.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let text = "\(number)"
                        return number % 2 == 0
                            ? try await Self.begun(Note(text: text), engine)?.id : try await Self.begun(StreamNote(text: text), engine)?.id
                    }
                }
                return try await group.reduce(into: []) { if let id = $1 { $0.insert(id) } }
            }
            #expect(ids.count == 100)
            try await engine.withWorker { _ in for id in ids { try await engine.expect(id, .done) } }
        }
    }

    @Test("nothing is begun where there is more to ask first: near a bound, and of a body that lies apart")
    func asks() async throws {
        try await EngineFixture.with(configure: {
            $0.workspaceBacklogBound = 2
            $0.inlineBodyLimit = 100
        }) { engine in
            #expect(try await Self.begun(StreamNote(text: String(repeating: "long ", count: 100)), engine) == nil)
            for _ in 0..<2 { #expect(try await Self.begun(StreamNote(text: "n"), engine) != nil) }
            try await engine.eventuallyAppended("the queue is seen to hold two jobs") { (engine.producer.backlogs["streams"]?.due ?? 0) >= 2 }
            #expect(try await Self.begun(StreamNote(text: "n"), engine) == nil)
            // Another queue is not near its bound.
            #expect(try await Self.begun(Note(text: "n"), engine) != nil)
        }
    }

    @Test("what is refused later is told as a failure")
    func refused() async throws {
        try await EngineFixture.with(configure: { $0.workspaceBacklogBound = 1 }) { engine in
            // Accepted one behind the other before the queue is measured: the script refuses the second.
            let first = try await Self.begun(StreamNote(text: "n"), engine)
            let second = await #expect(throws: JobError.self) {
                while let more = try await Self.begun(StreamNote(text: "n"), engine) { _ = more }
                throw JobError(.workspaceBacklogFull, subject: "streams", message: "it was measured before")
            }
            #expect(first != nil && second?.code == .workspaceBacklogFull)
        }
    }
}
