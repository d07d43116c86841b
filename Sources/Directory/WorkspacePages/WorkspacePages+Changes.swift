import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web
import Workspaces

/// Naming an agent anew, and advising against it. What was not carried out comes back in the form, with the reason beside its field.
extension WorkspacePages {
    func rename(_ request: Request, _ context: AppContext) async throws -> Response {
        try await acted(request, context, needs: .agentsWrite) { visitor, form in
            let (id, typed) = (try context.pathID(), form["name"] ?? "")
            return try await changing(id, .name, typed, for: visitor) {
                let name = try WorkspaceDesk.name(typed)
                if let question = try await unsure(id, name, form, for: visitor) { return question }
                try await desk.rename(id, to: name, of: visitor.session.workspace, by: visitor.actor)
                return Self.told(id, .renamed)
            }
        }
    }

    func setStatus(_ request: Request, _ context: AppContext) async throws -> Response {
        try await acted(request, context, needs: .agentsWrite) { visitor, form in
            let (id, typed) = (try context.pathID(), form["reason"] ?? "")
            let workspace = visitor.session.workspace
            return try await changing(id, .reason, typed, for: visitor) {
                let isDeprecated = form["status"] == ListingStatus.deprecated.rawValue
                // A reason to come back to is none that everyone is to read.
                let wanted = StatusRequest(status: isDeprecated ? .deprecated : .active, reason: isDeprecated ? typed : nil, ground: nil)
                let own = try await desk.agent(id, of: workspace).own
                // By a name that is free again the status of what had it before would be set.
                guard own.listed != nil else { throw ListingGate.unknown }
                let agent = own.agent
                guard let owner = try await workspaces.workspaces.find(workspace)?.slug else { throw ListingGate.unknown }
                _ = try await ListingDesk(pool: pool).setStatus(
                    try wanted.checked(byOperator: false), of: ListingPlace(owner: owner, name: agent.name), workspace: workspace,
                    by: visitor.actor)
                return Self.told(id, isDeprecated ? .deprecated : .undeprecated)
            }
        }
    }

    // MARK: Parts

    /// Does what a form asks for, or shows it again with what was typed.
    /// - Throws: what no other words in the form would change, as a problem.
    private func changing(
        _ agent: UUID, _ field: OwnAgentPage.Typed.Field, _ typed: String, for visitor: SessionVisitor, _ change: () async throws -> Response
    ) async throws -> Response {
        do {
            return try await change()
        } catch let problem as Problem where [.conflict, .gone, .unprocessableContent].contains(problem.status) {
            return try await show(agent, for: visitor, typed: .init(field: field, text: typed, problem: problem))
        }
    }

    /// The page that is shown before a public agent gets another name: the question, or the form again for whoever wants another one. Nil for what
    /// was confirmed, and where nothing has to lead anywhere.
    private func unsure(_ agent: UUID, _ name: AgentName, _ form: Query, for visitor: SessionVisitor) async throws -> Response? {
        let workspace = visitor.session.workspace
        let detail = try await desk.agent(agent, of: workspace)
        guard let listed = detail.own.listed, listed.status.isOpen, detail.own.agent.name != name.text else { return nil }
        let question = try await own(detail, for: visitor).question(beforeNaming: name)
        switch question.answer(in: form) {
        case .yes, .otherWord: return nil
        case .open: return page(.confirm, question.question, for: visitor, question.values)
        case .no: return try await show(agent, for: visitor, typed: .init(field: .name, text: name.text))
        }
    }
}
