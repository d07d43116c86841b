import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Postgres
import Web
import Workspaces

/// The pages of whoever has signed in for a workspace: its agents, forks that are under way, tokens, members and invitations; and of
/// whoever is invited into one. Links ask, forms change, and a form's answer leads back to a page, so that loading that page again repeats
/// nothing. (Only a secret that is shown once is in the answer itself.)
struct WorkspacePages: Sendable {
    let pool: PostgresPool
    let producer: JobProducer
    let workspaces: Workspaces
    let core: SemanticVersion?
    let templates: PageTemplates
    let desk: WorkspaceDesk
    let appeals: AppealDesk
    private(set) var gate: SessionGate
    /// Signs people in with their accounts at the issuer; nil where there is none.
    private(set) var accounts: OIDCSignIn?
    let signInForms: StrangerForms
    let invitationForms: StrangerForms
    let site: PublicSite

    /// - Parameters:
    ///   - site: the beginning of the address that somebody who is invited is told.
    ///   - secret: signs sessions and forms; nil for one that ends with this process.
    init(
        pool: PostgresPool, producer: JobProducer, workspaces: Workspaces, core: SemanticVersion?, site: PublicSite, templates: PageTemplates,
        secret: String?, now: @escaping @Sendable () -> Date
    ) {
        self.pool = pool
        self.producer = producer
        self.workspaces = workspaces
        self.core = core
        self.site = site
        self.templates = templates
        desk = WorkspaceDesk(pool: pool)
        appeals = AppealDesk(pool: pool)
        let tokens = workspaces.tokens
        gate = SessionGate(
            realm: .workspace, authenticator: workspaces.authenticator, standing: { try await tokens.standing(of: $0, workspace: $1) },
            seal: SessionSeal(secret: secret, purpose: "workspaces"), endings: workspaces.sessions,
            slug: { try await workspaces.workspaces.find($0)?.slug }, now: now)
        signInForms = StrangerForms(cookie: "mainstay_sign_in", path: "/sign-in", seal: SessionSeal(secret: secret, purpose: "workspace sign-in"))
        invitationForms = StrangerForms(
            cookie: "mainstay_invitation", path: "/invitation", seal: SessionSeal(secret: secret, purpose: "invitations"))
    }

    /// Lets people in with their accounts at the issuer as well. Before ``mount(in:)``.
    mutating func admit(_ accounts: OIDCSignIn) {
        self.accounts = accounts
        gate.accounts = { try await accounts.standing(of: $0, workspace: $1) }
    }

    /// Mounts them below what makes pages of problems.
    func mount(in routes: RouteCollection<AppContext>) {
        routes.get("/sign-in", use: signInForm)
        routes.post("/sign-in", use: signIn)
        routes.post("/sign-out", use: signOut)
        if let accounts { mount(accounts, in: routes) }
        routes.get("/invitation", use: invitationForm)
        routes.post("/invitation", use: offer)
        routes.post("/invitation/accept", use: accept)
        routes.get("/agents/{owner}/{name}/fork", use: forkForm)
        routes.post("/agents/{owner}/{name}/fork", use: fork)
        routes.get("/workspace", use: overview)
        routes.get("/workspace/forks/{job}", use: progress)
        routes.get("/workspace/agents/{id}", use: agent)
        routes.post("/workspace/agents/{id}/publish", use: publish)
        routes.post("/workspace/agents/{id}/rename", use: rename)
        routes.post("/workspace/agents/{id}/status", use: setStatus)
        routes.get("/workspace/agents/{id}/unpublish", use: takeBackQuestion)
        routes.post("/workspace/agents/{id}/unpublish", use: takeBack)
        routes.get("/workspace/tokens/{id}/revoke", use: revokeQuestion)
        routes.post("/workspace/tokens/{id}/revoke", use: revoke)
        routes.get("/workspace/members/{id}/remove", use: removeQuestion)
        routes.post("/workspace/members/{id}/remove", use: remove)
        routes.get("/workspace/invitations", use: invitations)
        routes.post("/workspace/invitations", use: invite)
        routes.get("/workspace/invitations/{id}/revoke", use: revokeInvitationQuestion)
        routes.post("/workspace/invitations/{id}/revoke", use: revokeInvitation)
        routes.get("/workspace/delete", use: deleteQuestion)
        routes.post("/workspace/delete", use: delete)
        routes.get("/workspace/agents/{id}/decisions", use: decisions)
        routes.post("/workspace/agents/{id}/appeals", use: appeal)
        routes.post("/workspace/notices/{id}/read", use: noticeRead)
    }

    // MARK: Who asks

    /// Answers whoever is signed in; sends anybody else to sign in, and back here after it.
    /// - Parameter page: where a form that was sent without a session leads back to; nil for the workspace's first page.
    func visited(
        _ request: Request, _ context: AppContext, backTo page: String? = nil, _ answer: (SessionVisitor) async throws -> Response
    ) async throws -> Response {
        try await gate.visited(request, signIn: "/sign-in", backTo: page) { visitor in
            context.facts.workspace = visitor.session.workspace
            return try await answer(visitor)
        }
    }

    /// Answers a visitor's form, once it is certain that it is one of ours and that the token may do it.
    func acted(
        _ request: Request, _ context: AppContext, needs scope: Scope?, limit: Int = BodyLimit.action,
        _ answer: (SessionVisitor, Query) async throws -> Response
    ) async throws -> Response {
        try await visited(request, context) { visitor in
            let form = try await gate.form(of: request, by: visitor, limit: limit)
            if let scope { try visitor.require(scope) }
            return try await answer(visitor, form)
        }
    }

    /// A page for one visitor, which nobody keeps.
    func page(
        _ page: PageTemplates.Page, _ title: String, for visitor: SessionVisitor, refresh: Int? = nil, status: HTTPResponse.Status = .ok,
        _ values: PageValues
    ) -> Response {
        let head = PageHead(title: title, part: .workspace, isUnlisted: true, refresh: refresh, visitor: visitor)
        return PageHeaders.passing(templates.document(page, head, values), status: status)
    }
}

extension SessionRealm {
    /// The pages of a workspace. Its cookie goes to the directory's pages as well, where forks begin.
    static let workspace = SessionRealm(cookie: "mainstay_workspace", path: "/", scope: .agentsRead)
}

/// What is said on the page that follows upon a form: one of these, by its word in the address.
enum PageNotice: String, Sendable, CaseIterable {
    case forked, published
    case publishedBefore = "published-before"
    case publishedBelow = "published-below"
    case takenBack = "taken-back"
    case renamed, deprecated, undeprecated
    case appealed
    case noticeRead = "notice-read"
    case tokenRevoked = "token-revoked"
    case memberRemoved = "member-removed"
    case invitationRevoked = "invitation-revoked"

    var words: String {
        switch self {
        case .forked: "The fork is yours. Nobody else sees it. Set its secrets before you run it."
        case .published: "It is published: anyone may read and fork it."
        case .publishedBefore: "It had been published before, and says the same."
        case .publishedBelow: "It is published. The directory goes on showing a higher version."
        case .appealed: "Your appeal has arrived. Another person than the one who decided looks at it."
        case .noticeRead: "The notice is marked as read."
        case .tokenRevoked: "The token is revoked: whatever shows it is refused from now on."
        case .memberRemoved: "The member is removed, with the tokens that it made here."
        case .invitationRevoked: "The invitation is over: nobody comes in by it any more."
        case .takenBack: "It is out of the directory. Forks of it stay with those who made them."
        case .renamed: "It has its new name. Where the old one was public, it leads here and stays yours."
        case .deprecated: "It is deprecated: everyone reads the reason, and it is found and forked still."
        case .undeprecated: "It is deprecated no more."
        }
    }

    /// The notice that a query names; nothing for any other word.
    static func words(of query: Query) -> String? { query["said"].flatMap { PageNotice(rawValue: $0) }?.words }
}
