import Foundation
import Jobs
import Postgres

/// What can be done with a workspace's agents at once. Opens the transactions; the rules are `CharacterFile`'s and
/// `KeyScanner`'s, the statements `AgentStore`'s.
struct AgentDesk: Sendable {
    let pool: PostgresPool

    /// Why something is not done.
    enum Refusal: Error, Equatable {
        /// Also for an agent of another workspace.
        case notFound
        /// Something key-shaped is left in the file: it may stay here, but not be shown to everyone.
        case keysRemain([KeyFinding])
    }

    /// What became of a file.
    struct Imported: Sendable {
        let detail: AgentDetail
        let change: AgentChange
        /// An earlier request with the same Idempotency-Key did it.
        let isReplay: Bool
    }

    /// Takes a character file in: as a new agent, as the next version of the agent of that name, or not at all when the
    /// newest version says the same.
    func take(_ file: CharacterFile, as name: AgentName, changelog: String, workspace: UUID, idempotency: Idempotency?) async throws -> Imported {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            let versionID = UUID.version7()
            if let earlier = try await IdempotencyStore.claim(idempotency, for: versionID, workspace: workspace, in: transaction) {
                guard let agent = try await AgentStore.agent(ofVersion: earlier, workspace: workspace, in: transaction) else {
                    throw Refusal.notFound
                }
                return Imported(detail: try await detail(of: agent, workspace: workspace, in: transaction), change: .unchanged, isReplay: true)
            }
            let written = try await AgentStore.write(
                file, as: name, changelog: changelog, workspace: workspace, versionID: versionID, in: transaction)
            if let idempotency, written.versionID != versionID {
                IdempotencyStore.submitResult(written.versionID, of: idempotency, workspace: workspace, in: transaction)
            }
            let detail = try await detail(of: written.agent, workspace: workspace, in: transaction)
            return Imported(detail: detail, change: written.change, isReplay: false)
        }
    }

    /// What became of a wish to publish.
    struct Published: Sendable {
        let detail: AgentDetail
        /// An earlier request with the same Idempotency-Key did it, and nothing was done now.
        let isReplay: Bool
    }

    /// Shows the newest version to everyone, unless something key-shaped is in it. A request that was carried out before
    /// does not publish what came after it.
    func publish(_ agent: UUID, workspace: UUID, idempotency: Idempotency? = nil) async throws -> Published {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            // The key before the agent, as an import takes them.
            let isReplay = try await IdempotencyStore.claim(idempotency, for: agent, workspace: workspace, in: transaction) != nil
            AgentStore.lock(agent, workspace: workspace, in: transaction)
            let detail = try await detail(of: agent, workspace: workspace, in: transaction)
            if isReplay { return Published(detail: detail, isReplay: true) }
            let file = try CharacterFile(document: detail.version.character)
            let findings = KeyScanner.findings(in: file.document)
            guard findings.isEmpty else { throw Refusal.keysRemain(findings) }
            AgentStore.submitPublication(detail, file: file, workspace: workspace, in: transaction)
            return Published(detail: try await self.detail(of: agent, workspace: workspace, in: transaction), isReplay: false)
        }
    }

    func detail(of agent: UUID, workspace: UUID) async throws -> AgentDetail {
        try await pool.transaction(.workspaces([workspace])) { try await detail(of: agent, workspace: workspace, in: $0) }
    }

    func list(_ workspace: UUID, name: String?, before: UUID?, limit: Int) async throws -> [Agent] {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            try await AgentStore.list(workspace, name: name, before: before, limit: limit, in: transaction)
        }
    }

    private func detail(of agent: UUID, workspace: UUID, in transaction: PostgresTransaction) async throws -> AgentDetail {
        guard let detail = try await AgentStore.detail(of: agent, workspace: workspace, in: transaction) else { throw Refusal.notFound }
        return detail
    }
}
