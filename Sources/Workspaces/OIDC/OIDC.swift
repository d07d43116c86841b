import Foundation
package import Hummingbird
import Jobs
package import Logging
package import Postgres
package import Web

/// An OpenID Connect issuer, its tokens beside our own and its accounts at our pages: what `mainstay serve` composes of it.
package struct OIDC: Sendable {
    package let identities: ExternalIdentityStore
    package let authenticator: OIDCAuthenticator<ContinuousClock>
    /// Signs people in to pages; nil where the issuer does not know us as a client.
    package let signIn: OIDCSignIn?
    /// Asks the issuer for its keys, and for the tokens of a sign-in. A service: someone runs it, or shuts it down after the last use.
    package let client: OIDCHTTPClient

    /// - Parameters:
    ///   - party: as whom people are signed in; nil for nobody.
    ///   - secret: signs what a browser keeps of a sign-in, the same at every ingress behind one address; nil for a key that ends with this
    ///     process.
    package init(
        _ configuration: OIDCConfiguration, party: OIDCRelyingParty? = nil, secret: String? = nil, pool: PostgresPool, logger: Logger
    ) {
        let (identities, client, clock) = (ExternalIdentityStore(pool: pool), OIDCHTTPClient(), ContinuousClock())
        self.identities = identities
        self.client = client
        let keys = OIDCKeys(configuration, fetch: { try await client.fetch($0) }, clock: clock, logger: logger)
        authenticator = OIDCAuthenticator(
            configuration, verifier: OIDCVerifier(configuration, keys: keys, now: { Date() }),
            places: LookUps(lookUp: { try await Self.place($0, identities, logger) }, clock: clock), logger: logger)
        signIn = party.map { party in
            // An ID token is looked at once: there is nothing to remember.
            let verifier = OIDCVerifier(configuration.madeOut(for: party.id), keys: keys, now: { Date() }, capacity: 1)
            return OIDCSignIn(
                configuration, party: party,
                issuer: .init(
                    discovery: { try await keys.current().discovery }, claims: { try await verifier.claims(of: $0) },
                    exchange: { try await client.exchange($0) }),
                identities: identities, seal: SessionSeal(secret: secret, purpose: "sign-in at the issuer"), logger: logger)
        }
    }

    /// Authenticates both kinds of tokens.
    package func beside(_ own: any Authenticator) -> EitherAuthenticator {
        EitherAuthenticator(own: own, external: authenticator)
    }

    /// Stands before authentication.
    package var beforeAuthentication: any MiddlewareProtocol<Request, Response, AppContext> { NamedWorkspaceMiddleware() }

    /// What an identity is in a workspace; one that is nobody's is linked first where it may be.
    static func place(_ question: ExternalQuestion, _ identities: ExternalIdentityStore, _ logger: Logger) async throws -> ExternalPlace {
        let place = try await identities.place(of: question.identity, in: question.slug)
        guard place == .unlinked, let email = question.email else { return place }
        try await link(question.identity, email: email, identities, logger)
        // Also where it was not: another request may have done it.
        return try await identities.place(of: question.identity, in: question.slug)
    }

    /// Makes an identity that is nobody's the user's who has its verified address, where there is one without an account.
    static func link(_ identity: ExternalIdentity, email: String, _ identities: ExternalIdentityStore, _ logger: Logger) async throws {
        guard try await identities.link(identity, email: email) else { return }
        logger.notice(
            "An account of the identity provider was linked to the user who has its address",
            metadata: ["token_id": "\(identity.id.lowercased)"])
    }
}
