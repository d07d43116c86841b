import Foundation
import Jobs
import TestSupport
import Testing

@testable import Inference

@Suite("A run with models to fall back on", .timeLimit(.minutes(1))) struct RunFallbackTests {
    private func failing(_ kind: InferenceError.Kind, after text: String? = nil, asked: Collected<String>) -> PlayedProvider {
        PlayedProvider("first") { _, receive in
            asked.add("first")
            if let text { try await receive(.text(text)) }
            try await receive(.usage(TokenUsage(input: 7)))
            try await receive(.ended(StepEnding(.failed(InferenceError(kind, "no")))))
        }
    }

    private func answering(asked: Collected<String>) -> PlayedProvider {
        PlayedProvider("second") { _, receive in
            asked.add("second")
            try await receive(.text("second"))
            try await receive(.stopped)
        }
    }

    private func request(_ model: String? = nil, fallback: [String] = ["second/test-model"]) -> RunRequest {
        RunRequest(messages: [RunMessage(.user, "Hi")], model: model, fallback: fallback)
    }

    @Test(
        "asks the next when the first fails before its first event, and says who answered and who did not",
        arguments: [InferenceError.Kind.overloaded, .authentication, .paymentRequired, .notFound, .timeout])
    func next(_ kind: InferenceError.Kind) async throws {
        let asked = Collected<String>()
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([failing(kind, asked: asked), answering(asked: asked)]) { engine in
                let id = try await engine.accept(request())
                let run = try await engine.finished(id)
                #expect(run.state == .completed)
                #expect(run.provider == "second")
                #expect(run.attempts == 1)
                #expect(asked.all == ["first", "second"])
                let log = try await engine.wholeLog(id)
                guard case .runStarted(let started)? = try log.events.first else { throw TestSupportError("the run did not start") }
                #expect(started.provider == "second")
                #expect(run.usage.input == nil, "what the failed one counted is not the answer's")
                let step = try await fixture.database.psql("select provider || ' ' || tries::text from run_steps where run_id = '\(id)'")
                #expect(step.contains("second [{"))
                #expect(step.contains(#""error": "\#(kind.rawValue)""#))
                #expect(step.contains(#""provider": "first""#))
            }
        }
    }

    @Test("does not ask the next after something was shown: never two answers in one")
    func afterOutput() async throws {
        let asked = Collected<String>()
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([failing(.overloaded, after: "half", asked: asked), answering(asked: asked)]) { engine in
                let run = try await engine.finished(try await engine.accept(request()))
                #expect(run.state == .failed)
                #expect(run.text == "half")
                #expect(asked.all == ["first"])
            }
        }
    }

    @Test("does not ask the next about a request that is wrong everywhere", arguments: [InferenceError.Kind.invalidRequest, .contentPolicy])
    func wrongRequest(_ kind: InferenceError.Kind) async throws {
        let asked = Collected<String>()
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([failing(kind, asked: asked), answering(asked: asked)]) { engine in
                let run = try await engine.finished(try await engine.accept(request()))
                #expect(run.errorKind == kind)
                #expect(asked.all == ["first"])
            }
        }
    }

    @Test("asks the next for a model that nobody answers any more")
    func unanswered() async throws {
        let asked = Collected<String>()
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([failing(.overloaded, asked: asked), answering(asked: asked)]) { engine in
                let run = try await engine.finished(try await engine.accept(request("gone/model")))
                #expect(run.text == "second")
                #expect(asked.all == ["second"])
            }
        }
    }

    @Test("is begun again when the last fails for good and one before it may answer later")
    func begunAgain() async throws {
        let asked = Collected<String>()
        let first = PlayedProvider("first") { _, receive in
            asked.add("first")
            if asked.all.count == 1 {
                try await receive(.ended(StepEnding(.failed(InferenceError(.overloaded, "busy")))))
            } else {
                try await receive(.text("first"))
                try await receive(.stopped)
            }
        }
        let second = PlayedProvider("second") { _, receive in
            asked.add("second")
            try await receive(.ended(StepEnding(.failed(InferenceError(.authentication, "no key")))))
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([first, second]) { engine in
                let run = try await engine.finished(try await engine.accept(request()))
                #expect(run.text == "first")
                #expect(run.attempts == 2)
                #expect(asked.all == ["first", "second", "first"])
            }
        }
    }
}
