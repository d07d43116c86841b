import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// How a group counts down and closes.
@Suite("A group of jobs", .timeLimit(.minutes(1))) struct GroupTests {
    @Test("fifty members in several batches of two workers are followed by one job, at once")
    func twoWorkers() async throws {
        try await EngineFixture.with(configure: {
            $0.batchSize = 7
            $0.batchConcurrency = 1
        }) { engine in
            let members = (0..<50).map { Note(text: "n\($0)") }
            let group = try await engine.producer.acceptGroup(members, then: Note(text: "then"), workspace: engine.workspace)
            #expect(group.jobs.count == 50 && Set(group.jobs + [group.then]).count == 51)
            #expect(try await engine.group(group.id).remaining == 50)
            #expect(try await engine.status(group.then) == nil)
            // A worker's first batch waits for the other worker's, so that both of them end members.
            let met = Mutex<Set<Int>>([])
            let batches = Mutex(0)
            let meet: @Sendable (Int) async throws -> Void = { worker in
                met.withLock { _ = $0.insert(worker) }
                batches.withLock { $0 += 1 }
                try await eventually { met.withLock { $0.count == 2 } }
            }
            try await engine.withWorker(onBatch: { _ in try await meet(1) }) { _ in
                try await engine.withWorker(onBatch: { _ in try await meet(2) }) { _ in
                    try await engine.expectFollowUp(group)
                    try await eventually { try await engine.isEmpty() }
                }
            }
            #expect(batches.withLock { $0 } > 7)
            #expect(try await engine.notes() == (members.map(\.text) + ["then"]).sorted())
            #expect(try await engine.acceptances() == 51)
        }
    }

    @Test("of the last two members, which end at the same moment in two places, the later one closes the group")
    func race() async throws {
        try await EngineFixture.with(configure: { $0.relayAge = .milliseconds(100) }) { engine in
            let workspace = engine.workspace
            let group = try await engine.producer.acceptGroup(
                [Note(text: "a"), Note(text: "b")], then: Note(text: "then"), workspace: workspace)
            let end: @Sendable (Int, PostgresTransaction) async throws -> (member: Int, closed: Int) = { member, transaction in
                let (workspaces, jobs) = ([workspace], [group.jobs[member]])
                let rows = try await transaction.query("select id from end_group_members($1, $2)", workspaces, jobs)
                return (member, rows.count)
            }
            let (held, isHeld) = AsyncStream.makeStream(of: Void.self)
            let (release, opens) = AsyncStream.makeStream(of: Void.self)
            let closed = try await withThrowingTaskGroup(of: (member: Int, closed: Int).self) { tasks in
                tasks.addTask {
                    try await engine.pool.transaction(.workspaces([workspace])) { transaction in
                        let ended = try await end(0, transaction)
                        isHeld.yield()
                        for await _ in release { break }
                        return ended
                    }
                }
                for await _ in held { break }
                tasks.addTask {
                    try await engine.pool.transaction(.workspaces([workspace])) { try await end(1, $0) }
                }
                try await eventually("the later one waits for the earlier one") {
                    try await engine.count(
                        """
                        select count(*) as rows from pg_stat_activity
                        where datname = current_database() and wait_event_type = 'Lock' and query like '%end_group_members%'
                        """) == 1
                }
                opens.yield()
                var found: [Int: Int] = [:]
                while let ended = try await tasks.next() { found[ended.member] = ended.closed }
                return found
            }
            #expect(closed == [0: 0, 1: 1])
            try await engine.withWorker { _ in try await engine.expectFollowUp(group) }
            #expect(try await engine.notes() == ["a", "b", "then"])
            #expect(try await engine.acceptances() == 3)
        }
    }

    @Test("a transaction that is rolled back neither counts a member nor accepts the follow-up; a member that ends twice counts once")
    func atomicity() async throws {
        try await EngineFixture.with { engine in
            let workspace = engine.workspace
            let group = try await engine.producer.acceptGroup([Note(text: "a"), Note(text: "b")], then: Note(text: "then"), workspace: workspace)
            let names = group.jobs.map { JobName(workspace: workspace, id: $0) }
            await #expect(throws: NoteFault.self) {
                try await engine.pool.transaction(.workspaces([workspace])) { transaction in
                    JobGroupStore.submitEnded(names, in: transaction)
                    let inside = try await transaction.query("select remaining from job_groups where id = $1", group.id)
                    let remaining = try inside.first?.decode("remaining", as: Int32.self)
                    #expect(remaining == 0)
                    throw NoteFault()
                }
            }
            #expect(try await engine.group(group.id).remaining == 2)
            #expect(try await engine.acceptances() == 2)
            for _ in 0..<2 {
                try await engine.pool.transaction(.workspaces([workspace])) { JobGroupStore.submitEnded([names[0]], in: $0) }
            }
            #expect(try await engine.group(group.id).remaining == 1)
            // Nobody else's transaction reaches the group.
            try await engine.pool.transaction(.workspaces([.version7()])) { JobGroupStore.submitEnded(names, in: $0) }
            #expect(try await engine.group(group.id).remaining == 1)
            #expect(try await engine.producer.group(group.id, workspace: .version7()) == nil)
        }
    }

    @Test("a group of nobody is followed at once; the same request makes the same group")
    func emptyAndRepeated() async throws {
        try await EngineFixture.with { engine in
            let empty = try await engine.producer.acceptGroup([], then: Note(text: "at once"), workspace: engine.workspace)
            #expect(try await engine.group(empty.id).closedAt != nil)
            let key = Idempotency(key: "g1", digest: [1, 2])
            let members = [Note(text: "a"), Note(text: "b")]
            let first = try await engine.producer.acceptGroup(members, then: Note(text: "then"), workspace: engine.workspace, idempotency: key)
            let again = try await engine.producer.acceptGroup(members, then: Note(text: "then"), workspace: engine.workspace, idempotency: key)
            #expect(!first.replayed && again.replayed)
            #expect(first.id == again.id && first.jobs == again.jobs && first.then == again.then)
            try await engine.withWorker { _ in
                try await engine.expectFollowUp(first)
                try await engine.expect(empty.then, .done)
            }
            #expect(try await engine.notes() == ["a", "at once", "b", "then"])
        }
    }

    @Test("a group that a transaction makes under an id of its own is one group, however often that is committed")
    func chosen() async throws {
        try await EngineFixture.with { engine in
            let workspace = engine.workspace
            let id = UUID.derived(from: .version7(), step: 1)
            let make: @Sendable () async throws -> JobGroup = {
                try await engine.producer.transaction(workspace) { transaction in
                    try transaction.enqueueGroup([Note(text: "a"), Note(text: "b")], then: Note(text: "then"), workspace: workspace, id: id)
                }
            }
            let first = try await make()
            try await engine.withWorker { _ in
                try await engine.expectFollowUp(first)
                #expect(try await make() == first)
                try await eventually { try await engine.isEmpty() }
            }
            #expect(try await engine.notes() == ["a", "b", "then"])
            #expect(try await engine.group(id).remaining == 0)
            let stream = await #expect(throws: JobError.self) {
                try await engine.producer.acceptGroup([Note(text: "x"), StreamNote(text: "y")], then: Note(text: "z"), workspace: workspace)
            }
            #expect(stream?.code == .notTransactional)
            #expect(try await engine.acceptances() == 3)
        }
    }
}
