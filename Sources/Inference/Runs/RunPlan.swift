import Foundation
import Jobs

/// What a run asks of whom; or why nobody can be asked.
struct RunPlan: Sendable {
    /// A model at a provider.
    struct Candidate: Sendable, Equatable {
        var provider: String
        var model: String
    }

    /// In the order in which they are asked; at least one unless there is a fault.
    var candidates: [Candidate] = []
    /// Models that no provider answers: they failed before they were asked.
    var unanswered: [FailedTry] = []
    var agent: AgentCharacter?
    /// Run, messages and tools; the model is the candidate's.
    var request: ProviderRequest
    var stepLimit: Int
    /// The tools that the server carries out, by name.
    var serverTools: [String: any ServerTool] = [:]
    /// Names of the tools that the client carries out.
    var clientTools: Set<String>
    /// The run may have written memories.
    var usesMemory: Bool
    /// Who asked for the run: whose budget it is counted in.
    var token: UUID?
    /// A step that calls anything but ``serverTools`` ends the run.
    var returnsCalls = false
    /// The run whose conversation this one goes on with.
    var previous: UUID?
    var onInterruption = InterruptionPolicy.incomplete
    var fault: InferenceError?

    /// Another worker may go on with the run.
    var isContinued: Bool { onInterruption == .continue }

    /// Whom the run is about to ask: what its row names until one has answered.
    var first: Candidate { candidates.first ?? Candidate(provider: "none", model: unanswered.first?.model ?? "none") }
}

/// Makes the plan of a run from its payload.
struct RunPlanner: Sendable {
    let directory: ProviderDirectory
    let agents: any AgentLookup
    let memories: MemoryStore
    /// Nil where workspaces have none.
    let tools: WebhookTools?

    /// - Throws: An error of the store; asking later may help.
    func plan(_ job: Job<RunRequest>) async throws -> RunPlan {
        let wanted = job.payload
        var plan = RunPlan(
            request: ProviderRequest(
                run: job.id.lowercased, model: "", messages: wanted.messages, tools: wanted.tools ?? [],
                options: wanted.options ?? GenerationOptions()),
            stepLimit: wanted.stepLimit, clientTools: Set((wanted.tools ?? []).map(\.name)), usesMemory: wanted.memory == true,
            token: wanted.token, returnsCalls: wanted.returnsCalls == true, previous: wanted.turn?.previous,
            onInterruption: wanted.onInterruption ?? .incomplete)
        plan.request.isKept = plan.isContinued
        for model in [wanted.model] + (wanted.fallback ?? []).map(Optional.some) {
            if let choice = directory.choose(model: model) {
                let candidate = RunPlan.Candidate(provider: choice.provider, model: choice.model)
                if !plan.candidates.contains(candidate) { plan.candidates.append(candidate) }
            } else {
                let name = model ?? "none"
                let error = InferenceError(.notFound, "No provider answers the model \(name).")
                plan.unanswered.append(FailedTry(provider: "none", model: name, error: error))
            }
        }
        if plan.candidates.isEmpty { plan.fault = plan.unanswered.first?.error }
        if let reference = wanted.agent {
            plan.agent = try await agents.agent(reference, workspace: job.workspace)
            if plan.agent == nil { plan.fault = InferenceError(.notFound, "There is no agent \(reference) any more.") }
        }
        guard plan.fault == nil else { return plan }
        if wanted.memory == true { try await remember(job, &plan) }
        try await offer(wanted.workspaceTools ?? [], of: job.workspace, &plan)
        if let agent = plan.agent { plan.request.messages = agent.addressed(plan.request.messages) }
        return plan
    }

    /// The workspace's tools under these names. One that has gone meanwhile fails the run: what it was asked for cannot be done.
    private func offer(_ names: [String], of workspace: UUID, _ plan: inout RunPlan) async throws {
        guard !names.isEmpty, let tools else { return }
        let offered = try await tools.offered(to: workspace)
        for tool in offered where names.contains(tool.name) || names.contains(WorkspaceTool.all) {
            // The client's own tool of that name is the one that it means.
            guard !plan.clientTools.contains(tool.name) else { continue }
            plan.serverTools[tool.name] = WorkspaceTool(tool: tool, tools: tools)
            plan.request.tools.append(tool.definition)
        }
        for name in names where name != WorkspaceTool.all && !offered.contains(where: { $0.name == name }) {
            plan.fault = InferenceError(.notFound, "There is no tool \(name) of the workspace any more.")
        }
    }

    private func remember(_ job: Job<RunRequest>, _ plan: inout RunPlan) async throws {
        for tool in MemoryTools.all(memories) {
            plan.serverTools[tool.definition.name] = tool
            plan.request.tools.append(tool.definition)
        }
        guard let question = MemoryPreamble.question(in: job.payload.messages) else { return }
        let found = try await memories.search(
            question, reach: .agent(plan.agent?.id), workspace: job.workspace, limit: MemoryPreamble.count)
        if let preamble = MemoryPreamble.message(found) { plan.request.messages.insert(preamble, at: 0) }
    }
}
