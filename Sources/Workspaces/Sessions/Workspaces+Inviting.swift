package import Foundation
import Web

/// Inviting somebody, and coming in by an invitation, on pages. The rules are those of the API; who invites is looked at again with what
/// the session's token may now.
extension Workspaces {
    // MARK: Who invites

    /// - Throws: `WorkspaceError` with `multiUserOff` where nobody is invited.
    package func requireMultiUser() throws {
        guard isMultiUser else { throw WorkspaceError.oneWorkspace }
    }

    /// Invites somebody into the session's workspace.
    ///
    /// - Parameters:
    ///   - role: a role's word.
    ///   - email: whom it is for; nil for whoever has the code.
    ///   - days: until it expires; nil for as many as usual.
    /// - Throws: a 422 problem with every fault; what `InvitationStore.create` throws.
    package func invite(role: String, email: String?, days: Int?, by session: TokenSession) async throws -> InvitationStore.Made {
        let wish = try InvitationRequest(role: role, email: email, days: days).validated()
        let asker = try await asker(session)
        return try await invitations.create(
            workspace: session.workspace, role: wish.role, email: wish.email, days: wish.days, inviter: asker.user, as: asker.authority,
            by: asker.actor)
    }

    /// Ends an invitation.
    /// - Throws: `WorkspaceError` with `unknownInvitation`, `invitationAccepted`.
    package func revoke(invitation id: UUID, by session: TokenSession) async throws {
        try await invitations.revoke(id, workspace: session.workspace, by: try await asker(session).actor)
    }

    // MARK: Who comes in

    /// What the invitation with a code offers. A code that is refused is told to the watch.
    /// - Throws: `WorkspaceError` with `multiUserOff`; `unknownInvitation` for whatever is not open, and for what is no code.
    package func offer(of code: String) async throws -> InvitationStore.Offer {
        try await heeding(code) {
            guard let secret = TokenSecret(code, of: .invitation) else { throw InvitationStore.isUnknown }
            return try await invitations.offer(of: secret)
        }
    }

    /// Lets in whoever has an invitation's code. A code that is refused is told to the watch.
    ///
    /// - Parameters:
    ///   - name: of a user that is made.
    ///   - email: of the person; nil for that of the invitation, or none.
    ///   - days: until the first token expires; nil for never.
    /// - Throws: a 422 problem with every fault; `WorkspaceError` with `multiUserOff`; `unknownInvitation` for whatever is not open, one that
    ///   was accepted too, and for what is no code; `otherAddress`, `emailTaken`, `alreadyMember`.
    package func accept(
        _ code: String, name: String, email: String?, days: Int?, now: Date = Date()
    ) async throws -> InvitationStore.Acceptance {
        let isOutOfBounds = days.map { !Token.days.contains($0) } ?? false
        let expiresAt = isOutOfBounds ? nil : days.map { now.addingTimeInterval(Double($0) * 86_400) }
        let bounds = "\(Token.days.lowerBound) to \(Token.days.upperBound)"
        let fault = FieldFault(body: ["days"], "A token expires after \(bounds) days, or never.", expected: bounds)
        let wish = AcceptRequest(token: code, name: name, email: email, expiresAt: expiresAt)
        return try await heeding(code) {
            let secret = try wish.validated(now: now, isOutOfBounds ? [fault] : [])
            return try await invitations.accept(secret, name: wish.name, email: wish.email, expiresAt: wish.expiresAt)
        }
    }

    /// Somebody who tries codes is told nothing of those that were accepted, and is noticed as one who tries tokens.
    private func heeding<Found>(_ code: String, _ body: () async throws -> Found) async throws -> Found {
        do {
            return try await body()
        } catch let error as WorkspaceError where error.code == .unknownInvitation || error.code == .invitationAccepted {
            // An empty field is no attempt with a code.
            if !code.isEmpty { PageWatch.current?.noteRefusedToken() }
            throw InvitationStore.isUnknown
        }
    }
}
