import Foundation
import Web

/// What `model` names in the requests of other APIs: a model of a provider, or an agent.
///
/// | `model` | answers |
/// |---|---|
/// | a model of the list, or `provider/model` of a provider | that model |
/// | `owner/name` of an agent that the workspace may run | the agent, with the default provider's default model |
/// | anything else | the default provider, if it takes any model |
///
/// So an agent cannot hide a model that an operator has configured, and a provider that takes any name cannot hide an agent. A request that
/// names its agent apart (``CompatibleExtensions``) names a model here.
struct CompatibleModels: Sendable {
    let directory: ProviderDirectory
    let agents: any AgentLookup

    /// Fills in who answers.
    ///
    /// - Throws: A 404 problem for a name that nobody answers.
    func resolve(_ request: inout CompatibleRequest, workspace: UUID) async throws {
        let namesAgent = request.run.agent == nil && !isListed(request.model) && request.model.contains("/")
        if namesAgent, try await agents.agent(request.model, workspace: workspace) != nil {
            request.run.agent = request.model
        } else if directory.choose(model: request.model) != nil, !request.model.isEmpty {
            request.run.model = request.model
        } else {
            throw Self.unknown(request.model)
        }
    }

    /// Names for a list: models first, then the workspace's agents.
    func all(workspace: UUID) async throws -> [String] { directory.models + (try await agents.agents(workspace: workspace)) }

    /// Whether a request may name it.
    func isKnown(_ model: String, workspace: UUID) async throws -> Bool {
        if isListed(model) { return directory.choose(model: model) != nil }
        if model.contains("/"), try await agents.agent(model, workspace: workspace) != nil { return true }
        return directory.choose(model: model) != nil
    }

    static func unknown(_ model: String) -> Problem {
        var problem = Problem.notFound("The model `\(model)` does not exist, or this workspace may not run it. `GET /v1/models` lists what it may.")
        problem.type = "urn:mainstay:problem:model-not-found"
        problem.errors = [FieldFault(body: ["model"], "No provider and no agent has this name.")]
        return problem
    }

    /// The directory lists `provider/model`, and the built-in models without a provider.
    private func isListed(_ model: String) -> Bool {
        let prefix = model.firstIndex(of: "/").map { model[...$0] }
        return directory.models.contains { listed in
            if listed == model || listed.hasSuffix("/\(model)") { return true }
            guard let prefix else { return false }
            return listed.hasPrefix(prefix)
        }
    }
}
