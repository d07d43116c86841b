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
        /// Operators have quarantined or removed the published copy.
        case moderated(ListingStatus, reason: String?)
        /// The version is there and says something else.
        case versionTaken(SemanticVersion)
        /// Another agent of the workspace has the name.
        case nameTaken(AgentName)
        /// The name is not to be had in public.
        case nameRefused(AgentName, NameCheck.Reason)
        /// The title holds what readers do not see, or would take for something else.
        case titleRefused([TitleText.Fault])
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

    func detail(of agent: UUID, workspace: UUID) async throws -> AgentDetail {
        try await pool.transaction(.workspaces([workspace])) { try await detail(of: agent, workspace: workspace, in: $0) }
    }

    func list(_ workspace: UUID, name: String?, before: UUID?, limit: Int) async throws -> [Agent] {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            try await AgentStore.list(workspace, name: name, before: before, limit: limit, in: transaction)
        }
    }

    /// An agent as its workspace sees it: of a fork with how far it is behind.
    func detail(of agent: UUID, workspace: UUID, in transaction: PostgresTransaction) async throws -> AgentDetail {
        guard var detail = try await AgentStore.detail(of: agent, workspace: workspace, in: transaction) else { throw Refusal.notFound }
        if let source = detail.agent.forkedFrom { detail.standing = try await AgentStore.standing(of: source, in: transaction) }
        return detail
    }
}
