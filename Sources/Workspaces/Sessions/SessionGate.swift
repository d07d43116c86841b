package import Foundation
import HTTPTypes
package import Hummingbird
package import Web

/// Who is looking at a page.
package struct SessionVisitor: Sendable {
    package let session: TokenSession
    /// Of the operator whose token it is, else of the token, or of the user whose account it is: who did it, for those who ask later.
    package let name: String
    /// Whose token it is, where that is an operator.
    package let `operator`: Operator?
    /// What the token, or the user in the workspace, may do at this moment.
    package let scopes: Set<String>
    /// What this visitor's forms carry.
    package let formToken: String
    /// The session to hand out with the answer, where its time was renewed.
    package let renewed: TokenSession?

    /// As the access log names the visitor.
    package var actor: AccessActor { AccessActor(token: session.token, of: self.operator) }

    package func may(_ scope: Scope) -> Bool { scopes.contains(scope.rawValue) }

    /// Throws a 403 problem when the token lacks the scope.
    package func require(_ scope: Scope) throws {
        guard may(scope) else { throw Problem.missingScope(scope.rawValue) }
    }
}

/// Lets people in to pages: from the token in a form, or from an account of the identity provider, to a session in a cookie, and from the
/// cookie back to who it is.
///
/// The cookie holds no token: a session names one, or an account, and its row is looked at for each page, so that the sessions of a revoked
/// token are over at once, and those of an account with its link or its membership. A session that was signed out is over in every copy of
/// its cookie. A form must come with the session's own token, and from a page of ours where the browser says where it comes from.
package struct SessionGate: Sendable {
    /// What a token, or an account in a workspace, may do at this moment; nil when it may nothing.
    package typealias Standing = @Sendable (_ token: UUID, _ workspace: UUID) async throws -> TokenStanding?

    /// A workspace's name in addresses; nil when it is gone.
    package typealias SlugLookUp = @Sendable (_ workspace: UUID) async throws -> String?

    package let realm: SessionRealm
    package let seal: SessionSeal
    package let standing: Standing
    /// The same of accounts of the identity provider; nil where these pages let none in.
    package var accounts: Standing?
    private let authenticator: any Authenticator
    private let endings: SessionEndStore?
    private let slug: SlugLookUp?
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - endings: keeps what was signed out; nil where a copy of a cookie may outlive its sign-out.
    ///   - slug: tells a visitor's own workspace from others' for the watch; nil where no page's address names a workspace.
    package init(
        realm: SessionRealm, authenticator: any Authenticator, standing: @escaping Standing, seal: SessionSeal, endings: SessionEndStore? = nil,
        slug: SlugLookUp? = nil, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.realm = realm
        self.authenticator = authenticator
        self.standing = standing
        self.seal = seal
        self.endings = endings
        self.slug = slug
        self.now = now
    }

    /// Nil when nobody is signed in.
    package func visitor(of request: Request) async throws -> SessionVisitor? {
        let moment = now()
        guard let value = realm.cookie.value(in: request), let session = seal.session(in: value, at: moment) else { return nil }
        guard let found = try await found(session) else { return nil }
        return SessionVisitor(
            session: session, name: found.name, operator: found.operator, scopes: found.scopes, formToken: seal.formToken(of: session),
            renewed: session.renewed(at: moment))
    }

    /// Answers a visitor; sends anybody else to sign in, and back here after it.
    ///
    /// - Parameters:
    ///   - signIn: the page to sign in at.
    ///   - page: where a form that was sent without a session leads back to; nil for the first page behind the sign-in.
    package func visited(
        _ request: Request, signIn: String, backTo page: String? = nil, _ answer: (SessionVisitor) async throws -> Response
    ) async throws -> Response {
        guard let visitor = try await visitor(of: request) else {
            let here = request.uri.query.map { "\(request.uri.path)?\($0)" } ?? request.uri.path
            let next = request.method == .post ? page : here
            return .redirect(to: PageAddress.query(signIn, [(name: "next", value: next)]))
        }
        var response = try await watched(visitor, answer)
        if let renewed = visitor.renewed { response.headers[.setCookie] = cookie(of: renewed, for: request) }
        return response
    }

    /// The answer to a visitor, under the eyes of the watch where there is one.
    private func watched(_ visitor: SessionVisitor, _ answer: (SessionVisitor) async throws -> Response) async throws -> Response {
        guard let watch = PageWatch.current else { return try await answer(visitor) }
        return try await watch.answering(visitor, slug: { try? await slug?(visitor.session.workspace) }) { try await answer(visitor) }
    }

    /// Whether a session that was good when a page was opened is good for what the page still shows.
    package func isGood(_ session: TokenSession) async throws -> Bool {
        guard !session.isUsedUp(at: now()) else { return false }
        return try await found(session) != nil
    }

    private func found(_ session: TokenSession) async throws -> TokenStanding? {
        guard let standing = session.isOfAccount ? accounts : self.standing else { return nil }
        guard let found = try await standing(session.token, session.workspace) else { return nil }
        guard found.scopes.contains(realm.scope.rawValue) else { return nil }
        if let endings, try await endings.isEnded(session) { return nil }
        return found
    }

    /// Ends a session, whoever has its cookie.
    package func end(_ session: TokenSession) async throws { try await endings?.end(session) }

    // MARK: Signing in

    package enum Refusal: Error, Hashable {
        /// No token, or none that is good.
        case invalid
        case expired
        /// A good token that may not see these pages.
        case missingScope
        /// The form was not one that this visitor was given.
        case staleForm
    }

    /// The session of whoever shows a token.
    package func signIn(_ token: String) async throws -> Result<TokenSession, Refusal> {
        let found: Identity?
        do {
            found = try await authenticator.identity(bearer: token)
        } catch let problem as Problem where problem.status == .unauthorized {
            PageWatch.current?.noteRefusedToken()
            return .failure(.expired)
        }
        guard let identity = found else {
            // An empty field is no attempt with a token.
            if !token.isEmpty { PageWatch.current?.noteRefusedToken() }
            return .failure(.invalid)
        }
        guard identity.scopes.contains(realm.scope.rawValue) else { return .failure(.missingScope) }
        return .success(TokenSession(token: identity.tokenID, workspace: identity.workspace, now: now()))
    }

    /// The session of whoever was given a token this moment. Nothing is looked up that could fail: the token is shown once.
    package func session(of token: Token) -> TokenSession {
        TokenSession(token: token.id, workspace: token.workspace, now: now())
    }

    /// The session of whoever has signed in with an account, as a member of the workspace.
    package func session(of account: UUID, in workspace: UUID) -> TokenSession {
        TokenSession(token: account, workspace: workspace, now: now())
    }

    // MARK: Forms

    /// The form of a visitor, once it is certain that it is one of ours.
    /// - Parameter limit: bytes of it.
    /// - Throws: a 403 problem for any other.
    package func form(of request: Request, by visitor: SessionVisitor, limit: Int = BodyLimit.action) async throws -> Query {
        try Self.refuseOtherSites(request)
        let form = try await request.readForm(limit: limit)
        guard seal.isGood(formToken: form["form"] ?? "", of: visitor.session) else { throw Self.strangeForm }
        return form
    }

    /// Browsers say where a request comes from, and no page can make them say otherwise. What says nothing is no browser of these days.
    package static func refuseOtherSites(_ request: Request) throws {
        guard let site = request.headers[.secFetchSite] else { return }
        guard site == "same-origin" || site == "none" else { throw strangeForm }
    }

    package static let strangeForm = Problem(
        .forbidden, name: "strange-form", title: "The form was not accepted",
        detail: "It does not belong to this session. Go back, load the page again, and send the form from there.")

    // MARK: Cookies

    /// The value of `Set-Cookie` that hands a session out.
    package func cookie(of session: TokenSession, for request: Request) -> String {
        let left = max(0, Int64(session.ends) - Int64(now().timeIntervalSince1970))
        return realm.cookie.header(seal.cookie(of: session), seconds: left, for: request)
    }

    /// The same that takes one back.
    package func cookieOfNobody(for request: Request) -> String { realm.cookie.forgotten(for: request) }
}
