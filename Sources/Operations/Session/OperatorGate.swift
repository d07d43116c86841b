import Foundation
import HTTPTypes
import Hummingbird
import Web
import Workspaces

/// Who is looking at a page.
struct Visitor: Sendable {
    let session: OperatorSession
    /// Of the token: who did it, for those who ask later.
    let name: String
    /// What this visitor's forms carry.
    let formToken: String
    /// The session to hand out with the answer, where its time was renewed.
    let renewed: OperatorSession?
}

/// Lets operators in: from the token in a form to a session in a cookie, and from the cookie back to who it is.
///
/// The cookie is HttpOnly, SameSite=Strict, for `/ops` only, and Secure where the client's side is HTTPS. It holds no token: a
/// session names one, and the token's row is looked at for each page, so that a revoked token's sessions are over at once. A form must come
/// with the session's own token, and from a page of ours where the browser says where it comes from.
struct OperatorGate: Sendable {
    /// What a token may do at this moment; nil when it may nothing.
    typealias Standing = @Sendable (_ token: UUID, _ workspace: UUID) async throws -> (name: String, scopes: Set<String>)?

    static let cookieName = "mainstay_ops"
    static let loginCookieName = "mainstay_ops_login"

    let authenticator: any Authenticator
    let standing: Standing
    let seal: SessionSeal
    let now: @Sendable () -> Date

    init(
        authenticator: any Authenticator, standing: @escaping Standing, seal: SessionSeal, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.authenticator = authenticator
        self.standing = standing
        self.seal = seal
        self.now = now
    }

    /// Nil when nobody is signed in.
    func visitor(of request: Request) async throws -> Visitor? {
        let moment = now()
        guard let value = request.cookies[Self.cookieName]?.value, let session = seal.session(in: value, at: moment) else { return nil }
        guard let name = try await nameOfOperator(session) else { return nil }
        return Visitor(session: session, name: name, formToken: seal.formToken(of: session), renewed: session.renewed(at: moment))
    }

    /// Whether a session that was good when a page was opened is good for what the page still shows.
    func isGood(_ session: OperatorSession) async throws -> Bool {
        guard !session.isUsedUp(at: now()) else { return false }
        return try await nameOfOperator(session) != nil
    }

    private func nameOfOperator(_ session: OperatorSession) async throws -> String? {
        guard let found = try await standing(session.token, session.workspace) else { return nil }
        return found.scopes.contains(Scope.operator.rawValue) ? found.name : nil
    }

    // MARK: Signing in

    enum Refusal: Error, Hashable {
        /// No token, or none that is good.
        case invalid
        case expired
        /// A good token that is no operator's.
        case missingScope
        /// The form was not one that this visitor was given.
        case staleForm
    }

    /// The session of whoever shows a token.
    func signIn(_ token: String) async throws -> Result<OperatorSession, Refusal> {
        let found: Identity?
        do {
            found = try await authenticator.identity(bearer: token)
        } catch let problem as Problem where problem.status == .unauthorized {
            return .failure(.expired)
        }
        guard let identity = found else { return .failure(.invalid) }
        guard identity.scopes.contains(Scope.operator.rawValue) else { return .failure(.missingScope) }
        return .success(OperatorSession(token: identity.tokenID, workspace: identity.workspace, now: now()))
    }

    // MARK: Forms

    /// The form of a visitor, once it is certain that it is one of ours.
    /// - Throws: a 403 problem for any other.
    func form(of request: Request, by visitor: Visitor) async throws -> Query {
        try refuseOtherSites(request)
        let form = try await request.readForm()
        guard seal.isGood(formToken: form["form"] ?? "", of: visitor.session) else { throw Self.strangeForm }
        return form
    }

    /// Browsers say where a request comes from, and no page can make them say otherwise. What says nothing is no browser of these days.
    func refuseOtherSites(_ request: Request) throws {
        guard let site = request.headers[.secFetchSite] else { return }
        guard site == "same-origin" || site == "none" else { throw Self.strangeForm }
    }

    static let strangeForm = Problem(
        .forbidden, name: "strange-form", title: "The form was not accepted",
        detail: "It does not belong to this session. Go back, load the page again, and send the form from there.")

    // MARK: Cookies

    func cookie(of session: OperatorSession, for request: Request) -> String {
        let left = max(0, Int64(session.ends) - Int64(now().timeIntervalSince1970))
        return Self.header(Self.cookieName, seal.cookie(of: session), path: "/ops", seconds: left, isSecure: Self.isSecure(request))
    }

    static func cookieOfNobody(for request: Request) -> String {
        header(cookieName, "", path: "/ops", seconds: 0, isSecure: isSecure(request))
    }

    static func loginCookie(_ word: String, for request: Request) -> String {
        header(loginCookieName, word, path: "/ops/login", seconds: 3600, isSecure: isSecure(request))
    }

    private static func header(_ name: String, _ value: String, path: String, seconds: Int64, isSecure: Bool) -> String {
        "\(name)=\(value); Path=\(path); Max-Age=\(seconds); HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    /// This server speaks HTTP; a proxy in front of it that speaks HTTPS says so. Who says so without one only keeps its own
    /// browser from sending the cookie.
    private static func isSecure(_ request: Request) -> Bool {
        request.headers[.forwardedProto]?.lowercased() == "https"
    }
}
