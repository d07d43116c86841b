package import Foundation

/// A workspace that an account of the issuer is a member of.
package struct OIDCMembership: Sendable, Hashable {
    /// ``ExternalIdentity/id``.
    package let account: UUID
    package let workspace: UUID
    package let slug: String
    /// The workspace's.
    package let name: String
    package let role: Member.Role

    /// Of one account; a person in more of them names one in the claim.
    static let limit = 200
}

/// A deleted workspace that an account of the issuer is an owner of, and may restore.
package struct OIDCRestorable: Sendable, Hashable {
    /// As it is once the workspace is restored.
    package let membership: OIDCMembership
    /// From then on it is gone.
    package let purgeAt: Date
}

/// An account that is good and has no place here: who it is, for whoever can give it one.
package struct OIDCOutsider: Sendable, Hashable {
    package enum Reason: Sendable, Hashable {
        /// It is nobody's here.
        /// - Parameters:
        ///   - linksByEmail: whether an account is linked to the user who has its address.
        ///   - hasEmail: whether the issuer has told a verified one.
        case unknown(linksByEmail: Bool, hasEmail: Bool)
        /// It is a user's who is no member: of any workspace, or of the one that its token or its form names.
        case notMember
    }

    package let issuer: String
    package let subject: String?
    package let reason: Reason
}
