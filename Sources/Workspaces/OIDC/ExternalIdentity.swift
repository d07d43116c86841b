import Crypto
package import Foundation

/// Who somebody is at an issuer.
package struct ExternalIdentity: Sendable, Hashable {
    package let issuer: String
    package let subject: String

    package init(issuer: String, subject: String) {
        self.issuer = issuer
        self.subject = subject
    }

    /// What stands for its tokens where one of ours has its id: in logs, in the access log, for the watch. The same for all tokens
    /// of an identity, on every server and for ever; another for each identity.
    ///
    /// It is a UUID of version 8 (RFC 9562): the first 16 bytes of SHA-256 over `mainstay:external-identity`, the issuer and the
    /// subject, in UTF-8 and with a NUL between each two, which neither can hold; then version and variant take their six bits.
    package var id: UUID {
        let text = ["mainstay:external-identity", issuer, subject].joined(separator: "\0")
        var bytes = Array(SHA256.hash(data: Array(text.utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        return UUID(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9], bytes[10], bytes[11],
                bytes[12], bytes[13], bytes[14], bytes[15]
            ))
    }
}

/// What is asked about a place; also what it is remembered under.
struct ExternalQuestion: Sendable, Hashable {
    let identity: ExternalIdentity
    /// Of the workspace.
    let slug: String
    /// The verified address that it may be linked by, should it be nobody's; nil where it may not.
    let email: String?
}

/// What an external identity is in a workspace.
enum ExternalPlace: Sendable, Hashable {
    case member(user: UUID, workspace: UUID, slug: String, role: Member.Role)
    /// It would be a member, had the workspace not been deleted.
    case deleted
    /// It is a user's, and that user is no member, or there is no such workspace: nobody is told which.
    case stranger
    /// It is nobody's yet.
    case unlinked
}
