import Foundation
import HTTPTypes
import Jobs
import TestSupport
import Testing
import Web

@testable import Inference

@Suite("A run as it is shown", .timeLimit(.minutes(1))) struct RunAnswerTests {
    /// Half a dollar for a token of input, an eighth for one of output.
    @Sendable private static func setup(_ fixture: InferenceFixture) async throws -> InferenceSetup? {
        _ = try await fixture.database.psql("insert into workspaces (id, slug, name) values ('\(fixture.workspace)', 'mine', 'Mine')")
        let configuration = InferenceSetup.Configuration(prices: try PriceTable(["test-model 500000 125000"]))
        return InferenceSetup(configuration: configuration, pool: fixture.pool, logger: fixture.logger)
    }

    private static func failing(_ name: String, _ error: InferenceError) -> PlayedProvider {
        PlayedProvider(name) { _, receive in try await receive(.ended(StepEnding(.failed(error)))) }
    }

    @Test("each step has its time, its tokens and who was asked before it; the whole has its cost")
    func steps() async throws {
        let first = Self.failing("first", InferenceError(.overloaded, "no"))
        let second = PlayedProvider.calling([[.played(0, "memory_search", #"{"query":"tea"}"#)]], name: "second")
        try await RunRoutesTests.withRoutes([first, second]) { fixture in
            try await Self.setup(fixture)
        } _: { ask in
            let id = try await ask.started(
                #"{"messages":[{"role":"user","content":"Tea?"}],"memory":true,"fallback":["second/test-model"]}"#)
            _ = try await ask.engine.finished(id)
            let shown = try await ask(.get, "/v1/runs/\(id.lowercased)").json
            // Ten tokens in, two out.
            #expect(shown["usage"]?["cost"] == .number(5.25))

            let steps = try #require(shown["steps"]?.elements)
            #expect(steps.map { $0["step"] } == [.integer(1), .integer(2)])
            #expect(steps.compactMap { $0["state"]?.string } == ["completed", "completed"])
            #expect(steps.compactMap { $0["provider"]?.string } == ["second", "second"])
            #expect(steps.compactMap { $0["finish"]?["unified"]?.string } == ["tool_calls", "stop"])
            #expect(steps[0]["usage"]?["input_tokens"] == 10)
            #expect(steps[1]["usage"] == nil, "what nobody counted is not zero")
            for step in steps {
                let times = try ["started_at", "finished_at"].map { try #require(step[$0]?.string.flatMap(WireCoding.date)) }
                #expect(times[0] <= times[1])
                #expect(step["ttft_ms"]?.kind == "number")
            }
            let tries = steps[0]["tries"]?.elements ?? []
            #expect(tries.compactMap { $0["provider"]?.string } == ["first"])
            #expect(tries.first?["error"] == "overloaded")
            #expect(steps[1]["tries"] == nil)
        }
    }

    @Test("whether a failure can be repeated is what its last event says, be it the provider's own word")
    func retryable() async throws {
        let providers = [
            Self.failing("useless", InferenceError(.rateLimited, "Never again.", shouldRetry: false)),
            Self.failing("wrong", InferenceError(.invalidRequest, "Not like this.")),
        ]
        try await RunRoutesTests.withRoutes(providers) { ask in
            for provider in providers {
                let id = try await ask.started(#"{"messages":[{"role":"user","content":"x"}],"model":"\#(provider.name)/test-model"}"#)
                _ = try await ask.engine.finished(id)
                let last = try #require(try await ask.engine.wholeLog(id).events.last)
                guard case .failed(let error) = last else { throw TestSupportError("\(provider.name) ended otherwise") }
                let shown = try await ask(.get, "/v1/runs/\(id.lowercased)").json
                #expect(shown["error"]?["retryable"] == .bool(error.isRetryable), "\(provider.name)")
                #expect(shown["error"]?["retryable"] == false, "\(provider.name)")
            }
        }
    }
}
