import Hummingbird
import Web

/// The character files of a workspace's own agents, in the form of any generation.
struct CharacterRoutes: Sendable {
    let desk: AgentDesk

    /// Mounts and describes `/v1/agents/{agent}/character`.
    func mount(in routes: inout APIRoutes) {
        routes.on(Self.show, use: show)
    }

    private func show(_ request: Request, _ context: IdentifiedContext) async throws -> DocumentBody<CharacterAnswer> {
        let format = try Query(request).word("format", as: CharacterShape.self)
        do {
            let version = try await desk.detail(of: try context.pathID("agent"), workspace: context.identity.workspace).version
            return CharacterAnswer.body(of: version.character, stored: version.shape, as: format)
        } catch let refusal as AgentDesk.Refusal {
            throw refusal.problem
        }
    }

    static let show = APIOperation(
        .get, "/v1/agents/{agent}/character", summary: "Read an agent's newest version as a character file of a generation",
        description: "Without its secrets. What the wanted generation has no equal form for is told with its place; nothing is lost in silence.",
        tag: "Agents", scope: "agents:read", parameters: [AgentRoutes.agentID, CharacterAnswer.format],
        answers: [.init(.ok, "The file.", schema: CharacterAnswer.schema)])
}
