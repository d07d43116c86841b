import Foundation
import HTTPTypes
import Testing
import Web

@testable import Inference

@Suite("Models by the names that other APIs use", .timeLimit(.minutes(1))) struct CompatibleModelsTests {
    private static let anthropic: HTTPFields = [.anthropicVersion: "2023-06-01"]

    @Test("Models and agents in both forms, by names with a slash or its encoding")
    func models() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            let list = try await ask(.get, "/v1/models")
            #expect(list.json[path: "object"] == "list")
            #expect((list.json["data"]?.elements ?? []).compactMap { $0["id"]?.string } == ["scripted", "scripted-fast"])
            let theirs = try await ask(.get, "/v1/models", headers: Self.anthropic)
            #expect(theirs.json[path: "has_more"] == false)
            #expect(theirs.json[path: "first_id"] == "scripted")
            #expect(theirs.json[path: "data.0.type"] == "model")
            for path in ["/v1/models/scripted", "/v1/models/o/ada", "/v1/models/o%2Fada"] {
                #expect(try await ask(.get, path).status == .ok, "\(path)")
            }
            #expect(try await ask(.get, "/v1/models/o%2Fada").json[path: "id"] == "o/ada")
            for path in ["/v1/models/gpt-0", "/v1/models/o/nobody"] {
                let answer = try await ask(.get, path)
                #expect(answer.status == .notFound)
                #expect(answer.json[path: "error.code"] == "model_not_found")
                #expect(try await ask(.get, path, headers: Self.anthropic).json[path: "error.type"] == "not_found_error")
            }
        }
    }

    @Test("An agent cannot hide a configured model, and a provider that takes any name cannot hide an agent")
    func names() async throws {
        let directory = try ProviderDirectory([
            ProviderConfiguration(name: "up", baseURL: "http://up", defaultModel: "big"),
            ProviderConfiguration(name: "router", baseURL: "http://router", models: ["meta/llama"]),
        ])
        let models = CompatibleModels(directory: directory, agents: AnyAgent())
        func resolved(_ model: String) async throws -> (agent: String?, model: String?) {
            var request = CompatibleRequest(run: RunRequest(messages: []), model: model)
            try await models.resolve(&request, workspace: UUID())
            return (request.run.agent, request.run.model)
        }
        for model in ["big", "up/big", "up/anything", "router/meta/llama", "meta/llama", "scripted", "anything"] {
            let found = try await resolved(model)
            #expect(found.agent == nil && found.model == model, "\(model)")
        }
        let agent = try await resolved("o/ada")
        #expect(agent.agent == "o/ada" && agent.model == nil)
        for model in ["", "router/other"] { await #expect(throws: Problem.self, "\(model)") { try await resolved(model) } }
    }

    /// Finds whatever is asked for.
    private struct AnyAgent: AgentLookup {
        func agent(_ reference: String, workspace: UUID) async throws -> AgentCharacter? {
            AgentCharacter(id: UUID(), label: reference, name: reference)
        }
    }
}
