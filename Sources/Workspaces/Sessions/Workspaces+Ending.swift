package import Foundation
package import Web

/// What somebody who has signed in for a workspace ends on its pages. Scopes were checked before; the rules are those of the API, looked
/// at again with what the session may now.
extension Workspaces {
    /// Whether there is more than one workspace, and places in them are changed.
    package var isMultiUser: Bool { workspaces.multiUser }

    /// Days in which a deleted workspace can be restored.
    package var restorableDays: Int { grace.days }

    /// Whether a workspace is one that can be deleted.
    package func mayDelete(_ workspace: UUID) -> Bool { isMultiUser && workspace != Workspace.defaultID }

    /// Ends a token.
    /// - Returns: false when the workspace has no such token.
    /// - Throws: `WorkspaceError` with `roleTooLow`.
    package func revoke(token id: UUID, by session: TokenSession) async throws -> Bool {
        let asker = try await asker(session)
        return try await tokens.revoke(id, workspace: session.workspace, for: asker, by: asker.actor)
    }

    /// Removes a member, with the tokens that it made.
    /// - Throws: `WorkspaceError` with `multiUserOff`, `unknownMember`, `roleTooLow`, `lastOwner`.
    package func remove(member id: UUID, by session: TokenSession) async throws {
        let asker = try await asker(session)
        try await members.remove(id, from: session.workspace, as: asker.authority, of: asker.user, by: asker.actor)
    }

    /// Deletes the session's workspace.
    /// - Returns: the workspace, with the time until which it can be restored.
    /// - Throws: `WorkspaceError` with `multiUserOff`, `defaultWorkspace`, `unknownWorkspace`.
    package func delete(by session: TokenSession) async throws -> Workspace {
        try await workspaces.delete(session.workspace, grace: grace, by: try await asker(session).actor)
    }

    /// Restores a deleted workspace for an owner who has just signed in with an account.
    /// - Throws: `WorkspaceError` with `multiUserOff`, `unknownWorkspace`, `restoredTooLate`.
    package func restore(_ place: OIDCRestorable) async throws {
        _ = try await workspaces.restore(place.membership.workspace, by: AccessActor(token: place.membership.account, of: nil))
    }

    /// Who somebody on a page is now.
    func asker(_ session: TokenSession) async throws -> Identity {
        guard let identity = try await identity(of: session) else { throw Problem.unauthorized(.invalid) }
        return identity
    }

    /// Who somebody is at this moment who signed in a while ago, with a token or with an account; nil when that is good no more.
    package func identity(of session: TokenSession) async throws -> Identity? {
        if session.isOfAccount { return try await identities.identity(of: session) }
        return try await tokens.identity(of: session)
    }
}
