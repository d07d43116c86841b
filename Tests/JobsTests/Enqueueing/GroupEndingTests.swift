import Foundation
import Postgres
import TestSupport
import Testing

@testable import Jobs

/// In which ways a member ends, and what holds a group open.
@Suite("How members of a group end", .timeLimit(.minutes(1))) struct GroupEndingTests {
    private static func administration(_ engine: EngineFixture) -> JobAdministration {
        JobAdministration(pool: engine.pool, redis: engine.redis, configuration: engine.configuration)
    }

    /// A group with one member that dies until the signal is raised, and one that is done.
    private static func half(_ engine: EngineFixture) async throws -> JobGroup {
        try await engine.producer.acceptGroup([Note(text: "bad"), Note(text: "good")], then: Note(text: "then"), workspace: engine.workspace)
    }

    private static func failing(until repaired: Signal) -> @Sendable ([Job<Note>]) async throws -> Void {
        { jobs in
            if !repaired.isRaised, jobs.contains(where: { $0.payload.text == "bad" }) { throw PermanentJobError("not yet", code: "broken") }
        }
    }

    @Test("a dead member holds the group open; its replay, done, releases it")
    func replayed() async throws {
        try await EngineFixture.with { engine in
            let repaired = Signal()
            let group = try await Self.half(engine)
            try await engine.withWorker(onBatch: Self.failing(until: repaired)) { _ in
                try await engine.expect(group.jobs[0], .dead)
                try await engine.expect(group.jobs[1], .done)
                let status = try await engine.group(group.id)
                #expect(status.total == 2 && status.remaining == 1 && status.dead == 1 && status.closedAt == nil)
                #expect(try await engine.status(group.then) == nil)
                // It dies again, and goes on holding.
                let key = JobName(workspace: engine.workspace, id: group.jobs[0])
                let letters = DeadLetterStore(pool: engine.pool)
                let first = try #require(await letters.find(group.jobs[0]))
                #expect(try await Self.administration(engine).perform(.replay, on: [key], by: nil) == [key])
                try await eventually { try await letters.find(group.jobs[0])?.diedAt != first.diedAt }
                #expect(try await engine.group(group.id).remaining == 1)
                repaired.raise()
                #expect(try await Self.administration(engine).perform(.replay, on: [key], by: nil) == [key])
                try await engine.expectFollowUp(group)
            }
            #expect(try await engine.notes() == ["bad", "good", "then"])
        }
    }

    @Test("a member whose dead letter is discarded has ended; the relay appends the follow-up")
    func discarded() async throws {
        // Longer than a confirmation takes, a second.
        try await EngineFixture.with(configure: { $0.relayAge = .seconds(2) }) { engine in
            let group = try await Self.half(engine)
            try await engine.withWorker(onBatch: Self.failing(until: Signal())) { _ in
                try await engine.expect(group.jobs[0], .dead)
                try await engine.expect(group.jobs[1], .done)
                let key = JobName(workspace: engine.workspace, id: group.jobs[0])
                #expect(try await Self.administration(engine).perform(.discard, on: [key], by: "ann") == [key])
                #expect(try await engine.group(group.id).closedAt != nil)
                #expect(try await Self.administration(engine).perform(.discard, on: [key], by: "bob").isEmpty)
                try await engine.expectFollowUp(group)
            }
            #expect(try await engine.notes() == ["good", "then"])
        }
    }

    @Test("cancelled members have ended")
    func cancelled() async throws {
        try await EngineFixture.with { engine in
            let workspace = engine.workspace
            let group = try await engine.producer.acceptGroup(
                [Note(text: "a"), Note(text: "b")], then: Note(text: "then"), workspace: workspace, notBefore: Date(timeIntervalSinceNow: 3600))
            for job in group.jobs { _ = try await engine.producer.cancel(job, workspace: workspace) }
            try await engine.withWorker { _ in
                for job in group.jobs { try await engine.expect(job, .cancelled) }
                try await engine.expectFollowUp(group)
            }
            #expect(try await engine.notes() == ["then"])
        }
    }

    @Test("a member that the relay appended, that failed at first, or that is delivered again is counted, once")
    func redelivered() async throws {
        try await EngineFixture.with(configure: { $0.relayAge = .milliseconds(100) }) { engine in
            let workspace = engine.workspace
            // Committed, and the process died before it appended: the relay's copies know nothing of a group.
            let group = try await engine.pool.transaction(.workspaces([workspace])) { transaction in
                try await transaction.enqueueing(engine.configuration) {
                    try transaction.enqueueGroup(
                        [Note(text: "a"), Note(text: "b", failures: 2)], then: Note(text: "then"), workspace: workspace)
                }
            }
            try await engine.withWorker { _ in
                try await engine.expectFollowUp(group)
                // The same job accepted once more, as if it were no member.
                _ = try await engine.producer.accept(Note(text: "a"), workspace: workspace, id: group.jobs[0])
                try await eventually { try await engine.isEmpty() }
            }
            #expect(try await engine.notes() == ["a", "b", "then"])
            #expect(try await engine.acceptances() == 3)
        }
    }

    @Test("a large body of a follow-up is carried by reference, and a closed group is forgotten after its retention")
    func largeAndForgotten() async throws {
        try await EngineFixture.with(configure: { $0.inlineBodyLimit = 100 }) { engine in
            let text = String(repeating: "long ", count: 1000)
            let group = try await engine.producer.acceptGroup([Note(text: "a")], then: Note(text: text), workspace: engine.workspace)
            let open = try await engine.producer.acceptGroup(
                [Note(text: "b")], then: Note(text: "c"), workspace: engine.workspace, notBefore: Date(timeIntervalSinceNow: 3600))
            try await engine.withWorker { _ in try await engine.expectFollowUp(group, open: 1) }
            #expect(try await engine.notes() == ["a", text])
            let store = JobGroupStore(pool: engine.pool)
            #expect(try await store.forgetClosed(after: .seconds(3600)) == 0)
            #expect(try await store.forgetClosed(after: .zero) == 1)
            #expect(try await engine.producer.group(group.id, workspace: engine.workspace) == nil)
            #expect(try await engine.group(open.id).remaining == 1)
        }
    }
}
