import Foundation
import Jobs
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
        _ = try await fixture.database.psql(
            """
            insert into dead_letters (workspace_id, id, kind, version, queue, attempts, code, error, body, accepted_at, replayed_at)
            values ('\(identity.workspace)', '\(identity.run)', 'run.execute', 1, 'runs', 4, 'worker_crashed', 'e', '{}', now(),
              \(replayed ? "now()" : "null"));
            insert into outcomes (workspace_id, id, kind, state, attempts, error, accepted_at)
            select workspace_id, id, kind, 'dead', attempts, error, accepted_at from dead_letters
            where id = '\(identity.run)' and replayed_at is null;
            """)
        return identity
    }

    private func upkeep(_ fixture: InferenceFixture) throws -> LostRuns {
        let planner = RunPlanner(directory: try ProviderDirectory([]), agents: NoAgents(), memories: fixture.memories, tools: nil)
        return LostRuns(store: fixture.store, log: fixture.log, planner: planner, setup: nil, logger: fixture.logger)
    }

    private func states(_ fixture: InferenceFixture) async throws -> String {
        try await fixture.database.psql("select string_agg(state, ' ' order by id) from reporting.runs").trimmingCharacters(
            in: .whitespacesAndNewlines)
    }

    @Test("ends as failed, for reports too, with what it had shown; a reader sees the same before and after")
    func ended() async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine(worker: false) { engine in
                let identity = try await lostRun(fixture)
                let reader = RunReader(store: fixture.store, log: fixture.log, producer: engine.producer, logger: fixture.logger)
                let before = try #require(await reader.ending(of: identity.run, workspace: identity.workspace))
                #expect(try await states(fixture) == "running")

                try await upkeep(fixture).run()
                #expect(try await states(fixture) == "failed")
                let run = try #require(await fixture.store.run(identity.run, workspace: identity.workspace))
                #expect(run.text == "half" && run.errorKind == .internalError && run.errorMessage == "The run was given up after 4 attempts.")

                // Its worker was stopped, and wakes up.
                let late = RunLogEntry(id: try #require(RunEventID("1-9")), payload: Array("{}".utf8))
                let appended = try await fixture.log.append([late], to: identity, epoch: 1, at: .continue, renewsLifetime: false)
                #expect(appended == .stale(owner: 2))

                // The log and the outcome may be gone by then.
                try await fixture.loseLog(of: identity.run)
                _ = try await fixture.database.psql("delete from outcomes")
                let after = try #require(await reader.ending(of: identity.run, workspace: identity.workspace))
                #expect(after == before)
                #expect(after.types == ["step.started", "text.delta", "run.failed"])
                #expect(after.ids.last == "2-1")
            }
        }
    }

    @Test("is left alone when its dead letter was replayed, or while another attempt owns it")
    func notLost() async throws {
        try await InferenceFixture.with { fixture in
            let replayed = try await lostRun(fixture, replayed: true)
            try await upkeep(fixture).run()
            #expect(try await states(fixture) == "running")

            let lost = LostRun(identity: replayed, epoch: 1, provider: "p", model: "m", attempts: 4)
            let outcome = RunOutcome(
                state: .failed, transcript: RunTranscript(), incompleteReason: nil, error: .givenUp(after: 4), archive: [], firstOutput: nil,
                step: nil)
            #expect(try await !fixture.store.bury(lost, outcome: outcome), "it is owed again")
            let dead = try await lostRun(fixture)
            let overtaken = LostRun(identity: dead, epoch: 2, provider: "p", model: "m", attempts: 4)
            #expect(try await !fixture.store.bury(overtaken, outcome: outcome), "another attempt has claimed it")
            #expect(try await states(fixture) == "running running")
        }
    }
}
