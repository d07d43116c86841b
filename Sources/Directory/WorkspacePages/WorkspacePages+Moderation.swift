import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web
import Workspaces

/// What operators decided about the workspace's agents, what it says against that, and notices to its forks.
extension WorkspacePages {
    /// Statements of a page.
    private static let statements = 20

    func decisions(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request, context) { visitor in
            let query = try Query(request)
            let before = try query["cursor"].map { try Cursor.decode($0, as: UUID.self) }
            var shown = try await decisions(about: try context.pathID(), before: before, for: visitor)
            shown.said = PageNotice.words(of: query)
            return page(.decisions, "Decisions", for: visitor, shown.values)
        }
    }

    func appeal(_ request: Request, _ context: AppContext) async throws -> Response {
        try await acted(request, context, needs: .agentsWrite, limit: BodyLimit.standard) { visitor, form in
            let (agent, text) = (try context.pathID(), form["text"] ?? "")
            let fault: Problem
            do {
                let words = try AppealRequest(text: text).checked()
                _ = try await appeals.appeal(words, about: agent, workspace: visitor.session.workspace, idempotency: nil)
                let address = PageAddress.path("workspace", "agents", agent.lowercased, "decisions")
                return .redirect(to: PageAddress.query(address, [(name: "said", value: PageNotice.appealed.rawValue)]))
            } catch let problem as Problem where problem.status == .unprocessableContent {
                fault = problem
            } catch let refusal as AppealDesk.Refusal where refusal != .unknownAgent {
                fault = refusal.problem
            } catch let refusal as AppealDesk.Refusal {
                throw refusal.problem
            }
            var shown = try await decisions(about: agent, before: nil, for: visitor)
            shown.faults = fault.errors.isEmpty ? [fault.detail ?? fault.title] : fault.errors.map(\.detail)
            shown.wanted = text
            return page(.decisions, "Decisions", for: visitor, status: fault.status, shown.values)
        }
    }

    func noticeRead(_ request: Request, _ context: AppContext) async throws -> Response {
        try await acted(request, context, needs: .agentsWrite) { visitor, _ in
            do {
                try await appeals.markRead(try context.pathID(), workspace: visitor.session.workspace)
            } catch let refusal as AppealDesk.Refusal {
                throw refusal.problem
            }
            return .redirect(to: PageAddress.query("/workspace", [(name: "said", value: PageNotice.noticeRead.rawValue)]))
        }
    }

    private func decisions(about agent: UUID, before: UUID?, for visitor: SessionVisitor) async throws -> DecisionsPage {
        let found: [ModerationStatement]
        do {
            found = try await appeals.statements(
                of: agent, workspace: visitor.session.workspace, before: before, limit: Self.statements + 1)
        } catch let refusal as AppealDesk.Refusal {
            throw refusal.problem
        }
        let next = found.count > Self.statements ? try found.dropLast().last.map { try Cursor.encode($0.id) } : nil
        return DecisionsPage(
            agent: agent, statements: Array(found.prefix(Self.statements)), nextCursor: next, isFirst: before == nil,
            mayWrite: visitor.may(.agentsWrite))
    }
}
