import Foundation
import Jobs
import Postgres
import TestSupport
import Testing
import Web

@testable import Inference

/// A budget is not passed by with a cancellation before the provider's count.
@Suite("What a run used that its provider did not count to the end", .timeLimit(.minutes(2))) struct RunEstimateTests {
    /// 15 bytes, so 4 tokens.
    private let question = [RunMessage(.user, "How warm is it?")]

    private func cancel(_ run: UUID, _ fixture: InferenceFixture) async throws {
        try await fixture.store.requestCancellation(of: run, workspace: fixture.workspace, by: nil)
        try await fixture.log.announceCancellation(of: run)
    }

    @Test("a cancelled run is counted by what was sent and what had come, at the model's price, against its budget")
    func cancelled() async throws {
        let provider = PlayedProvider { _, receive in
            try await receive(.text("part of it"))
            try await Permits().take()
        }
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            try await fixture.withEngine([provider], setup: setup) { engine in
                let id = try await engine.accept(RunRequest(messages: question))
                try await eventually("it streams") { try await !fixture.log.readAll(id).isEmpty }
                try await cancel(id, fixture)
                let run = try await engine.finished(id)
                #expect(run.state == .cancelled && run.usage == TokenUsage(input: 4, output: 3, isEstimated: true))
                let log = try await engine.wholeLog(id)
                #expect(log.types.suffix(3) == ["usage", "step.finished", "run.cancelled"])
                #expect(try await fixture.store.archive(of: id, workspace: fixture.workspace) == log)
                let steps = try await fixture.database.psql("select input_tokens || ' ' || output_tokens || ' ' || usage_estimated from run_steps")
                #expect(steps == "4 3 true\n")
            }
            let day = try await fixture.day()
            #expect(day.runs == 1 && day.inputTokens == 4 && day.outputTokens == 3 && day.estimatedRuns == 1)
            #expect(day.cost == 10 && day.unpricedRuns == 0)
            let store = BudgetStore(pool: fixture.pool)
            try await store.set(RunBudget(tokensPerDay: 7), of: fixture.workspace, workspace: fixture.workspace, by: .tester)
            await #expect(throws: Problem.self) { try await setup.budgets.admit(workspace: fixture.workspace, token: UUID()) }
        }
    }

    @Test("a run that is cancelled before the model's first word has used what was sent")
    func silent() async throws {
        let asked = Collected<Int>()
        let provider = PlayedProvider { _, _ in
            asked.add(1)
            try await Permits().take()
        }
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            try await fixture.withEngine([provider], setup: setup) { engine in
                let id = try await engine.accept(RunRequest(messages: question))
                try await eventually("the model is asked") { asked.all.count == 1 }
                try await cancel(id, fixture)
                #expect(try await engine.finished(id).usage == TokenUsage(input: 4, output: 1, isEstimated: true))
                #expect(try await engine.wholeLog(id).types == ["run.started", "step.started", "usage", "step.finished", "run.cancelled"])
            }
            #expect(try await fixture.day().cost == 6)
        }
    }

    @Test("of a stream that broke off, what the provider counted at its beginning is kept, and the rest estimated")
    func truncated() async throws {
        let provider = PlayedProvider { _, receive in
            try await receive(.text(String(repeating: "word", count: 10)))
            try await receive(.usage(TokenUsage(input: 9, output: 1)))
            try await receive(.ended(StepEnding(.incomplete(.truncated))))
        }
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            try await fixture.withEngine([provider], setup: setup) { engine in
                let id = try await engine.accept(RunRequest(messages: question))
                let run = try await engine.finished(id)
                #expect(run.incompleteReason == .truncated && run.usage == TokenUsage(input: 9, output: 10, isEstimated: true))
                let told = try await engine.wholeLog(id).events.compactMap { event -> TokenUsage? in
                    if case .usage(let usage) = event { usage } else { nil }
                }
                #expect(told == [TokenUsage(input: 9, output: 1), TokenUsage(output: 9, isEstimated: true)])
            }
            #expect(try await fixture.day().outputTokens == 10)
        }
    }

    @Test("a failure in the middle of an answer has used something; one before it, a wish before the call and a whole answer are not estimated")
    func others() async throws {
        let provider = PlayedProvider { request, receive in
            let word = request.messages.last?.content ?? ""
            if word != "refuse" { try await receive(.text("some")) }
            if word == "whole" { return try await receive(.stopped) }
            try await receive(.ended(StepEnding(.failed(InferenceError(.authentication, "no")))))
        }
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            let wished = UUID.version7()
            try await fixture.store.requestCancellation(of: wished, workspace: fixture.workspace, by: nil)
            try await fixture.withEngine([provider], setup: setup) { engine in
                let broken = try await engine.finished(try await engine.accept("break"))
                #expect(broken.state == .failed && broken.usage == TokenUsage(input: 2, output: 1, isEstimated: true))
                for word in ["refuse", "whole"] {
                    let run = try await engine.finished(try await engine.accept(word))
                    #expect(run.usage.isEmpty, "\(word)")
                }
                #expect(try await engine.finished(try await engine.accept(id: wished)).usage.isEmpty)
            }
            let day = try await fixture.day()
            #expect(day.runs == 4 && day.estimatedRuns == 1 && day.inputTokens == 2 && day.outputTokens == 1)
        }
    }

    @Test("an answer that fails when it is read on has used what was told of it before its worker was lost")
    func failedRest() async throws {
        let provider = PlayedProvider { request, receive in
            #expect(request.kept != nil)
            try await receive(.ended(StepEnding(.failed(InferenceError(.serverError, "no")))))
        }
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            let lost = try await LostWorker(fixture)
            let position = AnswerPosition(answer: "resp_1", sequence: 4, calls: [], told: [])
            try await lost.tell(
                [.stepStarted(step: 1), .chunk(StreamChunk(.text, "half an ans"))], anchor: RunAnchor(step: 1, position: position))
            try await fixture.withEngine([provider], setup: setup) { engine in
                try await lost.passOn(to: engine, RunRequest(messages: question, onInterruption: .continue))
                let run = try await engine.finished(lost.identity.run)
                #expect(run.state == .failed && run.usage == TokenUsage(input: 4, output: 3, isEstimated: true))
            }
            #expect(try await fixture.day().estimatedRuns == 1)
        }
    }

    @Test("a step that was lost with its worker is counted by whoever ends the run, with what earlier steps had said")
    func lost() async throws {
        let provider = PlayedProvider { _, _ in Issue.record("the provider was asked again") }
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let setup = try await fixture.pricedSetup()
            let beginning = RunStore.Beginning(identity: identity, provider: "played", model: "test-model", metadata: [:])
            _ = try await fixture.pool.transaction(.workspaces([identity.workspace])) { try await fixture.store.claim(beginning, in: $0) }
            let journal = RunJournal(log: fixture.log, identity: identity, epoch: 1, isOwned: { _ in true }, clock: ContinuousClock())
            try await journal.append([
                .stepStarted(step: 1), .toolCall(.played(0, "look", "{}")), .usage(TokenUsage(input: 10, output: 2, total: 12)),
                .stepFinished(StepFinished(step: 1, finish: nil)),
                .toolResult(ToolResult(index: 0, id: "call_0", name: "look", output: "twelve bytes")),
                .stepStarted(step: 2), .chunk(StreamChunk(.text, "half an ans")),
            ])
            try await fixture.withEngine([provider], setup: setup) { engine in
                _ = try await engine.producer.accept(RunRequest(messages: question), workspace: fixture.workspace, id: identity.run)
                let run = try await engine.finished(identity.run)
                // 15 bytes of the question, 6 of the call and 12 of its result; 11 of the answer.
                #expect(run.usage == TokenUsage(input: 10 + 9, output: 2 + 3, total: 12 + 12, isEstimated: true))
            }
            #expect(try await fixture.day().inputTokens == 19)
        }
    }
}
