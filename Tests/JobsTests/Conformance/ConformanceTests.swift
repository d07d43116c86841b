import Foundation
import Postgres
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// The ordinary life of jobs, on every kind of server.
@Suite(.timeLimit(.minutes(3))) struct ConformanceTests {
    @Test(
        "jobs of both promises, of workspaces in every partition, are accepted, told of, done once and acknowledged",
        arguments: ConformanceServer.allCases)
    func accepted(on server: ConformanceServer) async throws {
        try await EngineFixture.with(on: server) { engine in
            let workspaces = engine.workspacesEverywhere()
            let jobs = try await engine.acceptEverywhere(40, in: workspaces)
            #expect(Set(jobs.map(\.workspace)).count == server.partitions)
            for job in jobs { #expect(try await engine.producer.status(job.id, workspace: job.workspace)?.state == .queued) }
            try await engine.withWorker { _ in
                for job in jobs { try await engine.expect(job, .done) }
                try await eventually { try await engine.isDrained() }
                try await eventually { try await engine.isDrained("streams") }
            }
            #expect(try await engine.rows(of: workspaces) == jobs.count)
            // It left in good order: nothing says that it was there.
            #expect(try await engine.backlog().workers == 0)
            for queue in engine.queues() {
                let groups = try await engine.redis.send(RedisCommand("XINFO", "CONSUMERS", .string(queue.keys.ready), .string(QueueKeys.group)))
                #expect(groups.array == [], "\(queue.partition)")
            }
        }
    }

    @Test("the same key is the same job, in every partition", arguments: ConformanceServer.allCases, [true, false])
    func idempotency(on server: ConformanceServer, isLedger: Bool) async throws {
        try await EngineFixture.with(on: server) { engine in
            for workspace in engine.workspacesEverywhere() {
                let key = Idempotency(key: "k", digest: [1])
                var ids: Set<UUID> = []
                for _ in 0..<3 {
                    let accepted =
                        isLedger
                        ? try await engine.producer.accept(Note(text: "once"), workspace: workspace, idempotency: key)
                        : try await engine.producer.accept(StreamNote(text: "once"), workspace: workspace, idempotency: key)
                    ids.insert(accepted.id)
                }
                #expect(ids.count == 1)
            }
        }
    }

    @Test(
        "a failing job is tried again with its history; one that fails for good or too often is a dead letter, and its replay is one",
        arguments: ConformanceServer.allCases)
    func failures(on server: ConformanceServer) async throws {
        try await EngineFixture.with(on: server) { engine in
            let workspaces = engine.workspacesEverywhere()
            var jobs: [(job: JobName, state: JobStatus.State)] = []
            for workspace in workspaces {
                let cases: [(Note, JobStatus.State)] = [
                    (Note(text: "third time", failures: 2), .done), (Note(text: "never", failures: 99), .dead),
                    (Note(text: "impossible", isPermanent: true), .dead),
                ]
                for (note, state) in cases {
                    let id = try await engine.producer.accept(note, workspace: workspace).id
                    jobs.append((JobName(workspace: workspace, id: id), state))
                }
            }
            let administration = JobAdministration(pool: engine.pool, redis: engine.redis, configuration: engine.configuration)
            try await engine.withWorker { [jobs] _ in
                for (job, state) in jobs { try await engine.expect(job, state) }
                let letter = try #require(await administration.letters.find(jobs[1].job.id))
                #expect(letter.attempts == 3)
                #expect(try await administration.replay(letter))
                #expect(try await administration.replay(letter) == false)
                try await eventually { try await engine.isDrained() }
                try await engine.expect(jobs[1].job, .dead)
            }
            #expect(try await engine.rows(of: workspaces) == workspaces.count)
            for (job, _) in jobs { #expect(try await engine.home(of: job.workspace).failure(of: job.id) == nil) }
        }
    }

    @Test("a job waits for its time, and is done once when that has come", arguments: ConformanceServer.allCases)
    func delayed(on server: ConformanceServer) async throws {
        try await EngineFixture.with(on: server) { engine in
            let workspaces = engine.workspacesEverywhere()
            let time = Date(timeIntervalSinceNow: 3600)
            var jobs: [JobName] = []
            for workspace in workspaces {
                jobs.append(
                    JobName(workspace: workspace, id: try await engine.producer.accept(Note(text: "later"), workspace: workspace, notBefore: time).id)
                )
            }
            try await engine.eventuallyAppended { try await engine.backlog().later == jobs.count }
            try await engine.withWorker { [jobs] _ in
                for job in jobs {
                    let queue = engine.home(of: job.workspace)
                    #expect(try await queue.promote().moved == 0, "an hour before its time")
                    // As if the hour had passed.
                    _ = try await engine.redis.send(
                        RedisCommand("ZINCRBY", .string(queue.keys.later), -3_601_000, .string(job.id.lowercased)))
                    try await engine.expect(job, .done)
                }
            }
            #expect(try await engine.rows(of: workspaces) == jobs.count)
        }
    }

    @Test("what floods is parked, measured as it is, and all of it is done", arguments: ConformanceServer.allCases)
    func parked(on server: ConformanceServer) async throws {
        try await EngineFixture.with(on: server, configure: { ($0.window, $0.burst) = (5, 0) }) { engine in
            for number in 0..<40 { _ = try await engine.producer.accept(Note(text: "p\(number)"), workspace: engine.workspace) }
            try await engine.eventuallyAppended { try await engine.backlog().total == 40 }
            let backlog = try await engine.backlog()
            #expect(backlog.ready == 5 && backlog.parked == 35 && backlog.running == 0 && backlog.oldestAge != nil)
            #expect(try await engine.home(of: engine.workspace).heldJobs().count == 40)
            try await engine.withWorker { _ in try await eventually { try await engine.isDrained() } }
            #expect(try await engine.rows(of: [engine.workspace]) == 40)
        }
    }

    @Test("every note of acceptance is read, on whichever node it lies", arguments: ConformanceServer.allCases)
    func notes(on server: ConformanceServer) async throws {
        try await EngineFixture.with(on: server) { engine in
            let jobs = Set(try await engine.acceptEverywhere(30, in: engine.workspacesEverywhere()))
            for queue in [nil, "streams"] as [String?] {
                var pages = NotePages(client: engine.redis, prefix: engine.configuration.prefix, queue: queue)
                var found: Set<JobName> = []
                while let page = try await pages.next() { found.formUnion(page.map(\.job)) }
                #expect(found.count == 15 && found.isSubset(of: jobs))
            }
        }
    }

    @Test("an audit accounts for all that was accepted", arguments: ConformanceServer.allCases)
    func audit(on server: ConformanceServer) async throws {
        try await EngineFixture.with(on: server) { engine in
            let jobs = try await engine.acceptEverywhere(24, in: engine.workspacesEverywhere())
            try await eventually("all appends are confirmed") { try await engine.pool.query(.role(.upkeep), "select id from append_groups").isEmpty }
            let audit = Audit(pool: engine.pool, redis: engine.redis, configuration: engine.configuration, kinds: [Note.kind, StreamNote.kind])
            let before = try await audit.run()
            #expect(before.total.isClean && before.total.ready == jobs.count && before.gaps.isEmpty)
            try await engine.withWorker { _ in for job in jobs { try await engine.expect(job, .done) } }
            let after = try await audit.run()
            #expect(after.total.isClean && after.total.ready == 0 && after.total.done == jobs.count)
        }
    }
}

extension EngineFixture {
    /// Accepts so many jobs, every second one of them of a stream kind, by turns over the workspaces; returns when Redis has them.
    func acceptEverywhere(_ count: Int, in workspaces: [UUID]) async throws -> [JobName] {
        var jobs: [JobName] = []
        for number in 0..<count {
            let workspace = workspaces[number / 2 % workspaces.count]
            let id =
                number.isMultiple(of: 2)
                ? try await producer.accept(Note(text: "n\(number)"), workspace: workspace).id
                : try await producer.accept(StreamNote(text: "s\(number)"), workspace: workspace).id
            jobs.append(JobName(workspace: workspace, id: id))
        }
        try await eventuallyAppended("all are appended") {
            let (notes, streams) = (try await backlog(), try await backlog("streams"))
            return notes.total + streams.total == count
        }
        return jobs
    }
}
