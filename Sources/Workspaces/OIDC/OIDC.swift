import Foundation
package import Hummingbird
import Jobs
package import Logging
package import Postgres
package import Web

/// Tokens of an OpenID Connect issuer beside our own: what `mainstay serve` composes of them.
package struct OIDC: Sendable {
    package let identities: ExternalIdentityStore
    package let authenticator: OIDCAuthenticator<ContinuousClock>
    /// Asks the issuer for its keys. A service: someone runs it, or shuts it down after the last use.
    package let client: OIDCHTTPClient

    package init(_ configuration: OIDCConfiguration, pool: PostgresPool, logger: Logger) {
        let (identities, client, clock) = (ExternalIdentityStore(pool: pool), OIDCHTTPClient(), ContinuousClock())
        self.identities = identities
        self.client = client
        let keys = OIDCKeys(configuration, fetch: { try await client.fetch($0) }, clock: clock, logger: logger)
        authenticator = OIDCAuthenticator(
            configuration, verifier: OIDCVerifier(configuration, keys: keys, now: { Date() }),
            places: LookUps(lookUp: { try await Self.place($0, identities, logger) }, clock: clock), logger: logger)
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
        if try await identities.link(question.identity, email: email) {
            logger.notice(
                "An account of the identity provider was linked to the user who has its address",
                metadata: ["token_id": "\(question.identity.id.lowercased)"])
        }
        // Also where it was not: another request may have done it.
        return try await identities.place(of: question.identity, in: question.slug)
    }
}
