import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import Testing
import Web

@testable import Workspaces

/// Signing in at a test issuer: real signatures, a real database, and a clock that stands still.
struct SignInFixture: Sendable {
    static let client = "pages"
    static let site = "https://agents.example"

    let tokens: TokensFixture
    let key: IssuerKey
    let oidc: OIDCFixture
    let desk: TestSignInDesk
    let signIn: OIDCSignIn
    let noted = NotedPages()

    /// - Parameters:
    ///   - secret: the client's; nil for a public one.
    ///   - authorization: what the issuer wants to be shown.
    ///   - isLinked: whether ann's account is linked to acme's owner already.
    static func make(
        secret: String? = nil, authorization: String? = nil, linksByEmail: Bool = true, onlyWorkspace: String? = nil, isLinked: Bool = true
    ) async throws -> SignInFixture {
        let key = try await IssuerKey.es256("k1")
        let oidc = try OIDCFixture([key], linksByEmail: linksByEmail, onlyWorkspace: onlyWorkspace)
        let (tokens, desk) = (try await TokensFixture.make(), TestSignInDesk(authorization: authorization))
        let (keys, clock) = (oidc.keys, oidc.clock)
        let now: @Sendable () -> Date = { OIDCFixture.time(clock) }
        let verifier = OIDCVerifier(oidc.configuration.madeOut(for: client), keys: keys, now: now, capacity: 1)
        let signIn = OIDCSignIn(
            oidc.configuration, party: try OIDCRelyingParty(id: client, secret: secret, site: site),
            issuer: .init(
                discovery: { try await keys.current().discovery }, claims: { try await verifier.claims(of: $0) }, exchange: { try desk.exchange($0) }),
            identities: ExternalIdentityStore(pool: tokens.pool), seal: SessionSeal(secret: nil, purpose: "test"),
            logger: Logger(label: "test.oidc"), now: now)
        let fixture = SignInFixture(tokens: tokens, key: key, oidc: oidc, desk: desk, signIn: signIn)
        if isLinked {
            let isDone = try await ExternalIdentityStore(pool: tokens.pool).link(fixture.ann, user: tokens.acme.owner.id, by: .tester)
            try #require(isDone)
        }
        return fixture
    }

    /// The account that ID tokens are of, unless told otherwise.
    let ann = ExternalIdentity(issuer: TestIssuer.address, subject: "ann")

    /// A good ID token of ann's, who has the address of acme's owner, with these claims over its own.
    func token(_ nonce: String, _ more: [String: JSONValue] = [:]) async throws -> String {
        let own: [String: JSONValue] = [
            "aud": .string(Self.client), "nonce": .string(nonce), "email": "owner@acme.example", "email_verified": true,
        ]
        return try await key.sign(oidc.claims(own.merging(more) { $1 }))
    }

    /// Lets a page's visitors in, as the pages do.
    var gate: SessionGate {
        let (clock, signIn) = (oidc.clock, signIn)
        var gate = SessionGate(
            realm: SessionRealm(cookie: "test_session", path: "/", scope: .agentsRead), authenticator: Nobody(), standing: { _, _ in nil },
            seal: SessionSeal(secret: nil, purpose: "test pages"), endings: SessionEndStore(pool: tokens.pool), now: { OIDCFixture.time(clock) })
        gate.accounts = { try await signIn.standing(of: $0, workspace: $1) }
        return gate
    }

    private struct Nobody: Authenticator {
        func identity(bearer: String) async throws -> Identity? { nil }
    }

    // MARK: Browsers

    /// The addresses of a sign-in, with what it came to in words.
    func browsing(_ body: @escaping @Sendable (SignInBrowser) async throws -> Void) async throws {
        let router = Router()
        router.get("/sign-in/oidc") { request, _ -> Response in
            try await signIn.begin(next: try Query(request)["next"] ?? "", for: request)
        }
        router.get(RouterPath(OIDCRelyingParty.path)) { request, _ -> Response in
            let outcome = try await PageWatch.$current.withValue(noted) { try await signIn.finish(request) }
            return answer(outcome, for: request)
        }
        router.post(RouterPath(OIDCSignIn.choicePath)) { request, _ -> Response in
            let form = try await request.readForm()
            let outcome = try await PageWatch.$current.withValue(noted) { try await signIn.choose(form, in: request) }
            return answer(outcome, for: request)
        }
        try await Application(router: router).test(.router) { client in try await body(SignInBrowser(client: client)) }
    }

    private func answer(_ outcome: OIDCSignIn.Outcome, for request: Request) -> Response {
        var headers: HTTPFields = [:]
        let words: String
        switch outcome {
        case .member(let membership, let next): words = "member \(membership.slug) \(membership.role.rawValue) \(next)"
        case .several(let choice):
            headers[.setCookie] = signIn.cookie(of: choice, for: request)
            let slugs = choice.memberships.map(\.slug) + choice.restorable.map { "-\($0.membership.slug)" }
            words = "several \(slugs.joined(separator: ",")) \(choice.formToken)"
        case .restoring(let place, let next): words = "restoring \(place.membership.slug) \(next)"
        case .outsider(let outsider): words = "outsider \(outsider.reason)"
        case .refused(let refusal): words = "refused \(refusal.rawValue)"
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: words)))
    }

    /// Signs in from the beginning to what comes of it.
    func comeIn(with browser: SignInBrowser, _ more: [String: JSONValue] = [:]) async throws -> SignInBrowser.Answer {
        let sent = try await browser.begin()
        let back = try await desk.signIn(at: sent.address) { try await token($0, more) }
        return try await browser.comeBack(back, cookie: sent.cookie)
    }
}

/// A browser on its way to an issuer and back.
struct SignInBrowser: Sendable {
    struct Sent: Sendable {
        let address: String
        let setCookie: String
        var cookie: String { String(setCookie.prefix { $0 != ";" }) }
    }

    struct Answer: Sendable {
        let status: Int
        let words: String
        let setCookie: String?
        var cookie: String? { setCookie.map { String($0.prefix { $0 != ";" }) } }
    }

    let client: any TestClientProtocol

    func begin(next: String = "/agents", headers: HTTPFields = [:]) async throws -> Sent {
        let path = PageAddress.query("/sign-in/oidc", [("next", next)])
        let response = try await client.executeRequest(uri: path, method: .get, headers: headers, body: nil)
        #expect(response.status == .seeOther && response.headers[.cacheControl] == "no-store")
        return Sent(address: try #require(response.headers[.location]), setCookie: try #require(response.headers[.setCookie]))
    }

    func comeBack(_ query: String, cookie: String?, headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.get, "\(OIDCRelyingParty.path)?\(query)", cookie, nil, headers)
    }

    func choose(_ workspace: String?, form: String, cookie: String?) async throws -> Answer {
        let fields = PageAddress.query("", [("workspace", workspace), ("form", form)]).dropFirst()
        return try await send(.post, OIDCSignIn.choicePath, cookie, ByteBuffer(string: String(fields)))
    }

    func restore(_ workspace: String, form: String, cookie: String?) async throws -> Answer {
        let fields = PageAddress.query("", [("restore", workspace), ("form", form)]).dropFirst()
        return try await send(.post, OIDCSignIn.choicePath, cookie, ByteBuffer(string: String(fields)))
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, _ cookie: String?, _ body: ByteBuffer?, _ more: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = more
        headers[.contentType] = "application/x-www-form-urlencoded"
        if let cookie { headers[.cookie] = cookie }
        let response = try await client.executeRequest(uri: path, method: method, headers: headers, body: body)
        return Answer(status: response.status.code, words: String(buffer: response.body), setCookie: response.headers[.setCookie])
    }
}

/// Counts what the watch is told.
final class NotedPages: PageWatching {
    private let counts = Mutex((refused: 0, strangers: [String]()))
    var refusedTokens: Int { counts.withLock { $0.refused } }
    /// The workspaces that accounts were strangers in.
    var strangers: [String] { counts.withLock { $0.strangers } }

    func noteRefusedToken() { counts.withLock { $0.refused += 1 } }
    func noteStranger(_ account: UUID, slug: String) { counts.withLock { $0.strangers.append(slug) } }
    func noteFork(by visitor: SessionVisitor) {}
    func answering(_ visitor: SessionVisitor, slug: () async -> String?, _ answer: () async throws -> Response) async throws -> Response {
        try await answer()
    }
}
