import Foundation
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Inference

/// A worker may be lost when its provider has the request and nothing was shown: the run is begun again, and the provider may charge for both.
@Suite("A call that is made once more for its worker was lost", .timeLimit(.minutes(2))) struct RunRepeatedCallTests {
    /// 15 bytes, so 4 tokens.
    private let question = [RunMessage(.user, "How warm is it?")]
    private static let again = #"{"error": "interrupted", "model": "test-model", "provider": "played"}"#

    private func answering(_ usage: TokenUsage, seen: Collected<ProviderRequest> = Collected()) -> PlayedProvider {
        PlayedProvider { request, receive in
            seen.add(request)
            try await receive(.text("warm"))
            try await receive(.usage(usage))
            try await receive(.stopped)
        }
    }

    @Test("is counted by an estimate beside the one that answers, in the run, its step, its day and its cost, and said to be one")
    func counted() async throws {
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            let lost = try await LostWorker(fixture)
            try await fixture.withEngine([answering(TokenUsage(input: 5, output: 3, total: 8))], setup: setup) { engine in
                try await lost.passOn(to: engine, RunRequest(messages: question))
                let run = try await engine.finished(lost.identity.run)
                #expect(run.state == .completed && run.attempts == 2)
                #expect(run.usage == TokenUsage(input: 5 + 4, output: 3 + 1, total: 8 + 5, isEstimated: true))
                let log = try await engine.wholeLog(run.id)
                #expect(log.types == ["run.started", "step.started", "text.delta", "usage", "usage", "step.finished", "run.completed"])
                #expect(try log.events[4] == .usage(TokenUsage(input: 4, output: 1, total: 5, isEstimated: true)))
                #expect(try await fixture.store.archive(of: run.id, workspace: fixture.workspace) == log)
            }
            let step = "select input_tokens || ' ' || output_tokens || ' ' || usage_estimated || ' ' || tries::text from run_steps"
            #expect(try await fixture.database.psql(step) == "9 4 true [\(Self.again)]\n")
            #expect(try await fixture.database.psql("select repeated_calls || ' ' || cost || ' ' || cost_source from runs") == "1 17 table\n")
            let day = try await fixture.day()
            #expect(day.runs == 1 && day.inputTokens == 9 && day.outputTokens == 4 && day.estimatedRuns == 1 && day.repeatedCalls == 1)
            #expect(day.cost == 17)
        }
    }

    @Test("is counted the same where its provider keeps the answer: nobody knows its id, so nobody reads it")
    func background() async throws {
        let seen = Collected<ProviderRequest>()
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            let lost = try await LostWorker(fixture)
            try await fixture.withEngine([answering(TokenUsage(input: 5, output: 3), seen: seen)], setup: setup) { engine in
                try await lost.passOn(to: engine, RunRequest(messages: question, onInterruption: .continue))
                let run = try await engine.finished(lost.identity.run)
                #expect(run.usage == TokenUsage(input: 9, output: 4, isEstimated: true))
            }
            #expect(try await fixture.day().repeatedCalls == 1)
        }
        let request = try #require(seen.all.first)
        #expect(seen.all.count == 1 && request.isKept && request.kept == nil)
    }

    @Test("is counted as often as it was lost, and once where the run is then cancelled and nobody asks again")
    func twice() async throws {
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            let lost = try await LostWorker(fixture)
            try await lost.claim()
            let cancelled = try await LostWorker(fixture)
            try await fixture.store.requestCancellation(of: cancelled.identity.run, workspace: fixture.workspace, by: nil)
            try await fixture.withEngine([answering(TokenUsage(input: 5, output: 3))], setup: setup) { engine in
                try await lost.passOn(to: engine, RunRequest(messages: question))
                #expect(try await engine.finished(lost.identity.run).usage == TokenUsage(input: 5 + 8, output: 3 + 2, isEstimated: true))
                #expect(try await fixture.day().repeatedCalls == 2)

                try await cancelled.passOn(to: engine, RunRequest(messages: question))
                let run = try await engine.finished(cancelled.identity.run)
                #expect(run.state == .cancelled && run.usage == TokenUsage(input: 4, output: 1, isEstimated: true))
                let types = ["run.started", "step.started", "usage", "step.finished", "run.cancelled"]
                #expect(try await engine.wholeLog(run.id).types == types)
            }
            let counted = try await fixture.day()
            #expect(counted.runs == 2 && counted.estimatedRuns == 2 && counted.repeatedCalls == 2)
        }
    }

    @Test("is none where the provider refused, and the run was begun again for that")
    func refused() async throws {
        let asked = Collected<Int>()
        let provider = PlayedProvider { _, receive in
            asked.add(1)
            guard asked.all.count > 1 else {
                return try await receive(.ended(StepEnding(.failed(InferenceError(.overloaded, "busy")))))
            }
            try await receive(.text("warm"))
            try await receive(.usage(TokenUsage(input: 5, output: 3)))
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            try await fixture.withEngine([provider], setup: setup) { engine in
                let run = try await engine.finished(try await engine.accept(RunRequest(messages: question)))
                #expect(run.attempts == 2 && run.usage == TokenUsage(input: 5, output: 3))
            }
            let day = try await fixture.day()
            #expect(day.repeatedCalls == 0 && day.estimatedRuns == 0)
        }
    }
}
