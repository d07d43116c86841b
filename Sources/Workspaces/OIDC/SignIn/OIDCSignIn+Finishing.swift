import Foundation
package import Hummingbird
import Logging
import Web

/// What comes back from the issuer, and what is made of it.
extension OIDCSignIn {
    /// What a sign-in came to.
    package enum Outcome: Sendable {
        /// A session may begin.
        case member(OIDCMembership, next: String)
        /// One of several workspaces is to be chosen, or a deleted one may be restored.
        case several(Choice)
        /// A deleted workspace is to be restored; then a session may begin.
        case restoring(OIDCRestorable, next: String)
        /// The account is good, and has no place here.
        case outsider(OIDCOutsider)
        case refused(Refusal)
    }

    /// A choice between workspaces.
    package struct Choice: Sendable {
        package let memberships: [OIDCMembership]
        /// Deleted ones, which may be restored.
        package var restorable: [OIDCRestorable] = []
        /// What each form carries.
        package let formToken: String
        /// What the browser keeps.
        let cookie: String
    }

    package enum Refusal: String, Sendable, Hashable {
        /// It is no attempt of this browser, or was begun too long ago.
        case stale
        /// The person said no, or the issuer did.
        case declined
        /// The code was used before, or is too old.
        case spent
        /// The ID token is not good, or is none of this attempt.
        case invalid
        /// The issuer cannot do its part; why is in the log.
        case failed
    }

    /// Of a code: issuers' have some hundred bytes, or are tokens themselves.
    private static let codeLimit = 8 << 10

    /// Reads what the issuer has sent a browser back with.
    /// - Throws: a 503 problem where the issuer is away.
    package func finish(_ request: Request) async throws -> Outcome {
        let query = try Query(request)
        let value = Self.attemptCookie.value(in: request)
        guard let content = value.flatMap({ seal.content(of: $0, as: .attempt) }), let attempt = OIDCAttempt(bytes: content),
            !attempt.isOver(at: now())
        else { return refused(.stale, "no attempt") }
        guard seal.isDerived(query["state"] ?? "", .state, from: attempt.word) else { return refused(.stale, "state", isForged: true) }
        // Who says who it is has to be the one that was asked (RFC 9207).
        if let name = query["iss"], name != configuration.issuer.text { return refused(.invalid, "iss", isForged: true) }
        if let word = query["error"] { return refused(word == "access_denied" ? .declined : .failed, word) }
        guard let code = query["code"], (1...Self.codeLimit).contains(code.utf8.count) else { return refused(.failed, "no code") }
        switch try await exchange(code, of: attempt) {
        case .token(let text): return try await outcome(of: text, attempt)
        case .spent: return refused(.spent, "invalid_grant", isForged: true)
        case .refused(let word): return refused(.failed, word)
        }
    }

    private func exchange(_ code: String, of attempt: OIDCAttempt) async throws -> OIDCTokenAnswer.Reading {
        guard let address = try await discovery().token else { throw unfit("token_endpoint") }
        let verifier = seal.derived(.verifier, from: attempt.word)
        do {
            return try await issuer.exchange(OIDCTokenRequest(code: code, verifier: verifier, of: party, at: address)).reading
        } catch let fault as OIDCFault {
            logger.warning("The identity provider did not exchange a code", metadata: ["issuer": "\(configuration.issuer)", "error": "\(fault)"])
            throw Self.away()
        }
    }

    // MARK: The ID token

    private func outcome(of text: String, _ attempt: OIDCAttempt) async throws -> Outcome {
        guard let token = OIDCToken(text) else { return refused(.invalid, "malformed", isForged: true) }
        let claims: OIDCClaims
        do {
            claims = try await issuer.claims(token)
        } catch let refusal as OIDCRefusal {
            return refused(.invalid, refusal.rawValue, isForged: true)
        } catch let missing as OIDCKeysMissing {
            throw Self.away(retryAfter: max(missing.retryAfter, .seconds(1)))
        }
        // Its signature is good, so these may be believed as well.
        let document = OIDCDocument.object(token.payload)
        guard seal.isDerived(document?["nonce"]?.text ?? "", .nonce, from: attempt.word) else {
            return refused(.invalid, "nonce", isForged: true)
        }
        // Whom it was made out to, of those that it is for (OpenID Connect Core, section 3.1.3.7).
        if let authorized = document?["azp"], authorized.text != party.id { return refused(.invalid, "azp", isForged: true) }
        return try await outcome(of: claims, next: attempt.next)
    }

    /// - Parameters:
    ///   - word: why, for the log; the issuer may have chosen it.
    ///   - isForged: whether it looks like something that somebody has made up, or has picked up: the watch counts those for their source, as
    ///     it does a token that is refused.
    func refused(_ refusal: Refusal, _ word: String, isForged: Bool = false) -> Outcome {
        if isForged { PageWatch.current?.noteRefusedToken() }
        // Of whoever set it up, and nothing that a visitor could change.
        logger.log(
            level: refusal == .failed ? .warning : .notice, "A sign-in at the identity provider was refused",
            metadata: ["refusal": "\(refusal.rawValue)", "reason": "\(AccessText.bounded(String(word.prefix(80))))"])
        return .refused(refusal)
    }
}
