/// Why something about workspaces, members or tokens was refused.
package struct WorkspaceError: Error, Sendable, Equatable, CustomStringConvertible {
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case invalidSlug, slugTaken, slugLooksLike, multiUserOff, unknownWorkspace, emailTaken, alreadyMember, idempotencyMismatch
            case unknownMember, unknownUser, roleTooLow, lastOwner, unknownInvitation, invitationAccepted, otherAddress
            case workspaceDeleted, defaultWorkspace, restoredTooLate
            case unknownToken, otherHolder, tokenEnded, tokenReplaced, forgedToken
        }
        private let value: Value
        package var description: String { value.rawValue }

        package static let invalidSlug = Code(value: .invalidSlug)
        /// Another workspace has the slug.
        package static let slugTaken = Code(value: .slugTaken)
        /// The slug would be taken for that of an owner who is in public, or was, or for that of a workspace that is gone.
        package static let slugLooksLike = Code(value: .slugLooksLike)
        /// There is one workspace only, because `multi-user` is off.
        package static let multiUserOff = Code(value: .multiUserOff)
        package static let unknownWorkspace = Code(value: .unknownWorkspace)
        package static let emailTaken = Code(value: .emailTaken)
        package static let alreadyMember = Code(value: .alreadyMember)
        /// The Idempotency-Key was used before, for something else.
        package static let idempotencyMismatch = Code(value: .idempotencyMismatch)
        package static let unknownMember = Code(value: .unknownMember)
        package static let unknownUser = Code(value: .unknownUser)
        /// Whoever asks, or whom it is for, has a role that does not allow it.
        package static let roleTooLow = Code(value: .roleTooLow)
        /// A workspace that has owners keeps one.
        package static let lastOwner = Code(value: .lastOwner)
        /// There never was such an invitation, or it was revoked, or it has expired: nobody is told which.
        package static let unknownInvitation = Code(value: .unknownInvitation)
        package static let invitationAccepted = Code(value: .invitationAccepted)
        /// The invitation is for another address.
        package static let otherAddress = Code(value: .otherAddress)
        package static let workspaceDeleted = Code(value: .workspaceDeleted)
        /// The default workspace is never deleted.
        package static let defaultWorkspace = Code(value: .defaultWorkspace)
        /// What is left of the workspace is being purged.
        package static let restoredTooLate = Code(value: .restoredTooLate)
        package static let unknownToken = Code(value: .unknownToken)
        /// The token is another member's, or no member's, and not of whoever asks.
        package static let otherHolder = Code(value: .otherHolder)
        /// The token was revoked or has expired.
        package static let tokenEnded = Code(value: .tokenEnded)
        /// Another token was made in its place before.
        package static let tokenReplaced = Code(value: .tokenReplaced)
        /// The token says that the issuer signed it, and the issuer did not. Its sender is answered as one of any other invalid token.
        package static let forgedToken = Code(value: .forgedToken)
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code): \(message)" }

    static let oneWorkspace = WorkspaceError(.multiUserOff, "multi-user is off: there is one workspace, \"\(Workspace.defaultSlug)\"")
}
