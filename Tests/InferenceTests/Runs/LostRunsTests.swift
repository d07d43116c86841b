import Foundation
import Jobs
import JobsTesting
import Postgres
import Redis
import TestSupport
import Testing

@testable import Inference

@Suite("A run whose job is dead", .timeLimit(.minutes(1))) struct LostRunsTests {
    /// What a worker leaves that claimed a run, said something, and died of it so often that the engine gave up.
    private func lostRun(_ fixture: InferenceFixture, replayed: Bool = false) async throws -> RunIdentity {
        let identity = fixture.identity()
        let beginning = RunStore.Beginning(identity: identity, provider: "played", model: "m", metadata: [:])
        _ = try await fixture.pool.transaction(.workspaces([identity.workspace])) { try await fixture.store.claim(beginning, in: $0) }
        let journal = RunJournal(log: fixture.log, identity: identity, epoch: 1, isOwned: { _ in true }, clock: ContinuousClock())
        try await journal.append([.stepStarted(step: 1), .chunk(StreamChunk(.text, "half"))])
        try await fixture.buryJob(of: identity.run, replayed: replayed)
        return identity
    }

    private func burial(_ fixture: InferenceFixture) throws -> RunBurial {
        let planner = RunPlanner(directory: try ProviderDirectory([]), agents: NoAgents(), memories: fixture.memories, tools: nil)
        return RunBurial(store: fixture.store, log: fixture.log, planner: planner, setup: nil, logger: fixture.logger)
    }

    private func upkeep(_ fixture: InferenceFixture) throws -> LostRuns { LostRuns(burial: try burial(fixture)) }

    private func reader(_ engine: Engine) throws -> RunReader {
        let fixture = engine.fixture
        return RunReader(
            store: fixture.store, log: fixture.log, producer: engine.producer, burial: try burial(fixture), logger: fixture.logger)
    }

    /// A worker that was stopped before the run's job was given up wakes up.
    private func wakeUp(_ identity: RunIdentity, _ fixture: InferenceFixture) async throws -> RunLog.Appended {
        let late = RunLogEntry(id: try #require(RunEventID("1-9")), payload: Array("{}".utf8))
        return try await fixture.log.append([late], to: identity, epoch: 1, at: .continue, renewsLifetime: false)
    }

    private func states(_ fixture: InferenceFixture) async throws -> String {
        try await fixture.database.psql("select string_agg(state, ' ' order by id) from reporting.runs").trimmingCharacters(
            in: .whitespacesAndNewlines)
    }

    @Test("ends as failed, for reports too, with what it had shown, and is told so in its log", arguments: [true, false])
    func ended(byReader: Bool) async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine(worker: false) { engine in
                let identity = try await lostRun(fixture)
                let reader = try reader(engine)
                if !byReader { try await upkeep(fixture).run() }
                let told = try #require(await reader.ending(of: identity.run, workspace: identity.workspace))
                #expect(told.types == ["step.started", "text.delta", "run.failed"])
                #expect(told.ids.last == "2-1")

                // What is told is written down, and nobody can write behind it.
                #expect(try await states(fixture) == "failed")
                #expect(try await wakeUp(identity, fixture) == .stale(owner: 2))
                let run = try #require(await fixture.store.run(identity.run, workspace: identity.workspace))
                #expect(run.text == "half" && run.errorKind == .internalError && run.errorMessage == "The run was given up after 4 attempts.")
                #expect(try await fixture.log.readAll(identity.run) == told)
                #expect(try await fixture.log.meta(identity.run)?.ended == told.last?.id)

                // The log and the outcome may be gone later.
                try await fixture.loseLog(of: identity.run)
                _ = try await fixture.database.psql("delete from outcomes")
                #expect(try await reader.ending(of: identity.run, workspace: identity.workspace) == told)
            }
        }
    }

    @Test("that was replayed after its end was told is not begun again")
    func replayedLater() async throws {
        try await InferenceFixture.with { fixture in
            let unasked = PlayedProvider { _, _ in Issue.record("a model was asked") }
            try await fixture.withEngine([unasked]) { engine in
                let identity = try await lostRun(fixture)
                let reader = try reader(engine)
                guard case .begun(let shown)? = try await reader.situation(of: identity.run, workspace: identity.workspace) else {
                    throw TestSupportError("it has begun")
                }
                #expect(shown.state == .failed)
                try await fixture.replayJobs()
                _ = try await engine.producer.accept(
                    RunRequest(messages: [RunMessage(.user, "Hi")]), workspace: identity.workspace, id: identity.run)
                #expect(try await engine.finished(identity.run).state == .failed)
            }
        }
    }

    @Test("has no end while its log is away, which may still have its events", arguments: [true, false])
    func logAway(byReader: Bool) async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine(worker: false) { engine in
                let identity = try await lostRun(fixture)
                var burial = try burial(fixture)
                // A log that nobody runs answers nothing.
                var elsewhere = try RedisConfiguration(url: "redis://127.0.0.1:1")
                elsewhere.commandTimeout = .milliseconds(100)
                burial.log = RunLog(redis: RedisClient(configuration: elsewhere, connections: 1, logger: fixture.logger), policy: fixture.log.policy)
                try await running([burial.log.redis], logger: fixture.logger) { [burial] in
                    if byReader {
                        let reader = RunReader(
                            store: fixture.store, log: burial.log, producer: engine.producer, burial: burial, logger: fixture.logger)
                        #expect(try await reader.ending(of: identity.run, workspace: identity.workspace) == nil)
                    } else {
                        try await LostRuns(burial: burial).run()
                    }
                }
                #expect(try await states(fixture) == "running")
            }
        }
    }

    @Test("ends though the question of what it would have been asked is never answered")
    func unplannable() async throws {
        struct Away: AgentLookup {
            func agent(_ reference: String, workspace: UUID) async throws -> AgentCharacter? { throw PostgresError(.timeout, "it takes too long") }
            func agents(workspace: UUID) async throws -> [String] { [] }
        }
        try await InferenceFixture.with { fixture in
            let lost = try await LostWorker(fixture)
            try await lost.giveUp(RunRequest(messages: [RunMessage(.user, "How warm is it?")], agent: "ada/one"))
            var burial = try burial(fixture)
            burial.planner = RunPlanner(directory: try ProviderDirectory([]), agents: Away(), memories: fixture.memories, tools: nil)
            await #expect(throws: PostgresError.self, "it may be known soon") {
                try await burial.end(lost.identity.run, workspace: fixture.workspace)
            }
            _ = try await fixture.database.psql("update dead_letters set died_at = now() - interval '5 minutes'")
            #expect(try await burial.end(lost.identity.run, workspace: fixture.workspace))
            let run = try #require(await fixture.store.run(lost.identity.run, workspace: fixture.workspace))
            #expect(run.state == .failed && run.usage == TokenUsage(input: 4, output: 1, isEstimated: true))
        }
    }

    @Test("is not written to by the worker that was declared dead, though the log lost what shut it out")
    func declaredDead() async throws {
        let (shown, permits) = (Permits(), Permits())
        let provider = PlayedProvider { _, receive in
            try await receive(.text("first"))
            shown.give()
            try await permits.take()
            try await receive(.text("second"))
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                try await shown.take()
                try await eventually("it has shown something") { try await !fixture.log.readAll(id).isEmpty }
                // Others take it for dead, and are about to write the run's end, when the log is lost.
                _ = try await fixture.database.psql("update workers set dead_at = now()")
                try await fixture.loseLog(of: id)
                permits.give()
                try await eventually("it has a new name") {
                    try await fixture.database.psql("select count(*) from workers where dead_at is null") == "1\n"
                }
                #expect(try await fixture.log.readAll(id).allSatisfy { $0.id.epoch > 1 })
                #expect(try await fixture.store.run(id, workspace: fixture.workspace)?.firstEventAt == nil)
            }
        }
    }

    @Test("is told no other end by the worker that has one all the same")
    func otherOutcome() async throws {
        let (shown, permits) = (Permits(), Permits())
        let provider = PlayedProvider { _, receive in
            try await receive(.text("whole"))
            shown.give()
            try await permits.take()
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                try await shown.take()
                try await fixture.buryJob(of: id)
                permits.give()
                let jobs = JobAdministration(pool: fixture.pool, redis: fixture.redis, configuration: fixture.jobs)
                try await eventually("its attempt is over") { try await jobs.backlog(of: "runs").total == 0 }
                #expect(try await fixture.log.readAll(id).types == ["run.started", "step.started", "text.delta", "step.finished"])
                let told = try #require(await reader(engine).ending(of: id, workspace: fixture.workspace))
                #expect(told.types.last == "run.failed" && told.ids.last == "2-1")
                #expect(try await fixture.log.readAll(id) == told)
            }
        }
    }

    @Test("is ended once by all who come at the same time, and all tell the same")
    func together() async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine(worker: false) { engine in
                let identity = try await lostRun(fixture)
                let reader = try reader(engine)
                let told = try await withThrowingTaskGroup(of: [RunLogEntry]?.self) { group in
                    for _ in 0..<8 { group.addTask { try await reader.ending(of: identity.run, workspace: identity.workspace) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(told.allSatisfy { $0 == told.first } && told.first??.ids.last == "2-1")
            }
        }
    }

    @Test("ends as failed, too, when no worker had claimed it; one that wakes up does not begin it")
    func neverBegun() async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine(worker: false) { engine in
                let identity = fixture.identity()
                let request = RunRequest(messages: [RunMessage(.user, "Hi")], metadata: ["for": "a test"])
                try await fixture.buryJob(of: identity.run, asking: request)
                let reader = try reader(engine)
                guard case .begun(let run)? = try await reader.situation(of: identity.run, workspace: identity.workspace) else {
                    throw TestSupportError("it was ended")
                }
                #expect(run.state == .failed && run.attempts == 4 && run.metadata == ["for": "a test"] && run.text == "")
                let told = try #require(await reader.ending(of: identity.run, workspace: identity.workspace))
                #expect(told.types == ["run.failed"] && told.ids == ["1-1"])
                let beginning = RunStore.Beginning(identity: identity, provider: "played", model: "m", metadata: [:])
                let claim = try await fixture.pool.transaction(.workspaces([identity.workspace])) {
                    try await fixture.store.claim(beginning, in: $0)
                }
                #expect(claim == nil)

                // As long as nobody has asked for one it is left to a replay; this one no release can read.
                let unasked = fixture.identity()
                try await fixture.buryJob(of: unasked.run)
                try await upkeep(fixture).run()
                #expect(try await states(fixture) == "failed")
                #expect(try await reader.ending(of: unasked.run, workspace: unasked.workspace)?.types == ["run.failed"])
                #expect(try await states(fixture) == "failed failed")
            }
        }
    }

    @Test("is left alone when its dead letter was replayed, or while another attempt owns it")
    func notLost() async throws {
        try await InferenceFixture.with { fixture in
            let replayed = try await lostRun(fixture, replayed: true)
            try await upkeep(fixture).run()
            #expect(try await states(fixture) == "running")

            func end(_ identity: RunIdentity, epoch: UInt64) async throws -> Bool {
                let lost = LostRun(identity: identity, epoch: epoch, asked: RunPlan.Candidate(provider: "p", model: "m"), attempts: 4)
                return try await burial(fixture).end(lost)
            }
            #expect(try await !end(replayed, epoch: 1), "it is owed again")
            let dead = try await lostRun(fixture)
            #expect(try await !end(dead, epoch: 2), "another attempt has claimed it")
            #expect(try await !end(dead, epoch: 0), "one has claimed it")
            #expect(try await states(fixture) == "running running")
        }
    }
}
