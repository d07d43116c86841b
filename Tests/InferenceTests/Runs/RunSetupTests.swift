import Foundation
import TestSupport
import Hummingbird
import HummingbirdTesting
import Testing
import Web

@testable import Inference

/// What a workspace set up, as its runs meet it.
@Suite("Runs and what their workspace set up", .timeLimit(.minutes(1))) struct RunSetupTests {
    @Sendable private func setup(_ fixture: InferenceFixture) async throws -> (InferenceSetup, SealingKeys) {
        _ = try await fixture.database.psql("insert into workspaces (id, slug, name) values ('\(fixture.workspace)', 'mine', 'Mine')")
        let keys = try SealingKeys("one:\(Data(repeating: 1, count: 32).base64EncodedString())")
        let configuration = InferenceSetup.Configuration(keys: keys, addresses: try AddressPolicy(allowing: ["127.0.0.1"]))
        return (InferenceSetup(configuration: configuration, pool: fixture.pool, logger: fixture.logger), keys)
    }

    private let question = [RunMessage(.user, "How warm is it?")]

    @Test("A run calls a tool of its workspace over HTTP, and the model is told the answer")
    func tool() async throws {
        let router = Router()
        router.post("/warmth") { request, _ -> String in
            let body = try await request.body.collect(upTo: 1 << 20)
            let asked = try JSONBody.decode(JSONValue.self, from: Array(body.readableBytesView))
            return "21 degrees in \(asked["arguments"]?["city"]?.string ?? "nowhere")"
        }
        try await Application(router: router).test(.live) { server in
            let port = try #require(server.port)
            try await InferenceFixture.with { fixture in
                let (setup, keys) = try await setup(fixture)
                let id = UUID()
                let wish = ToolStore.Wish(
                    name: "warmth", description: nil, parameters: ["type": "object"], url: "http://127.0.0.1:\(port)/warmth",
                    timeoutMilliseconds: 5000, isDisabled: false)
                let secret = try keys.seal(ToolSecret().revealedBytes, for: .tool(id, fixture.workspace))
                _ = try await ToolStore(pool: fixture.pool).make(id, wish, secret: secret, workspace: fixture.workspace, by: .tester)
                let seen = Collected<ProviderRequest>()
                let provider = PlayedProvider.calling([[.played(0, "warmth", #"{"city":"Oslo"}"#)]], seen: seen)
                try await fixture.withEngine([provider], setup: setup) { engine in
                    let run = try await engine.accept(RunRequest(messages: question, workspaceTools: ["warmth"]))
                    let finished = try await engine.finished(run)
                    #expect(finished.state == .completed)
                    #expect(finished.text == "21 degrees in Oslo")
                    #expect(seen.all.first?.tools.map(\.name) == ["warmth"])
                    // Not named, not offered.
                    let other = try await engine.finished(try await engine.accept(RunRequest(messages: question)))
                    #expect(other.state == .completed)
                    #expect(seen.all.last?.tools.isEmpty == true)
                }
            }
        }
    }

    @Test("A provider is asked with the workspace's own key where it brought one")
    func key() async throws {
        try await InferenceFixture.with { fixture in
            let (setup, keys) = try await setup(fixture)
            let sealed = try keys.seal(Array("sk-of-the-workspace".utf8), for: .credential(of: "played", fixture.workspace))
            _ = try await CredentialStore(pool: fixture.pool).put(sealed, hint: "pace", provider: "played", workspace: fixture.workspace, by: .tester)
            let seen = Collected<ProviderRequest>()
            let providers = ["played", "other"].map { PlayedProvider.calling([], name: $0, seen: seen) }
            try await fixture.withEngine(providers, setup: setup) { engine in
                _ = try await engine.finished(try await engine.accept(model: "played/test-model"))
                _ = try await engine.finished(try await engine.accept(model: "other/test-model"))
            }
            #expect(seen.all.map { $0.key?.revealed } == ["sk-of-the-workspace", nil])
        }
    }

    @Test("A key of the workspace that does not open fails the run, and says what to do")
    func closedKey() async throws {
        try await InferenceFixture.with { fixture in
            let (setup, _) = try await setup(fixture)
            let others = try SealingKeys("two:\(Data(repeating: 2, count: 32).base64EncodedString())")
            let sealed = try others.seal(Array("sk-of-the-workspace".utf8), for: .credential(of: "played", fixture.workspace))
            _ = try await CredentialStore(pool: fixture.pool).put(sealed, hint: "pace", provider: "played", workspace: fixture.workspace, by: .tester)
            let seen = Collected<ProviderRequest>()
            try await fixture.withEngine([PlayedProvider.calling([], seen: seen)], setup: setup) { engine in
                let run = try await engine.finished(try await engine.accept(model: "played/test-model"))
                #expect(run.state == .failed && run.errorKind == .authentication)
            }
            #expect(seen.all.isEmpty, "nobody else's account answers")
        }
    }

    @Test("A run that was accepted is told under its key when the budget is used up, and no other is")
    func repeated() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { fixture in
            let (setup, _) = try await setup(fixture)
            let budget = RunBudget(runsPerMinute: 1)
            try await BudgetStore(pool: fixture.pool).set(budget, of: fixture.workspace, workspace: fixture.workspace, by: .tester)
            return setup
        } _: { ask in
            let body = #"{"messages":[{"role":"user","content":"Hi"}]}"#
            let first = try await ask(.post, "/v1/runs", body, headers: [.idempotencyKey: "a"])
            #expect(first.status == .accepted)
            var refused = try await ask(.post, "/v1/runs", body, headers: [.idempotencyKey: "b"])
            #expect(refused.status == .tooManyRequests)
            let again = try await ask(.post, "/v1/runs", body, headers: [.idempotencyKey: "a"])
            #expect(again.status == .accepted && again.json["id"] == first.json["id"])
            refused = try await ask(.post, "/v1/runs", body)
            #expect(refused.status == .tooManyRequests)
        }
    }

    @Test("What a run used is counted for its token when it ends")
    func usage() async throws {
        try await InferenceFixture.with { fixture in
            let (setup, _) = try await setup(fixture)
            let token = UUID()
            let provider = PlayedProvider("played") { _, receive in
                try await receive(.text("Hi"))
                try await receive(.usage(TokenUsage(input: 30, output: 4, cost: 0.25)))
                try await receive(.stopped)
            }
            try await fixture.withEngine([provider], setup: setup) { engine in
                var request = RunRequest(messages: question)
                request.token = token
                _ = try await engine.finished(try await engine.accept(request))
            }
            let days = try await BudgetStore(pool: fixture.pool).usage(workspace: fixture.workspace, days: 2)
            #expect(days.map(\.token) == [token])
            #expect(days.first?.runs == 1 && days.first?.inputTokens == 30 && days.first?.outputTokens == 4)
            #expect(days.first?.cost == 0.25)
        }
    }
}
