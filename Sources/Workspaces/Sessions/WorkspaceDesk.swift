package import Foundation
package import Postgres
import HTTPTypes
import Web

/// What somebody who has signed in for a workspace sees and does on its pages. Scopes were checked before; the rules of publishing are
/// those of the API.
package struct WorkspaceDesk: Sendable {
    private let pool: PostgresPool
    private let desk: AgentDesk

    package init(pool: PostgresPool) {
        self.pool = pool
        desk = AgentDesk(pool: pool)
    }

    // MARK: Reading

    /// Agents of the workspace, newest first.
    /// - Parameter before: the last one of the page before.
    package func agents(of workspace: UUID, before: UUID?, limit: Int) async throws -> [OwnAgent] {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            try await OwnAgentStore.page(workspace, before: before, limit: limit, in: transaction)
        }
    }

    /// - Throws: a 404 problem, also for an agent of another workspace.
    package func agent(_ id: UUID, of workspace: UUID) async throws -> OwnAgentDetail {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            guard let own = try await OwnAgentStore.page(workspace, agent: id, before: nil, limit: 1, in: transaction).first,
                let detail = try await AgentStore.detail(of: id, workspace: workspace, in: transaction)
            else { throw AgentDesk.Refusal.notFound.problem }
            let document = detail.version.character
            // A file that was read once may be none by the rules of a later release: then there is nothing to say of its plugins.
            let plugins = (try? CharacterFile(document: document).plugins) ?? []
            return OwnAgentDetail(own: own, version: detail.version, plugins: plugins, findings: KeyScanner.findings(in: document))
        }
    }

    // MARK: Publishing

    /// Shows the newest version to everyone.
    ///
    /// - Parameters:
    ///   - version: as a person typed it; nil or blank for the next one.
    ///   - changelog: what is new; nil or blank for what was said when the agent's version was made.
    ///   - actor: who does it.
    package func publish(
        _ agent: UUID, version: String?, changelog: String?, of workspace: UUID, by actor: AccessActor
    ) async throws -> PublishingResult {
        do {
            let wish = try PublishRequest(version: Self.given(version), changelog: Self.given(changelog)).checked()
            let published = try await desk.publish(agent, wish, workspace: workspace, by: actor)
            guard let publication = published.publication else { return .refused(Self.refusal(.notFound)) }
            return .published(version: publication.version, isNew: publication.isNew, isShown: publication.isShown)
        } catch let refusal as AgentDesk.Refusal {
            return .refused(Self.refusal(refusal))
        } catch let problem as Problem {
            return .refused(Self.refusal(problem, findings: []))
        }
    }

    /// Takes an agent out of the directory. What is not listed stays as it is.
    package func takeBack(_ agent: UUID, of workspace: UUID, by actor: AccessActor) async throws -> PublishingResult {
        do {
            try await desk.unpublish(agent, workspace: workspace, by: actor)
            return .takenBack
        } catch let refusal as AgentDesk.Refusal {
            return .refused(Self.refusal(refusal))
        }
    }

    // MARK: Naming

    /// - Parameter typed: a name for an agent, as a person typed it.
    /// - Throws: a 422 problem for what is none.
    package static func name(_ typed: String) throws -> AgentName {
        try RenameRequest(name: typed.trimmingCharacters(in: .whitespacesAndNewlines)).checked()
    }

    /// Names an agent anew. In public the old name leads to the new one from then on.
    /// - Throws: a 404 problem, also for an agent of another workspace; 409 for a name that is not to be had, and for an agent in quarantine; 410 for
    ///   a removed one.
    package func rename(_ agent: UUID, to name: AgentName, of workspace: UUID, by actor: AccessActor) async throws {
        do {
            _ = try await desk.rename(agent, to: name, workspace: workspace, by: actor)
        } catch let refusal as AgentDesk.Refusal {
            throw refusal.problem
        }
    }

    // MARK: Parts

    private static func given(_ text: String?) -> String? {
        guard let text = text?.trimmingCharacters(in: .whitespacesAndNewlines), !text.isEmpty else { return nil }
        return text
    }

    private static func refusal(_ refusal: AgentDesk.Refusal) -> PublishingRefusal {
        if case .keysRemain(let findings) = refusal { return self.refusal(refusal.problem, findings: findings) }
        return self.refusal(refusal.problem, findings: [])
    }

    private static func refusal(_ problem: Problem, findings: [KeyFinding]) -> PublishingRefusal {
        let places = problem.errors.map(\.detail).joined(separator: " ")
        // A problem with several places counts them; a person is told each.
        let detail = findings.isEmpty && problem.errors.count > 1 ? places : problem.detail ?? places
        return PublishingRefusal(title: problem.title, detail: detail, status: problem.status.code, findings: findings)
    }
}
