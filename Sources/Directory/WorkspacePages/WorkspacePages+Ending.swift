import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web
import Workspaces

/// What takes something away: it is asked about on a page that says what will happen, and done by that page's form.
///
/// ```
///   link or form ──▶ question ──yes──▶ done
///                       └──────────▶ back, and nothing has changed
/// ```
extension WorkspacePages {
    // MARK: An agent's listing

    func takeBackQuestion(_ request: Request, _ context: AppContext) async throws -> Response {
        try await asked(request, context, needs: .agentsWrite) { try await question(ofAgent: try context.pathID(), for: $0) }
    }

    func takeBack(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        return try await confirmed(request, context, needs: .agentsWrite, asking: { try await question(ofAgent: id, for: $0) }) { visitor in
            if case .refused(let refusal) = try await desk.takeBack(id, of: visitor.session.workspace, by: visitor.actor) {
                return try await show(id, for: visitor, refusal: refusal)
            }
            return Self.told(id, .takenBack)
        }
    }

    private func question(ofAgent id: UUID, for visitor: SessionVisitor) async throws -> ConfirmPage {
        let agent = try await desk.agent(id, of: visitor.session.workspace).own.agent
        let address = PageAddress.path("workspace", "agents", id.lowercased)
        return ConfirmPage(
            question: "Take \(agent.name) out of the directory?",
            effects: [
                "It is not found any more, and its public page says that there is none.", "Forks of it stay with those who made them.",
                "Nobody else gets its name, and you may publish it again.",
            ], button: "Take it back", action: "\(address)/unpublish",
            trail: [Self.home, ConfirmPage.Step(label: agent.name, address: address)], here: "Take it back")
    }

    // MARK: A token

    func revokeQuestion(_ request: Request, _ context: AppContext) async throws -> Response {
        try await asked(request, context, needs: .tokensAdmin) { try await question(ofToken: try context.pathID(), for: $0) }
    }

    func revoke(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        return try await confirmed(request, context, needs: .tokensAdmin, asking: { try await question(ofToken: id, for: $0) }) { visitor in
            guard try await workspaces.revoke(token: id, by: visitor.session) else { throw Self.noToken }
            return Self.told(.tokenRevoked)
        }
    }

    private static let noToken = Problem.notFound("The workspace has no such token.")

    private func question(ofToken id: UUID, for visitor: SessionVisitor) async throws -> ConfirmPage {
        guard let token = try await workspaces.tokens.find(id, workspace: visitor.session.workspace) else { throw Self.noToken }
        let used = token.lastUsedAt.map { "It was used on \(WireCoding.text($0).prefix(10)), as far as is known for the last time." }
        var effects = [
            "Whatever shows it is refused within a second, for good.", used ?? "It was never used.",
            "To change a secret without a gap, rotate the token instead: mainstay token rotate \(id.lowercased)",
        ]
        if id == visitor.session.token { effects.insert("It is the token of this session: you are signed out.", at: 0) }
        return ConfirmPage(
            question: "Revoke the token “\(token.name)”?", effects: effects, button: "Revoke it",
            action: PageAddress.path("workspace", "tokens", id.lowercased, "revoke"), trail: [Self.home], here: "Revoke a token")
    }

    // MARK: A member

    func removeQuestion(_ request: Request, _ context: AppContext) async throws -> Response {
        try await asked(request, context, needs: nil) { try await question(ofMember: try context.pathID(), for: $0) }
    }

    func remove(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        return try await confirmed(request, context, needs: nil, asking: { try await question(ofMember: id, for: $0) }) { visitor in
            try await workspaces.remove(member: id, by: visitor.session)
            return Self.told(.memberRemoved)
        }
    }

    /// Anyone is asked about leaving; about others, who may remove them.
    private func question(ofMember id: UUID, for visitor: SessionVisitor) async throws -> ConfirmPage {
        let found = try await workspaces.members.lookUp(id, in: visitor.session.workspace)
        let user = try await workspaces.identity(of: visitor.session)?.user
        let isSelf = user != nil && found?.user.id == user
        if !isSelf { try visitor.require(.membersAdmin) }
        guard let member = found else { throw Problem.notFound("The workspace has no such member.") }
        let name = member.user.name
        var effects = [
            "The tokens that \(name) made here are refused within a second, and open invitations by \(name) end.",
            "Tickets, agents and whatever else \(name) made stay with the workspace.", "\(name) comes back by another invitation only.",
        ]
        if isSelf { effects.insert("This is you: you leave.", at: 0) }
        return ConfirmPage(
            question: "Remove \(name) from the workspace?", effects: effects, button: "Remove this member",
            action: PageAddress.path("workspace", "members", id.lowercased, "remove"), trail: [Self.home], here: "Remove a member")
    }

    // MARK: An invitation

    func revokeInvitationQuestion(_ request: Request, _ context: AppContext) async throws -> Response {
        try await asked(request, context, needs: .membersAdmin) { try await question(ofInvitation: try context.pathID(), for: $0) }
    }

    func revokeInvitation(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        return try await confirmed(request, context, needs: .membersAdmin, asking: { try await question(ofInvitation: id, for: $0) }) { visitor in
            try await workspaces.revoke(invitation: id, by: visitor.session)
            return .redirect(to: PageAddress.query("/workspace/invitations", [(name: "said", value: PageNotice.invitationRevoked.rawValue)]))
        }
    }

    private func question(ofInvitation id: UUID, for visitor: SessionVisitor) async throws -> ConfirmPage {
        guard let invitation = try await workspaces.invitations.lookUp(id, in: visitor.session.workspace) else {
            throw Problem.notFound("The workspace has no such invitation.")
        }
        let holder = invitation.email ?? "whoever has its code"
        return ConfirmPage(
            question: "End the invitation for \(holder)?",
            effects: [
                "Whoever shows the code that begins with \(invitation.prefix) is told that there is no such invitation.",
                "Who has come in already stays. Another invitation has another code.",
            ], button: "End it", action: PageAddress.path("workspace", "invitations", id.lowercased, "revoke"),
            trail: [Self.home, ConfirmPage.Step(label: "Invitations", address: "/workspace/invitations")], here: "End an invitation")
    }

    // MARK: The workspace

    func deleteQuestion(_ request: Request, _ context: AppContext) async throws -> Response {
        try await asked(request, context, needs: .workspaceAdmin) { try await questionOfAll(for: $0) }
    }

    func delete(_ request: Request, _ context: AppContext) async throws -> Response {
        try await confirmed(request, context, needs: .workspaceAdmin, asking: { try await questionOfAll(for: $0) }) { visitor in
            let deleted = try await workspaces.delete(by: visitor.session)
            let last = deleted.purgeAt.map { WireCoding.text($0).prefix(10) } ?? "its purge"
            let done = DonePage(
                headline: "\(deleted.name) is deleted",
                paragraphs: [
                    "Its tokens are refused, and you are signed out.",
                    "Until \(last) \(wayBack). After that it is gone for good.",
                ])
            // Nobody is signed in any more.
            let head = PageHead(title: done.headline, part: .workspace, isUnlisted: true)
            return PageHeaders.passing(templates.document(.done, head, done.values))
        }
    }

    /// How a deleted workspace is restored.
    private var wayBack: String {
        accounts == nil
            ? "a token of an owner restores it, by POST /v1/workspace/restore"
            : "an owner restores it: by signing in again with an account, or with a token by POST /v1/workspace/restore"
    }

    private func questionOfAll(for visitor: SessionVisitor) async throws -> ConfirmPage {
        let id = visitor.session.workspace
        guard workspaces.mayDelete(id), let workspace = try await workspaces.workspaces.find(id) else {
            throw Problem.conflict("The workspace is one that is never deleted.", name: "default-workspace")
        }
        let days = PageWords.count(workspaces.restorableDays, "day", "days")
        var page = ConfirmPage(
            question: "Delete the workspace \(workspace.name)?",
            effects: [
                "Within a second nobody gets in any more: all of its tokens are refused, and you are signed out.",
                "For \(days) \(wayBack). Then every row that it has is deleted for good.",
                "What it has published leaves the directory at once, and is back when the workspace is restored. Forks of it stay with their owners.",
                "An export keeps what it has: GET /v1/workspace/export, or mainstay workspace export \(workspace.slug)",
            ], button: "Delete the workspace", action: "/workspace/delete", trail: [Self.home], here: "Delete")
        page.word = workspace.slug
        return page
    }

    // MARK: Asking

    private static let home = ConfirmPage.Step(label: "Workspace", address: "/workspace")

    private static func told(_ notice: PageNotice) -> Response {
        .redirect(to: PageAddress.query("/workspace", [(name: "said", value: notice.rawValue)]))
    }

    /// - Parameter scope: nil where the question itself looks at what the visitor may.
    private func asked(
        _ request: Request, _ context: AppContext, needs scope: Scope?, _ question: (SessionVisitor) async throws -> ConfirmPage
    ) async throws -> Response {
        try await visited(request, context) { visitor in
            if let scope { try visitor.require(scope) }
            return answer(try await question(visitor), for: visitor)
        }
    }

    /// Does what a visitor's form has confirmed, and asks about anything else.
    private func confirmed(
        _ request: Request, _ context: AppContext, needs scope: Scope?, asking question: (SessionVisitor) async throws -> ConfirmPage,
        _ act: (SessionVisitor) async throws -> Response
    ) async throws -> Response {
        try await acted(request, context, needs: scope) { visitor, form in
            let shown = try await question(visitor)
            switch shown.answer(in: form) {
            case .yes: return try await act(visitor)
            case .otherWord: return answer(shown.afterOtherWord(), status: .unprocessableContent, for: visitor)
            case .open, .no: return answer(shown, for: visitor)
            }
        }
    }

    private func answer(_ question: ConfirmPage, status: HTTPResponse.Status = .ok, for visitor: SessionVisitor) -> Response {
        page(.confirm, question.question, for: visitor, status: status, question.values)
    }
}
