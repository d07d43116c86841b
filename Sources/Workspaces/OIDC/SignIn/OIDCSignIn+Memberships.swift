import Foundation
import Jobs
package import Hummingbird
import Logging
package import Web

/// Whose account it is, and for which of its workspaces.
extension OIDCSignIn {
    /// A token that names a workspace is good in that one only, as for the API. What else it says it may do is about the API: a person on
    /// pages may what the role allows.
    func outcome(of claims: OIDCClaims, next: String) async throws -> Outcome {
        let identity = ExternalIdentity(issuer: configuration.issuer.text, subject: claims.subject)
        let slug = claims.workspace ?? configuration.onlyWorkspace
        var found = try await identities.memberships(of: identity.id, in: slug)
        let wasKnown = found != nil
        if found == nil, configuration.linksByEmail, let email = claims.email {
            try await OIDC.link(identity, email: email, identities, logger)
            found = try await identities.memberships(of: identity.id, in: slug)
        }
        guard let memberships = found else {
            return outsider(.unknown(linksByEmail: configuration.linksByEmail, hasEmail: claims.email != nil), identity.id, claims.subject)
        }
        let restorable = try await restorable(of: identity.id, in: slug)
        if let first = memberships.first {
            // Who was linked by an address just now is shown where that leads: somebody else may have typed the address here.
            if memberships.count == 1, wasKnown, restorable.isEmpty { return .member(first, next: next) }
        } else if restorable.isEmpty {
            if let slug = claims.workspace { PageWatch.current?.noteStranger(identity.id, slug: slug) }
            return outsider(.notMember, identity.id, claims.subject)
        }
        return .several(choice(between: memberships, or: restorable, of: identity.id, next: next))
    }

    /// None where there is one workspace only: that one is never deleted.
    private func restorable(of account: UUID, in slug: String? = nil) async throws -> [OIDCRestorable] {
        configuration.onlyWorkspace == nil ? try await identities.restorable(of: account, in: slug) : []
    }

    private func outsider(_ reason: OIDCOutsider.Reason, _ account: UUID, _ subject: String?) -> Outcome {
        logger.notice(
            "Somebody signed in at the identity provider who has no place here",
            metadata: ["token_id": "\(account.lowercased)", "reason": reason == .notMember ? "not-a-member" : "identity-unknown"])
        return .outsider(OIDCOutsider(issuer: configuration.issuer.text, subject: subject, reason: reason))
    }

    // MARK: Choosing

    private func choice(
        between memberships: [OIDCMembership], or restorable: [OIDCRestorable], of account: UUID, next: String
    ) -> Choice {
        let choice = OIDCChoice(account, next: next, now: now())
        return shown(choice, between: memberships, or: restorable, cookie: seal.cookie(of: choice.bytes, as: .choice))
    }

    private func shown(
        _ choice: OIDCChoice, between memberships: [OIDCMembership], or restorable: [OIDCRestorable], cookie: String
    ) -> Choice {
        Choice(memberships: memberships, restorable: restorable, formToken: seal.wordToken(for: choice.attempt.word), cookie: cookie)
    }

    /// The value of `Set-Cookie` that a choice is kept by.
    package func cookie(of choice: Choice, for request: Request) -> String {
        Self.choiceCookie.header(choice.cookie, seconds: OIDCAttempt.lifetime.components.seconds, for: request)
    }

    /// Reads the form of a choice: of a `workspace` to enter, or of one to `restore`. Whether the account is a member still, or an owner, is
    /// looked at again. Where nothing was chosen the same choice is shown once more, and ends when it would have.
    package func choose(_ form: Query, in request: Request) async throws -> Outcome {
        guard let value = Self.choiceCookie.value(in: request), let content = seal.content(of: value, as: .choice),
            let choice = OIDCChoice(bytes: content),
            !choice.attempt.isOver(at: now()), seal.isGood(wordToken: form["form"] ?? "", for: choice.attempt.word)
        else { return refused(.stale, "no choice") }
        let (account, next) = (choice.account, choice.attempt.next)
        let deleted = form["restore"].flatMap { $0.isEmpty ? nil : $0 }
        if let deleted, let place = try await restorable(of: account, in: deleted).first { return .restoring(place, next: next) }
        // What somebody else has restored meanwhile is entered as any other.
        guard let slug = deleted ?? form["workspace"], !slug.isEmpty else {
            let memberships = try await identities.memberships(of: account) ?? []
            return .several(shown(choice, between: memberships, or: try await restorable(of: account), cookie: value))
        }
        guard let membership = try await identities.memberships(of: account, in: slug)?.first else {
            PageWatch.current?.noteStranger(account, slug: slug)
            return outsider(.notMember, account, nil)
        }
        return .member(membership, next: next)
    }
}
