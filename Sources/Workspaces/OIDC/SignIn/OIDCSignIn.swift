import Crypto
package import Foundation
import HTTPTypes
package import Hummingbird
import Logging
import Web

/// Signing people in at the issuer: OpenID Connect's authorization code flow, with PKCE (S256), `state` and `nonce`.
///
/// ```
///   browser ── begin ──▶ the issuer's pages ── code ──▶ finish ── member of one ──────▶ a session
///              attempt, in a cookie                        ├───── of several ─▶ choose ─▶ a session
///                                                          └───── of none: what to do about it
/// ```
///
/// What comes back has to be of the attempt that this very browser keeps (`state`), the code is exchanged with the attempt's verifier,
/// and the ID token has to be of the issuer's keys, for this client and of the attempt (`nonce`). Who it is then, and whether a user's
/// address links it, is as for bearer tokens (``OIDCAuthenticator``). The session holds neither token: it names the account.
package struct OIDCSignIn: Sendable {
    /// What of the issuer it leans on.
    struct Issuer: Sendable {
        /// Throws ``OIDCKeysMissing``.
        let discovery: @Sendable () async throws -> OIDCDiscovery
        /// Of an ID token for this client. Throws as ``OIDCVerifier/claims(of:)``.
        let claims: @Sendable (OIDCToken) async throws -> OIDCClaims
        let exchange: OIDCExchange
    }

    let configuration: OIDCConfiguration
    let party: OIDCRelyingParty
    let issuer: Issuer
    let identities: ExternalIdentityStore
    let seal: SessionSeal
    let logger: Logger
    let now: @Sendable () -> Date

    /// - Parameter seal: of nothing else.
    init(
        _ configuration: OIDCConfiguration, party: OIDCRelyingParty, issuer: Issuer, identities: ExternalIdentityStore, seal: SessionSeal,
        logger: Logger, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.configuration = configuration
        self.party = party
        self.issuer = issuer
        self.identities = identities
        self.seal = seal
        self.logger = logger
        self.now = now
    }

    /// What people know the issuer by: its host.
    package var issuerName: String { URLComponents(string: configuration.issuer.text)?.host ?? configuration.issuer.text }

    /// What an account may do in a workspace at this moment; nil when it is another issuer's, or nobody's, or its user is no member.
    package func standing(of account: UUID, workspace: UUID) async throws -> TokenStanding? {
        try await identities.standing(of: account, at: configuration.issuer.text, in: workspace)
    }

    // MARK: To the issuer

    /// Sends a browser to the issuer's pages.
    /// - Parameter next: where the sign-in leads; what is too long leads to the first page.
    /// - Throws: a 503 problem where the issuer is away, or has no such pages.
    package func begin(next: String, for request: Request) async throws -> Response {
        guard let pages = try await discovery().authorization else { throw unfit("authorization_endpoint") }
        let attempt = OIDCAttempt(next: next, now: now())
        var response = Response.redirect(to: address(at: pages, of: attempt))
        response.headers[.cacheControl] = "no-store"
        let cookie = seal.cookie(of: attempt.bytes, as: .attempt)
        response.headers[.setCookie] = Self.attemptCookie.header(cookie, seconds: OIDCAttempt.lifetime.components.seconds, for: request)
        return response
    }

    private func address(at pages: OIDCAddress, of attempt: OIDCAttempt) -> String {
        let challenge = SHA256.hash(data: Array(seal.derived(.verifier, from: attempt.word).utf8))
        let query = PageAddress.query(
            "",
            [
                ("response_type", "code"), ("client_id", party.id), ("redirect_uri", party.callback.text),
                // An address is asked for where one is used.
                ("scope", configuration.linksByEmail ? "openid email" : "openid"),
                ("state", seal.derived(.state, from: attempt.word)), ("nonce", seal.derived(.nonce, from: attempt.word)),
                ("code_challenge", Base64URL.encode(Array(challenge))), ("code_challenge_method", "S256"),
            ])
        // It may have a query of its own already (RFC 6749, section 3.1).
        return pages.text + (pages.text.contains("?") ? "&\(query.dropFirst())" : query)
    }

    /// - Throws: a 503 problem where it cannot be had.
    func discovery() async throws -> OIDCDiscovery {
        do {
            return try await issuer.discovery()
        } catch let missing as OIDCKeysMissing {
            throw Self.away(retryAfter: max(missing.retryAfter, .seconds(1)))
        }
    }

    static func away(retryAfter: Duration = .seconds(10)) -> Problem {
        .unavailable("The identity provider does not answer at this moment, so nobody can sign in there.", retryAfter: retryAfter)
    }

    /// The issuer lacks what a sign-in needs: for whoever set it up.
    func unfit(_ member: String) -> Problem {
        logger.error(
            "The identity provider describes no safe \(member), so nobody can sign in there", metadata: ["issuer": "\(configuration.issuer)"])
        return .unavailable("The identity provider lets nobody sign in for this installation.", retryAfter: .seconds(60))
    }

    // MARK: Cookies

    /// Where a workspace is chosen.
    package static let choicePath = "/sign-in/oidc/workspace"

    static let attemptCookie = PageCookie("mainstay_oidc", path: OIDCRelyingParty.path, sameSite: .lax)
    /// The form of a choice comes from a page of ours, so other sites need not send it.
    static let choiceCookie = PageCookie("mainstay_oidc_choice", path: choicePath)

    /// The values of `Set-Cookie` by which a browser forgets what it kept: whatever came of an attempt, it is no other one's.
    package func forgottenAttempt(for request: Request) -> String { Self.attemptCookie.forgotten(for: request) }

    package func forgottenChoice(for request: Request) -> String { Self.choiceCookie.forgotten(for: request) }
}
