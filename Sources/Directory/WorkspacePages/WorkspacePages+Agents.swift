import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Postgres
import Web
import Workspaces

/// The workspace's first page, an agent of its own, and publishing it.
extension WorkspacePages {
    /// Agents of a page; tokens and members that are listed.
    private static let (agents, people) = (50, 100)

    func overview(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request, context) { visitor in
            let query = try Query(request)
            let before = try query["cursor"].map { try Cursor.decode($0, as: UUID.self) }
            let id = visitor.session.workspace
            guard let workspace = try await workspaces.workspaces.find(id) else { throw Problem.notFound("The workspace is gone.") }
            let agents = try await desk.agents(of: id, before: before, limit: Self.agents + 1)
            // Lists that are not asked for are not shown on the pages behind the first.
            let (listsTokens, listsMembers) = (before == nil && visitor.may(.tokensAdmin), before == nil && visitor.may(.membersRead))
            let most = WorkspacePage.noticeLimit + 1
            let notices = before == nil ? try await appeals.notices(of: id, state: nil, before: nil, limit: most) : []
            let leaves = listsMembers && workspaces.isMultiUser && !visitor.may(.membersAdmin)
            let leaver = leaves ? try await workspaces.identity(of: visitor.session)?.user : nil
            let overview = WorkspacePage(
                workspace: workspace, agents: Array(agents.prefix(Self.agents)),
                nextCursor: agents.count > Self.agents ? try agents.dropLast().last.map { try Cursor.encode($0.agent.id) } : nil,
                tokens: listsTokens ? try await workspaces.tokens.list(workspace: id, limit: Self.people + 1) : nil,
                members: listsMembers ? try await workspaces.members.page(of: id, limit: Self.people + 1) : nil, limit: Self.people,
                session: visitor.session, isFirst: before == nil, said: PageNotice.words(of: query), notices: notices,
                mayWrite: visitor.may(.agentsWrite), removesMembers: visitor.may(.membersAdmin) && workspaces.isMultiUser,
                deletes: before == nil && visitor.may(.workspaceAdmin) && workspaces.mayDelete(id),
                invites: before == nil && visitor.may(.membersAdmin) && workspaces.isMultiUser, leaver: leaver)
            return page(.workspace, workspace.name, for: visitor, overview.values)
        }
    }

    func agent(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request, context) { visitor in
            let said = PageNotice.words(of: try Query(request))
            return try await show(try context.pathID(), for: visitor, said: said)
        }
    }

    func publish(_ request: Request, _ context: AppContext) async throws -> Response {
        try await acted(request, context, needs: .agentsWrite) { visitor, form in
            let (id, version, changelog) = (try context.pathID(), form["version"], form["changelog"])
            let workspace = visitor.session.workspace
            switch try await desk.publish(id, version: version, changelog: changelog, of: workspace, by: visitor.actor) {
            case .published(_, let isNew, let isShown):
                return Self.told(id, !isShown ? .publishedBelow : isNew ? .published : .publishedBefore)
            case .refused(let refusal):
                return try await show(id, for: visitor, refusal: refusal, version: version, changelog: changelog)
            case .takenBack: return Self.told(id, .takenBack)
            }
        }
    }

    // MARK: Parts

    static func told(_ agent: UUID, _ notice: PageNotice) -> Response {
        .redirect(to: PageAddress.query(PageAddress.path("workspace", "agents", agent.lowercased), [(name: "said", value: notice.rawValue)]))
    }

    /// - Parameters:
    ///   - refusal: why a publication was not carried out; its form comes back with what was typed into it.
    ///   - typed: the same of another form.
    func show(
        _ id: UUID, for visitor: SessionVisitor, said: String? = nil, refusal: PublishingRefusal? = nil, version: String? = nil,
        changelog: String? = nil, typed: OwnAgentPage.Typed? = nil
    ) async throws -> Response {
        let detail = try await desk.agent(id, of: visitor.session.workspace)
        var own = try await own(detail, for: visitor, said: said, refusal: refusal, version: version, changelog: changelog)
        own.typed = typed
        let status = refusal.map { HTTPResponse.Status(code: $0.status) } ?? typed?.problem?.status ?? .ok
        return page(.own, detail.own.agent.displayName, for: visitor, status: status, own.values)
    }

    func own(
        _ detail: OwnAgentDetail, for visitor: SessionVisitor, said: String? = nil, refusal: PublishingRefusal? = nil, version: String? = nil,
        changelog: String? = nil
    ) async throws -> OwnAgentPage {
        // The public address begins with it; what is listed nowhere needs none.
        let slug = detail.own.listed == nil ? nil : try await workspaces.workspaces.find(visitor.session.workspace)?.slug
        let advice = try await PluginAdvisor(pool: pool, core: core).advice(for: detail.plugins)
        return OwnAgentPage(
            detail: detail, slug: slug, advice: advice, mayWrite: visitor.may(.agentsWrite), said: said, refusal: refusal, wantedVersion: version,
            wantedChangelog: changelog)
    }
}
