import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Postgres
import Web
import Workspaces

/// The pages of operators who look at reports and appeals: the queue, a case, and its decision; and of who stands behind owners. They have a
/// session of their own, for which a token needs the scope `directory:moderate`.
struct ModerationPages: Sendable {
    let templates: PageTemplates
    let desk: CaseDesk
    let verifications: VerificationDesk
    let gate: SessionGate
    let signInForms: StrangerForms

    /// - Parameter secret: signs sessions and forms; nil for one that ends with this process.
    init(pool: PostgresPool, workspaces: Workspaces, templates: PageTemplates, secret: String?, now: @escaping @Sendable () -> Date) {
        self.templates = templates
        desk = CaseDesk(pool: pool)
        verifications = VerificationDesk(pool: pool)
        let tokens = workspaces.tokens
        gate = SessionGate(
            realm: .moderation, authenticator: workspaces.authenticator, standing: { try await tokens.standing(of: $0, workspace: $1) },
            seal: SessionSeal(secret: secret, purpose: "moderation"), endings: workspaces.sessions, now: now)
        signInForms = StrangerForms(
            cookie: "mainstay_moderation_sign_in", path: "/moderation/sign-in", seal: SessionSeal(secret: secret, purpose: "moderation sign-in"))
    }

    /// Mounts them below what makes pages of problems.
    func mount(in routes: RouteCollection<AppContext>) {
        routes.get("/moderation/sign-in", use: signInForm)
        routes.post("/moderation/sign-in", use: signIn)
        routes.post("/moderation/sign-out", use: signOut)
        routes.get("/moderation", use: queue)
        routes.get("/moderation/owners", use: owners)
        routes.post("/moderation/owners/verify", use: verifyOwner)
        routes.post("/moderation/owners/withdraw", use: withdrawOwner)
        routes.get("/moderation/{case}", use: show)
        routes.post("/moderation/{case}/decision", use: decide)
    }

    // MARK: Who asks

    /// Answers an operator; sends anybody else to sign in, and back here after it.
    /// - Parameter page: where a form that was sent without a session leads back to.
    func visited(
        _ request: Request, backTo page: String? = nil, _ answer: (SessionVisitor) async throws -> Response
    ) async throws -> Response {
        try await gate.visited(request, signIn: "/moderation/sign-in", backTo: page, answer)
    }

    /// A page for one operator, which nobody keeps.
    func page(
        _ page: PageTemplates.Page, _ title: String, for visitor: SessionVisitor, status: HTTPResponse.Status = .ok, _ values: PageValues
    ) -> Response {
        let head = PageHead(title: title, part: .moderation, isUnlisted: true, visitor: visitor)
        return PageHeaders.passing(templates.document(page, head, values), status: status)
    }

    // MARK: Signing in and out

    private func signInForm(_ request: Request, _ context: AppContext) async throws -> Response {
        let next = Self.safe(try Query(request)["next"])
        if try await gate.visitor(of: request) != nil { return .redirect(to: next) }
        return signInPage(request, next: next, refusal: nil)
    }

    private func signIn(_ request: Request, _ context: AppContext) async throws -> Response {
        try SessionGate.refuseOtherSites(request)
        let form = try await request.readForm()
        let next = Self.safe(form["next"])
        guard signInForms.isOurs(form, in: request) else { return signInPage(request, next: next, refusal: .staleForm) }
        switch try await gate.signIn((form["token"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)) {
        case .success(let session):
            var response = Response.redirect(to: next)
            response.headers[.setCookie] = gate.cookie(of: session, for: request)
            context.logger.info("an operator signed in to moderate", metadata: ["token_id": .string(session.token.lowercased)])
            return response
        case .failure(let refusal):
            context.logger.notice("an operator's sign-in was refused", metadata: ["reason": .string("\(refusal)")])
            return signInPage(request, next: next, refusal: refusal)
        }
    }

    private func signOut(_ request: Request, _ context: AppContext) async throws -> Response {
        var response = try await visited(request) { visitor in
            _ = try await gate.form(of: request, by: visitor)
            try await gate.end(visitor.session)
            return .redirect(to: "/moderation/sign-in")
        }
        response.headers[.setCookie] = gate.cookieOfNobody(for: request)
        return response
    }

    private func signInPage(_ request: Request, next: String, refusal: SessionGate.Refusal?) -> Response {
        let ticket = signInForms.ticket(for: request)
        let head = PageHead(title: "Sign in", part: .moderation, isUnlisted: true, formToken: ticket.token)
        let words = refusal == .missingScope ? "The token is good, and may not moderate." : refusal?.words
        let values: PageValues = ["nextAddress": .text(next), "refusal": .maybe(words)]
        var response = PageHeaders.passing(templates.document(.operatorin, head, values), status: refusal?.status ?? .ok)
        response.headers[.setCookie] = ticket.cookie
        return response
    }

    /// Where somebody goes after signing in: a page of these, whatever the address says.
    static func safe(_ next: String?) -> String {
        guard let next, next == "/moderation" || next.hasPrefix("/moderation/") || next.hasPrefix("/moderation?"),
            next.utf8.count <= 2000, next.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }),
            !next.hasPrefix("/moderation/sign")
        else { return "/moderation" }
        return next
    }
}

extension SessionRealm {
    /// The pages of reports and appeals.
    static let moderation = SessionRealm(cookie: "mainstay_moderation", path: "/moderation", scope: .directoryModerate)
}
