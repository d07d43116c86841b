import Foundation
import Jobs
import Postgres
import TestSupport
import Testing
import Web

@testable import Inference

/// Nobody asks again for a run whose job is dead: whoever writes its end counts what its lost workers used.
@Suite("What a run used whose job is dead", .timeLimit(.minutes(2))) struct LostRunUsageTests {
    /// 15 bytes, so 4 tokens.
    private let question = [RunMessage(.user, "How warm is it?")]
    private let unasked = PlayedProvider { _, _ in Issue.record("a model was asked again") }

    /// Speaks with 9 bytes of a prompt, unless it cannot be found.
    private struct Agents: AgentLookup {
        struct Away: Error {}
        let isAway: Bool

        func agent(_ reference: String, workspace: UUID) async throws -> AgentCharacter? {
            if isAway { throw Away() }
            return AgentCharacter(id: UUID(), label: reference, name: "Ada", system: "Be brief.")
        }
    }

    private func asked(by token: UUID? = nil) -> RunRequest {
        var request = RunRequest(messages: question)
        request.token = token
        return request
    }

    /// What a worker does beside its jobs.
    private func upkeep(_ engine: Engine) async throws {
        for task in engine.inference.periodicTasks { try await task.run() }
    }

    private func replay(_ fixture: InferenceFixture) async throws {
        try await fixture.replayJobs()
    }

    private func row(of lost: LostWorker) async throws -> Run {
        try #require(await lost.fixture.store.run(lost.identity.run, workspace: lost.identity.workspace))
    }

    @Test("is an estimate of each call that was lost in silence, in its row, its day, its cost and its token's budget; once, replayed or not")
    func silent() async throws {
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            let lost = try await LostWorker(fixture)
            let token = UUID()
            try await lost.claim()
            try await lost.giveUp(asked(by: token))
            try await fixture.withEngine([unasked], setup: setup) { engine in
                try await upkeep(engine)
                let run = try await row(of: lost)
                #expect(run.state == .failed && run.usage == TokenUsage(input: 8, output: 2, isEstimated: true) && run.cost == 12)
                let counted = try await fixture.day()
                #expect(counted.token == token && counted.runs == 1 && counted.inputTokens == 8 && counted.outputTokens == 2)
                #expect(counted.estimatedRuns == 1 && counted.repeatedCalls == 1 && counted.cost == 12 && counted.unpricedRuns == 0)
                let report = """
                    select runs || ' ' || input_tokens || ' ' || output_tokens || ' ' || estimated_runs || ' ' || repeated_calls || ' ' || cost
                      || ' ' || priced_cost || ' ' || unpriced_runs from reporting.model_usage
                    """
                let told = try await fixture.database.psql(report)
                #expect(told == "1 8 2 1 1 12 12 0\n")
                let left = try await fixture.database.psql("select cardinality(unsettled) from runs")
                #expect(left == "0\n")

                try await upkeep(engine)
                try await replay(fixture)
                try await lost.passOn(to: engine, asked(by: token))
                let replayed = try await engine.finished(run.id)
                #expect(replayed.state == .failed)
                try await upkeep(engine)
                let after = try await fixture.day()
                #expect(after == counted)
            }
            try await BudgetStore(pool: fixture.pool).set(RunBudget(tokensPerDay: 10), of: token, workspace: fixture.workspace, by: .tester)
            await #expect(throws: Problem.self) { try await setup.budgets.admit(workspace: fixture.workspace, token: token) }
        }
    }

    @Test("is what its log tells, and an estimate of the step that was open; its events stay as they were told")
    func shown() async throws {
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            let lost = try await LostWorker(fixture)
            let told = try await lost.tell(
                LostWorker.step(1, calling: .played(0, "look", "{}")) + [
                    .toolResult(ToolResult(index: 0, id: "call_0", name: "look", output: "twelve bytes")), .stepStarted(step: 2),
                    .chunk(StreamChunk(.text, "half an ans")),
                ], policy: nil)
            try await lost.giveUp(asked())
            try await fixture.withEngine([unasked], worker: false, setup: setup) { engine in try await upkeep(engine) }
            // 15 bytes of the question, 6 of the call and 12 of its result; 11 of the answer.
            let run = try await row(of: lost)
            #expect(run.usage == TokenUsage(input: 10 + 9, output: 2 + 3, isEstimated: true) && run.text == "half an ans")
            let day = try await fixture.day()
            #expect(day.inputTokens == 19 && day.outputTokens == 5 && day.estimatedRuns == 1 && day.repeatedCalls == 0 && day.cost == 29)
            let archive = try #require(await fixture.store.archive(of: run.id, workspace: fixture.workspace))
            #expect(Array(archive.dropLast()) == told && archive.types.last == "run.failed")
        }
    }

    @Test("has beside the step that was shown the call before it that had shown nothing")
    func shownLater() async throws {
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            let lost = try await LostWorker(fixture)
            try await lost.claim()
            let journal = RunJournal(log: fixture.log, identity: lost.identity, epoch: 2, isOwned: { _ in true }, clock: ContinuousClock())
            try await journal.append([LostWorker.started(nil), .stepStarted(step: 1), .chunk(StreamChunk(.text, "warm"))])
            // An attempt that finds what was shown asks nobody.
            try await lost.claim()
            try await lost.giveUp(asked())
            try await fixture.withEngine([unasked], worker: false, setup: setup) { engine in try await upkeep(engine) }
            let day = try await fixture.day()
            #expect(day.runs == 1 && day.inputTokens == 4 + 4 && day.outputTokens == 1 + 1 && day.repeatedCalls == 1)
        }
    }

    @Test("is nothing where its attempts had heard of the end of their calls; the run is counted all the same")
    func settled() async throws {
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            let lost = try await LostWorker(fixture)
            try await fixture.pool.transaction(.workspaces([fixture.workspace])) { transaction in
                fixture.store.submitSettlement(of: lost.identity, epoch: 1, in: transaction)
            }
            try await lost.giveUp(asked())
            try await fixture.withEngine([unasked], worker: false, setup: setup) { engine in try await upkeep(engine) }
            let run = try await row(of: lost)
            #expect(run.state == .failed && run.usage.isEmpty)
            let day = try await fixture.day()
            #expect(day.runs == 1 && day.inputTokens == 0 && day.estimatedRuns == 0 && day.repeatedCalls == 0 && day.unpricedRuns == 1)
        }
    }

    @Test("holds what its agent says, and where that cannot be found what it was asked", arguments: [(false, 6), (true, 4)])
    func planned(_ isAway: Bool, _ tokens: Int) async throws {
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            let lost = try await LostWorker(fixture)
            try await lost.giveUp(RunRequest(messages: question, agent: "o/ada"))
            try await fixture.withEngine([unasked], agents: Agents(isAway: isAway), worker: false, setup: setup) { engine in
                try await upkeep(engine)
            }
            let day = try await fixture.day()
            #expect(day.runs == 1 && day.inputTokens == tokens && day.outputTokens == 1)
        }
    }

    @Test("is the least where nobody can read what it was asked: a token of each, and nobody's")
    func unreadable() async throws {
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            let lost = try await LostWorker(fixture)
            try await lost.giveUp(nil)
            try await fixture.withEngine([unasked], worker: false, setup: setup) { engine in try await upkeep(engine) }
            let day = try await fixture.day()
            #expect(day.token == nil && day.runs == 1 && day.inputTokens == 1 && day.outputTokens == 1 && day.estimatedRuns == 1)
        }
    }

    @Test("is counted by the worker that goes on with it where its dead letter is replayed before its end is written")
    func replayedFirst() async throws {
        let provider = PlayedProvider { _, receive in
            try await receive(.text("warm"))
            try await receive(.usage(TokenUsage(input: 5, output: 3)))
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            let lost = try await LostWorker(fixture)
            try await lost.giveUp(asked())
            try await replay(fixture)
            try await fixture.withEngine([provider], setup: setup) { engine in
                try await upkeep(engine)
                try await lost.passOn(to: engine, asked())
                let run = try await engine.finished(lost.identity.run)
                #expect(run.state == .completed && run.usage == TokenUsage(input: 5 + 4, output: 3 + 1, isEstimated: true))
                try await upkeep(engine)
            }
            let day = try await fixture.day()
            #expect(day.runs == 1 && day.inputTokens == 9 && day.outputTokens == 4 && day.repeatedCalls == 1)
        }
    }
}
