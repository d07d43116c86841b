import Foundation
import Logging
package import Web

/// Finds who a token of an OpenID Connect issuer belongs to: the signature first, then what it says, then the membership of the user
/// whose identity it is.
///
/// | what is found | answer |
/// |---|---|
/// | no JWT, or one that is not the issuer's, not for us, not yet good | 401 |
/// | an expired one | 401, and says so |
/// | the issuer's keys cannot be had | 503 |
/// | no workspace is named | 400 |
/// | the header names another workspace than the token; no member; an account that belongs to nobody | 403 |
/// | a deleted workspace | 403, as for a token of ours |
/// | a member | its identity: of the scopes of its role those that the token names, or all where it names none |
package final class OIDCAuthenticator<C: Clock>: Authenticator, Sendable where C.Duration == Duration {
    private let configuration: OIDCConfiguration
    private let verifier: OIDCVerifier<C>
    private let places: LookUps<ExternalQuestion, ExternalPlace, C>
    private let logger: Logger

    init(
        _ configuration: OIDCConfiguration, verifier: OIDCVerifier<C>, places: LookUps<ExternalQuestion, ExternalPlace, C>, logger: Logger
    ) {
        self.configuration = configuration
        self.verifier = verifier
        self.places = places
        self.logger = logger
    }

    package func identity(bearer: String) async throws -> Identity? {
        guard let token = OIDCToken(bearer), let claims = try await claims(of: token) else { return nil }
        let identity = ExternalIdentity(issuer: configuration.issuer.text, subject: claims.subject)
        let slug = try workspace(of: claims)
        // What cannot be a slug is nobody's, and need not be looked for.
        guard Self.mayBeSlug(slug) else { throw NotMember(account: identity.id, slug: slug) }
        let email = configuration.linksByEmail ? claims.email : nil
        switch try await places.answer(to: ExternalQuestion(identity: identity, slug: slug, email: email)) {
        case .member(let user, let workspace, let slug, let role):
            let allowed = Set(role.scopes.map(\.rawValue))
            return Identity(
                workspace: workspace, workspaceSlug: slug, tokenID: identity.id, user: user,
                scopes: claims.scopes.map { allowed.intersection($0) } ?? allowed,
                expires: Date(timeIntervalSince1970: claims.expires + configuration.skew / Duration.seconds(1)))
        case .deleted: throw WorkspaceError(.workspaceDeleted, "the workspace was deleted; for a while an owner's token restores it")
        case .stranger: throw NotMember(account: identity.id, slug: slug)
        case .unlinked:
            throw Problem.identityUnknown(identity, linksByEmail: configuration.linksByEmail, hasEmail: claims.email != nil)
        }
    }

    /// Nil for a token that is not accepted.
    private func claims(of token: OIDCToken) async throws -> OIDCClaims? {
        do {
            return try await verifier.claims(of: token)
        } catch let refusal as OIDCRefusal {
            logger.debug("A token of an identity provider was refused", metadata: ["reason": "\(refusal.rawValue)"])
            switch refusal {
            case .expired: throw Problem.unauthorized(.expired)
            // For the watch alone: the answer is that to any token which is not valid.
            case .signature: throw WorkspaceError(.forgedToken, "no key of the issuer made the token's signature")
            default: return nil
            }
        } catch let missing as OIDCKeysMissing {
            throw Problem.unavailable(
                "The keys of the identity provider cannot be had at this moment, and the token cannot be checked without them.",
                retryAfter: max(missing.retryAfter, .seconds(1)))
        }
    }

    /// A token that names a workspace is good in no other, whatever its sender asks for.
    private func workspace(of claims: OIDCClaims) throws -> String {
        let named = NamedWorkspace.current
        if let bound = claims.workspace {
            guard named == nil || named == bound else { throw Problem.workspaceMismatch(claim: configuration.workspaceClaim) }
            return bound
        }
        guard let slug = named ?? configuration.onlyWorkspace else { throw Problem.workspaceUnnamed(claim: configuration.workspaceClaim) }
        return slug
    }

    private static func mayBeSlug(_ text: String) -> Bool {
        (1...39).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "-")
            }
    }
}
