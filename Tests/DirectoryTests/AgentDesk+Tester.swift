import Foundation

@testable import Workspaces

extension AgentDesk {
    /// For those who test something else than who did it.
    func publish(_ agent: UUID, _ wish: Wish = Wish(), workspace: UUID) async throws -> Published {
        try await publish(agent, wish, workspace: workspace, by: .operator("tester"))
    }

    func unpublish(_ agent: UUID, workspace: UUID) async throws {
        try await unpublish(agent, workspace: workspace, by: .operator("tester"))
    }

    func rename(_ agent: UUID, to name: AgentName, workspace: UUID) async throws -> AgentDetail {
        try await rename(agent, to: name, workspace: workspace, by: .operator("tester"))
    }
}
